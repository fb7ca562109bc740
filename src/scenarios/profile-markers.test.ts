import { expect, test } from 'vitest';
import type { EventData, EventType, NodeEvent } from '../wire/events.ts';
import { markersOf } from './profile-markers.ts';

function event<T extends EventType>(type: T, monoNs: string, data: EventData[T]): NodeEvent<T> {
  const whose = { v: 1, cluster: 'demo', node: 'n1', incarnation: 'a', seq: 1 } as const;
  return { ...whose, monoNs, wallMs: 0, term: 3, type, data };
}

test('markersOf() tells what is news, and how long it took until it was told', () => {
  const told = markersOf([
    event('commit.advanced', '1000', { commitIndex: 5, chainHash: '' }),
    event('leader.elected', '900000000', { votes: ['n1', 'n2'], durationMs: 12 }),
    event('leader.known', '900001999', { leader: 'n1' }),
  ]);
  expect(told).toEqual([
    {
      text: 'leader.elected T3: elected by n1, n2 in 12.0 ms',
      ...{ fromUs: 888_000, untilUs: 900_000 },
    },
    { text: 'leader.known T3: follows n1', fromUs: 900_002, untilUs: 900_002 },
  ]);
});
