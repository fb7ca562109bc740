import { expect, test } from 'vitest';
import { foundBy, type Ill } from '../../../test/doubles/doctor-facts.ts';
import { eventAt } from '../../../test/doubles/flight.ts';
import type { NodeEvent } from '../../wire/events.ts';

const elected = (s: number, node: string, term: number): NodeEvent =>
  eventAt({ s, node, term }, 'leader.elected', { votes: ['n1', 'n2'], durationMs: 3 });

function stands(s: number, node: string, term: number, reason: 'timeout' | 'transfer'): NodeEvent {
  return eventAt({ s, node, term }, 'election.started', { kind: 'vote', reason, timeoutMs: 700 });
}

/** Leadership goes to and fro, every second. */
function changes(count: number, reason: 'timeout' | 'transfer', fromS = 50): Ill {
  const events = [elected(fromS - 1, 'n1', 1)];
  for (let i = 0; i < count; i += 1) {
    const node = i % 2 === 0 ? 'n2' : 'n1';
    events.push(stands(fromS + i, node, 2 + i, reason), elected(fromS + i + 0.1, node, 2 + i));
  }
  return { events };
}

const standstill = (delayMs: number, cpuMs: number, gcMs: number, s = 51): Ill => ({
  events: [
    ...(changes(1, 'timeout').events ?? []),
    eventAt({ s, node: 'n1', term: 2 }, 'process.stalled', { delayMs, cpuMs, gcMs }),
  ],
});

const inVain = (count: number, leader: string | null): Ill => ({
  status: { leader },
  events: Array.from({ length: count }, (_, i) => [
    stands(70 + i, 'n2', 3 + i, 'timeout'),
    eventAt({ s: 70.1 + i, node: 'n3', term: 3 + i }, 'vote.answered', {
      ...{ kind: 'vote', candidate: 'n2', granted: false, reason: 'logBehind' },
    }),
  ]).flat(),
});

const times = (electionTimeoutMsMin: number, heartbeatMs: number) => {
  return { electionTimeoutMsMin, electionTimeoutMsMax: 2000, heartbeatMs };
};

test.each<[string, Ill, RegExp]>([
  [
    'RFT020',
    changes(3, 'timeout'),
    /^-: 3 leaders lost in 10 minutes: term 2: partition, term 3: partition, term 4: partition$/,
  ],
  [
    'RFT021',
    inVain(3, null),
    /^-: n2 stood 3 times in a minute; refused by n3: its log is behind \(3\)$/,
  ],
  [
    'RFT022',
    standstill(2000, 10, 0),
    /^n1: the election of term 2 followed: n1 stood still for 2000 ms/,
  ],
  [
    'RFT022',
    standstill(2000, 1900, 1800),
    /^n1: the election of term 2 followed: n1 collected garbage for 1800 of 2000 ms$/,
  ],
  [
    'RFT023',
    { config: { n1: times(500, 200), n2: times(600, 200), n3: times(600, 200) } },
    /^n1: a heartbeat every 200 ms, an election after 500 ms/,
  ],
  [
    'RFT024',
    { config: { n3: times(900, 100) } },
    /^-: n1 500-1000 ms, heartbeat 100 ms; n2 .*; n3 900-2000 ms, heartbeat 100 ms$/,
  ],
])('%s fires', (code, ill, evidence) => {
  const found = foundBy(code, ill);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(evidence);
});

test.each<[string, string, Ill]>([
  ['RFT020', 'two leaders were lost', changes(2, 'timeout')],
  ['RFT020', 'leadership was handed over', changes(6, 'transfer')],
  ['RFT020', 'it was long ago', changes(6, 'timeout', -5000)],
  ['RFT021', 'somebody leads in the end', inVain(3, 'n2')],
  ['RFT021', 'they have just begun', inVain(2, null)],
  ['RFT022', 'nobody stood still', changes(2, 'timeout')],
  ['RFT022', 'the standstill came later', standstill(400, 10, 0, 60)],
  ['RFT023', 'there is room for three', { config: { n1: times(600, 200) } }],
  ['RFT024', 'all have the same', {}],
])('%s does not fire when %s', (code, _when, ill) => {
  expect(foundBy(code, ill)).toEqual([]);
});
