import { expect, test } from 'vitest';
import { foundBy, type Ill } from '../../../test/doubles/doctor-facts.ts';
import { eventAt } from '../../../test/doubles/flight.ts';

const breaks = (count: number, s = 90): Ill => ({
  events: Array.from({ length: count }, (_, i) =>
    eventAt({ s: s + i, node: 'n2', term: 2 }, 'peer.disconnected', { peer: 'n3' }),
  ),
});
const sendings = (count: number): Ill => ({
  events: Array.from({ length: count }, (_, i) =>
    eventAt({ s: 50 + i, node: 'n1', term: 2 }, 'snapshot.sending', { to: 'n3', index: 5 + i }),
  ),
});

test.each<[string, Ill, RegExp]>([
  ['RFT011', { members: { n3: { connected: false } } }, /^n1: n1 and n3 are up and not connected$/],
  ['RFT012', { rows: { n3: { lag: 10_001 } } }, /^n3: 10,001 entries behind n1$/],
  ['RFT013', { own: { n2: { commitIndex: 20_007 } } }, /^n2: 20,000 entries are committed and not/],
  [
    'RFT014',
    { own: { n2: { leader: null, leaderMember: null, term: 3 } } },
    /^n2: it follows nobody in term 3, n1 leads term 2$/,
  ],
  [
    'RFT015',
    { members: { n3: { rttMs: 51 } } },
    /^n1: 51 ms to n3 and back, the shortest election timeout is 500 ms$/,
  ],
  [
    'RFT016',
    { counters: { n2: { inbox_dropped: 3 } } },
    /^n2: 3 messages of other nodes dropped since its start 1m 0s ago, as its inbox was full$/,
  ],
  ['RFT017', breaks(5), /^n2: its connection with n3 broke 5 times in 10 minutes$/],
  ['RFT018', sendings(3), /^n3: it was sent 3 snapshots in 10 minutes/],
])('%s fires', (code, ill, evidence) => {
  const found = foundBy(code, ill);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(evidence);
});

test.each<[string, string, Ill]>([
  [
    'RFT011',
    'one of the two is down',
    { members: { n3: { connected: false } }, rows: { n3: { state: 'down' } } },
  ],
  ['RFT012', 'it is a little behind', { rows: { n3: { lag: 10_000 } } }],
  ['RFT012', 'it is not up', { rows: { n3: { lag: 90_000, state: 'paused' } } }],
  ['RFT013', 'a few are to be applied', { own: { n2: { commitIndex: 10_007 } } }],
  ['RFT014', 'nobody leads', { status: { leader: null }, own: { n2: { leaderMember: null } } }],
  [
    'RFT014',
    'it is no member any more',
    { own: { n3: { leaderMember: null } }, rows: { n3: { state: 'removed' } } },
  ],
  ['RFT015', 'it is quick enough', { members: { n3: { rttMs: 49 } } }],
  ['RFT015', 'there is no connection', { members: { n3: { rttMs: 80, connected: false } } }],
  [
    'RFT015',
    'elections take long anyway',
    { members: { n3: { rttMs: 80 } }, config: { n1: { electionTimeoutMsMin: 5000 } } },
  ],
  ['RFT016', 'nothing was dropped', { counters: { n2: { inbox_dropped: 0 } } }],
  ['RFT017', 'it broke a few times', breaks(4)],
  ['RFT017', 'it was long ago', breaks(9, -5000)],
  ['RFT018', 'two were needed', sendings(2)],
])('%s does not fire when %s', (code, _when, ill) => {
  expect(foundBy(code, ill)).toEqual([]);
});
