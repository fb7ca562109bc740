import { expect, test } from 'vitest';
import { foundBy, type Ill } from '../../../test/doubles/doctor-facts.ts';
import { eventAt } from '../../../test/doubles/flight.ts';

const down = { state: 'down', pid: null, role: null, lastSeenMs: 3200 } as const;
const changing = (s: number): Ill => ({
  own: { n1: { changing: true } },
  events: [
    eventAt({ s, node: 'n1', term: 2 }, 'membership.changed', {
      ...{ index: 5, voters: ['n1', 'n2'], outgoingVoters: ['n3'], learners: [] },
    }),
  ],
});

test.each<[string, Ill, RegExp[]]>([
  [
    'RFT001',
    { status: { leader: null }, rows: { n1: down, n2: down } },
    [/^-: 2 voters must work together; n1 down, n2 down, n3 follower$/],
  ],
  ['RFT002', { status: { serving: false } }, [/^n1: n1 leads; 2 voters must work together/]],
  [
    'RFT003',
    { rows: { n2: { ...down, error: 'INTERNAL: it broke' } } },
    [/^n2: no process, last seen 3.2 s ago, it said INTERNAL: it broke$/],
  ],
  ['RFT004', { rows: { n3: { state: 'paused' } } }, [/^n3: process 4003 is stopped \(SIGSTOP\)$/]],
  [
    'RFT005',
    { rows: { n3: { state: 'down', error: 'no answer' } } },
    [/^n3: process 4003 runs; no answer$/],
  ],
  [
    'RFT006',
    { status: { tolerance: 0 }, rows: { n2: down } },
    [/^-: 2 of 3 voters up, 2 needed: one more loss ends writes$/],
  ],
  [
    'RFT007',
    { rows: { n3: { voter: false } } },
    [/^-: 2 voters tolerate no more failures than 1$/],
  ],
  [
    'RFT008',
    { members: { n3: { voter: false, caughtUp: true, matchIndex: 7 } } },
    [/^n3: n3 is a learner and holds the log up to 7: it could vote$/],
  ],
  ['RFT009', changing(60), [/^n1: the configuration of 40.0 s ago is not committed/]],
  ['RFT010', { rows: { n3: { state: 'removed' } } }, [/^n3: process 4003 runs, and n1 does not/]],
])('%s fires', (code, ill, evidence) => {
  const found = foundBy(code, ill);
  expect(found).toHaveLength(evidence.length);
  for (const [at, pattern] of evidence.entries()) expect(found[at]).toMatch(pattern);
});

test.each<[string, string, Ill]>([
  ['RFT001', 'a follower is down', { rows: { n2: down } }],
  ['RFT002', 'nobody leads at all', { status: { leader: null, serving: false } }],
  ['RFT003', 'the process runs', { rows: { n2: { ...down, pid: 7 } } }],
  [
    'RFT003',
    'another rule explains how it ended',
    { rows: { n2: { ...down, error: 'WAL_CORRUPT: x' } } },
  ],
  ['RFT004', 'it is down', { rows: { n2: down } }],
  ['RFT005', 'it is down', { rows: { n2: down } }],
  ['RFT006', 'one more may fail', { status: { tolerance: 1 } }],
  ['RFT006', 'nobody leads anyway', { status: { tolerance: 0, leader: null } }],
  ['RFT007', 'there are three', {}],
  [
    'RFT007',
    'who left is not counted',
    { rows: { n2: { state: 'removed' }, n3: { state: 'removed' } } },
  ],
  ['RFT008', 'it has not caught up', { members: { n3: { voter: false, caughtUp: false } } }],
  ['RFT009', 'the change has just begun', changing(90)],
  ['RFT009', 'the change has ended', { ...changing(60), own: {} }],
  ['RFT010', 'it does not run', { rows: { n3: { state: 'removed', pid: null } } }],
])('%s does not fire when %s', (code, _when, ill) => {
  expect(foundBy(code, ill)).toEqual([]);
});
