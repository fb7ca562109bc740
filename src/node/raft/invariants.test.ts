/** An oracle that never fires proves nothing: each check is shown a state that breaks it. */
import { expect, test } from 'vitest';
import type { RaftMessage } from '../model/message.ts';
import { checkInvariants, checkReady, type RaftSnapshot } from './invariants.ts';
import type { Ready } from './ready.ts';

const FOLLOWER: RaftSnapshot = {
  self: 1,
  role: 'follower',
  term: 3,
  vote: 2,
  leader: 2,
  durableTerm: 3,
  durableVote: 2,
  commitIndex: 4,
  snapshotIndex: 0,
  baseIndex: 0,
  baseTerm: 0,
  lastIndex: 6,
  writtenIndex: 6,
  durableIndex: 5,
  termRuns: [
    { term: 1, first: 1 },
    { term: 2, first: 3 },
    { term: 3, first: 5 },
  ],
  voters: [1, 2, 3],
  outgoingVoters: [],
  configurationIndex: 1,
  changing: false,
  serving: false,
  transferTarget: 0,
  diskFull: false,
  verifiedIndex: 6,
  ackedIndex: 5,
  followers: [],
  heldReadCount: 0,
  heldReadCountMax: 10,
};

const PROGRESS = {
  member: 2,
  mode: 'replicate',
  matchIndex: 5,
  nextIndex: 7,
  inflightCount: 1,
  inflightBatchRoom: 3,
} as const;

const LEADER: RaftSnapshot = {
  ...FOLLOWER,
  role: 'leader',
  vote: 1,
  leader: 1,
  durableVote: 1,
  verifiedIndex: 0,
  ackedIndex: 0,
  followers: [PROGRESS, { ...PROGRESS, member: 3, matchIndex: 0, nextIndex: 1, inflightCount: 0 }],
};

test('checkInvariants is silent about sound steps', () => {
  expect(checkInvariants(FOLLOWER, FOLLOWER)).toEqual([]);
  expect(checkInvariants(LEADER, { ...LEADER, commitIndex: 5 })).toEqual([]);
  expect(checkInvariants(FOLLOWER, { ...FOLLOWER, term: 4, vote: 0, leader: 0 })).toEqual([]);
});

const BROKEN: readonly [string, RegExp, RaftSnapshot, Partial<RaftSnapshot>][] = [
  ['term falls', /I4: term fell/, FOLLOWER, { term: 2, termRuns: [{ term: 1, first: 1 }] }],
  ['entry of a future term', /I4: an entry/, { ...FOLLOWER, term: 2 }, { term: 2 }],
  ['commit falls', /I12: commit fell/, FOLLOWER, { commitIndex: 3 }],
  ['commit passes the end', /I12: commit 7/, FOLLOWER, { commitIndex: 7 }],
  ['second vote', /I2: vote of term 3/, FOLLOWER, { vote: 3 }],
  ['leader without own vote', /I2: a leader/, LEADER, { vote: 2 }],
  ['two leaders', /I1: term 3 is led by/, FOLLOWER, { leader: 3 }],
  ['leader that follows', /I1: a leader that follows/, LEADER, { leader: 2 }],
  ['follows itself', /I1: follows itself/, FOLLOWER, { leader: 1 }],
  ['learner leads', /I17: a follower that is no voter/, FOLLOWER, { voters: [2, 3] }],
  ['voter only learns', /I17: a voter that only learns/, FOLLOWER, { role: 'learner' }],
  ['durable passes written', /I9: durable/, FOLLOWER, { durableIndex: 6, writtenIndex: 5 }],
  ['acknowledged not durable', /I13: acknowledged/, FOLLOWER, { ackedIndex: 6 }],
  ['verified falls', /I13: verified/, FOLLOWER, { verifiedIndex: 5 }],
  ['durable term in the future', /I3: durable term/, FOLLOWER, { durableTerm: 4 }],
  [
    'terms fall in the log',
    /I19: terms do not rise/,
    FOLLOWER,
    {
      termRuns: [...FOLLOWER.termRuns, { term: 2, first: 6 }],
    },
  ],
  [
    'term after the end',
    /I19: a term begins after/,
    FOLLOWER,
    {
      termRuns: [...FOLLOWER.termRuns.slice(0, 2), { term: 3, first: 7 }],
    },
  ],
  [
    'first entry without term',
    /I19: the first entry/,
    FOLLOWER,
    {
      termRuns: FOLLOWER.termRuns.slice(1),
    },
  ],
  [
    'committed entry changes',
    /I8: a committed entry changed/,
    FOLLOWER,
    {
      termRuns: [
        { term: 1, first: 1 },
        { term: 2, first: 4 },
        { term: 3, first: 5 },
      ],
    },
  ],
  ['committed entry is cut off', /I8: a committed entry was cut/, FOLLOWER, { lastIndex: 3 }],
  ['leader drops an entry', /I5/, LEADER, { lastIndex: 5, writtenIndex: 5 }],
  [
    'leader changes an entry',
    /I5/,
    LEADER,
    { termRuns: [...FOLLOWER.termRuns.slice(0, 2), { term: 3, first: 6 }] },
  ],
  [
    'match falls',
    /I13: match of member 2/,
    LEADER,
    { followers: [{ ...PROGRESS, matchIndex: 4 }] },
  ],
  [
    'match reaches next',
    /I14: member 2: match/,
    LEADER,
    { followers: [{ ...PROGRESS, nextIndex: 5 }] },
  ],
  [
    'next passes the end',
    /I14: member 2: match/,
    LEADER,
    { followers: [{ ...PROGRESS, nextIndex: 8 }] },
  ],
  [
    'window overflows',
    /I14: window/,
    LEADER,
    { followers: [{ ...PROGRESS, inflightBatchRoom: -1 }] },
  ],
  [
    'probe with a window',
    /I14: member 2 is probed/,
    LEADER,
    { followers: [{ ...PROGRESS, mode: 'probe' }] },
  ],
  ['figure 8', /I11/, { ...LEADER, commitIndex: 3 }, { commitIndex: 4 }],
  ['commit by a minority', /I9: entry 6 is not durable/, LEADER, { commitIndex: 6 }],
  [
    'commit by one half',
    /I9: entry 5 is not durable/,
    { ...LEADER, outgoingVoters: [3, 4, 5], changing: true },
    { commitIndex: 5 },
  ],
  ['change passes for ended', /I15: the change of entry 6/, LEADER, { configurationIndex: 6 }],
  [
    'second change',
    /I15: entry 6 is a second change/,
    { ...LEADER, configurationIndex: 5, changing: true },
    { configurationIndex: 6 },
  ],
  [
    'change too early',
    /I15: a change before the leader/,
    LEADER,
    { configurationIndex: 6, changing: true },
  ],
  ['full disk leads', /disk is full/, LEADER, { diskFull: true }],
  ['too many reads', /I27/, FOLLOWER, { heldReadCount: 11 }],
];

test.each(BROKEN)('checkInvariants fires: %s', (_, message, before, change) => {
  const broken = checkInvariants(before, { ...before, ...change });
  expect(broken.join('\n')).toMatch(message);
});

function readyWith(change: Partial<Ready>): Ready {
  const nothing = {
    persist: null,
    messages: [],
    logReads: [],
    snapshotReads: [],
    snapshotArrivals: [],
    installed: null,
    reads: [],
    trace: [],
  };
  return { ...nothing, commitIndex: 4, ...change };
}

const HEADER = { from: 1, to: 3, term: 3 };
const BAD_MESSAGES: readonly [string, RegExp, RaftSnapshot, RaftMessage][] = [
  [
    'of an old term',
    /I3: appendReply of term 2/,
    FOLLOWER,
    { ...HEADER, type: 'appendReply', term: 2, matchIndex: 1 },
  ],
  [
    'of a term not durable',
    /I3: voteReply leaves/,
    { ...FOLLOWER, durableTerm: 2 },
    { ...HEADER, type: 'voteReply', granted: false },
  ],
  [
    'a vote not durable',
    /I3: a vote for 3/,
    FOLLOWER,
    { ...HEADER, type: 'voteReply', granted: true },
  ],
  [
    'a candidacy not durable',
    /I3: a candidate/,
    FOLLOWER,
    { ...HEADER, type: 'vote', lastIndex: 6, lastTerm: 3 },
  ],
  [
    'an append of a follower',
    /I1: an append/,
    FOLLOWER,
    {
      ...HEADER,
      type: 'append',
      prevIndex: 1,
      prevTerm: 1,
      commitIndex: 1,
      round: 1,
      batches: [],
    },
  ],
  [
    'an early acknowledgement',
    /I9: entry 6/,
    FOLLOWER,
    { ...HEADER, type: 'appendReply', matchIndex: 6 },
  ],
];

test.each(BAD_MESSAGES)('checkReady fires at a message: %s', (_, expected, state, message) => {
  expect(checkReady(state, readyWith({ messages: [message] })).join('\n')).toMatch(expected);
});

test('checkReady lets pre-votes pass, which promise nothing', () => {
  const messages: RaftMessage[] = [
    { ...HEADER, type: 'preVote', term: 4, lastIndex: 6, lastTerm: 3 },
    { ...HEADER, type: 'preVoteReply', term: 9, granted: true },
  ];
  expect(checkReady(FOLLOWER, readyWith({ messages }))).toEqual([]);
});

test('checkReady fires at a commit index that is not the state', () => {
  expect(checkReady(FOLLOWER, readyWith({ commitIndex: 5 })).join()).toMatch(/commit index/);
});

test('checkReady fires at a write with a gap, or one that stops early', () => {
  const batch = {
    first: 3,
    last: 4,
    term: 3,
    kind: 2,
    leaderTimeMs: 0,
    bytes: null as never,
  } as const;
  const persist = {
    sequence: 1,
    hardState: null,
    batches: [batch, { ...batch, first: 6, last: 6 }],
  };
  expect(checkReady(FOLLOWER, readyWith({ persist })).join()).toMatch(/gap/);
  const short = { sequence: 1, hardState: null, batches: [batch] };
  expect(checkReady(FOLLOWER, readyWith({ persist: short })).join()).toMatch(/ends at 4/);
});
