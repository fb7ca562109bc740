import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { NodeEvent } from '../../wire/events.ts';
import type { Clock } from '../ports/clock.ts';
import { EVENT_RING_COUNT, EventRing } from './event-ring.ts';

class StandingClock implements Clock {
  monoMs = 0;
  nowMs(): number {
    return this.monoMs;
  }
  wallMs(): number {
    return 1_700_000_000_000;
  }
  after(): never {
    throw new Error('the ring needs no timers');
  }
  defer(): never {
    throw new Error('the ring needs no timers');
  }
}

function ringOf(countMax?: number): { ring: EventRing; clock: StandingClock } {
  const clock = new StandingClock();
  const init = { cluster: 'demo', node: 'n1', incarnation: 'abc' };
  const ring = new EventRing({ clock }, countMax === undefined ? init : { ...init, countMax });
  return { ring, clock };
}

function appendMany(ring: EventRing, count: number): void {
  for (let i = 0; i < count; i += 1) ring.append('peer.connected', 1, { peer: `n${i}` });
}

const seqsOf = (events: readonly NodeEvent[]): number[] => events.map((event) => event.seq);

describe('EventRing', () => {
  test('EventRing stamps every event with who, when and its place', () => {
    const { ring, clock } = ringOf();
    clock.monoMs = 12.000345;
    ring.append('role.changed', 7, { from: 'follower', to: 'preCandidate' });
    expect(ring.since(null)).toEqual({
      gap: false,
      events: [
        {
          ...{ v: 1, cluster: 'demo', node: 'n1', incarnation: 'abc', seq: 1 },
          ...{ monoNs: '12000345', wallMs: 1_700_000_000_000, term: 7, type: 'role.changed' },
          data: { from: 'follower', to: 'preCandidate' },
        },
      ],
    });
  });

  test.each([
    [0, '0'],
    [0.5, '500000'],
    [3, '3000000'],
    [3.000001, '3000001'],
    [86_400_000 * 1000 + 0.25, '86400000000250000'],
  ])('EventRing writes %d ms as %s ns', (nowMs, expected) => {
    const { ring, clock } = ringOf();
    clock.monoMs = nowMs;
    ring.append('peer.connected', 1, { peer: 'n2' });
    expect(ring.since(null).events[0]?.monoNs).toBe(expected);
  });

  test('EventRing answers every position like a list that forgets nothing', () => {
    const inputs = fc.tuple(
      fc.integer({ min: 1, max: 12 }),
      fc.nat({ max: 40 }),
      fc.option(fc.tuple(fc.constantFrom('abc', 'old'), fc.nat({ max: 45 }))),
      fc.integer({ min: 1, max: 50 }),
    );
    fc.assert(
      fc.property(inputs, ([size, count, position, countMax]) => {
        const { ring } = ringOf(size);
        appendMany(ring, count);
        const all = Array.from({ length: count }, (_, i) => i + 1);
        const after = position !== null && position[0] === 'abc' ? position[1] : 0;
        const wanted = all.filter((seq) => seq > after);
        const held = wanted.filter((seq) => seq > count - size);
        const given = ring.since(
          position === null ? null : { incarnation: position[0], seq: position[1] },
          countMax,
        );
        expect(seqsOf(given.events)).toEqual(held.slice(0, countMax));
        expect(given.gap).toBe(held.length < wanted.length || position?.[0] === 'old');
      }),
      { numRuns: 500 },
    );
  });

  test('EventRing holds no more than its size', () => {
    const { ring } = ringOf();
    appendMany(ring, EVENT_RING_COUNT * 2 + 10);
    const { events, gap } = ring.since(null);
    expect(gap).toBe(true);
    expect(events.length).toBe(EVENT_RING_COUNT);
    expect(events[0]?.seq).toBe(ring.firstSeq);
    expect(events.at(-1)?.seq).toBe(ring.lastSeq);
  });

  test('EventRing tells listeners in order until they leave, also in the middle of a call', () => {
    const { ring } = ringOf();
    const heard: string[] = [];
    const leaveFirst = ring.subscribe((event) => {
      heard.push(`first ${event.seq}`);
      if (event.seq === 2) leaveFirst();
    });
    const leaveSecond = ring.subscribe((event) => heard.push(`second ${event.seq}`));
    appendMany(ring, 3);
    leaveSecond();
    leaveSecond();
    appendMany(ring, 1);
    expect(heard).toEqual(['first 1', 'second 1', 'first 2', 'second 2', 'second 3']);
  });

  test('EventRing refuses an incarnation that a position could not name', () => {
    const clock = new StandingClock();
    for (const incarnation of ['', 'a:b']) {
      expect(() => new EventRing({ clock }, { cluster: 'c', node: 'n', incarnation })).toThrow(
        'incarnation',
      );
    }
  });
});
