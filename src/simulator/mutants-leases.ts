/** Planted bugs of reads by a lease, and of the promises that stand behind one. */
import { type Mutant, mutant } from './mutant.ts';

const LEASE = 'node/raft/lease.js';
const ROLES = 'node/raft/roles.js';
const READS = 'node/replica/reads.js';

/** The replica looks at the clock again before it answers: a bug of the core hides behind that. */
const NO_SECOND_LOOK = {
  file: READS,
  find: 'const holds = this.#clock.nowMs() < this.#raft.leaseUntilMs;',
  replace: 'const holds = true;',
};

export const LEASE_MUTANTS: readonly Mutant[] = [
  mutant('M32a', 'safety', 'a lease counts from when the echo came, not from when it was asked', [
    'node/raft/leader.js',
    'roundEchoed(lead, progress, message.round);',
    'progress.promisedFromMs = s.nowMs;',
  ]),
  mutant(
    'M32b',
    'safety',
    'a lease is as long as a promise, whatever the clocks do',
    [LEASE, 'return (promiseMs(s) * (1 - DRIFT_MAX)) / (1 + DRIFT_MAX);', 'return promiseMs(s);'],
    { profile: 'lease' },
  ),
  {
    ...{ id: 'M32c', kind: 'safety' },
    bug: 'a lease is judged by ticks, and a process that stands still does not tick',
    patches: [
      NO_SECOND_LOOK,
      {
        file: LEASE,
        find: 'return s.nowMs < leaseUntilMs(s);',
        replace: 'return s.ticks * s.config.tickMs < leaseUntilMs(s);',
      },
      {
        file: LEASE,
        find: 'const tooOldMs = s.nowMs -',
        replace: 'const tooOldMs = s.ticks * s.config.tickMs -',
      },
      {
        file: LEASE,
        find: 'beganMs: s.nowMs }',
        replace: 'beganMs: s.ticks * s.config.tickMs }',
      },
    ],
  },
  mutant('M32d', 'safety', 'a promise is forgotten when the connection to the leader breaks', [
    ROLES,
    's.leader = 0;\n    refuseRemoteReads(s);',
    's.leader = 0;\n    s.promisedUntilMs = 0;\n    refuseRemoteReads(s);',
  ]),
  mutant(
    'M32e',
    'safety',
    'a promise is forgotten by a restart',
    ['node/raft/state.js', 'init.hardState.term > 1 ? Number.POSITIVE_INFINITY : 0', '0'],
    { profile: 'lease' },
  ),
  mutant(
    'M32f',
    'safety',
    'a promise does not bind the own candidacy',
    [
      'node/raft/election.js',
      ' || s.diskFull || isPromised(s))\n        return;\n    if (mayStand',
      ' || s.diskFull)\n        return;\n    if (mayStand',
    ],
    { profile: 'lease' },
  ),
  {
    ...{ id: 'M32g', kind: 'safety' },
    bug: 'a lease is kept by a leader that has stepped down',
    patches: [
      NO_SECOND_LOOK,
      {
        file: ROLES,
        find: 's.leadership = null;',
        replace: 's.keptMs = led ? s.lastLeaseMs : s.keptMs;\n    s.leadership = null;',
      },
      {
        file: 'node/raft/raft.js',
        find: 'else\n            askLeader(s, requestId);',
        replace:
          'else if (s.nowMs < s.keptMs)\n            s.reads.push({ requestId, index: s.commitIndex });\n' +
          '        else\n            askLeader(s, requestId);',
      },
      {
        file: LEASE,
        find: 'return s.nowMs < leaseUntilMs(s);',
        replace: 's.lastLeaseMs = leaseUntilMs(s);\n    return s.nowMs < s.lastLeaseMs;',
      },
    ],
  },
  mutant('M34', 'safety', 'a leader that hands over keeps its lease', [
    LEASE,
    'lead.lease.ended = true;',
    'lead.lease.ended = false;',
  ]),
];

/** No bug: see mutants-controls.ts. */
export const LEASE_CONTROL = mutant('C9', 'control', 'a lease is never used', [
  LEASE,
  'return s.nowMs < leaseUntilMs(s);',
  'return false;',
]);
