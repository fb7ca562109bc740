/** Claims of the paper about terms and elections: sections 5.1, 5.2, 5.4.1 and figure 2. */
import { expect, test } from 'vitest';
import type { RaftMessage } from '../../src/node/model/message.ts';
import { RaftWorld } from '../interaction/raft-world.ts';

const HEARTBEAT = { type: 'heartbeat', from: 2, to: 1, commitIndex: 0, round: 1 } as const;

// 5.1: "if one server's current term is smaller than the other's, then it updates its current term
// to the larger value", whatever the message; "a candidate or leader ... reverts to follower".
test.each(['follower', 'preCandidate', 'candidate', 'leader'] as const)(
  'Raft 5.1: a %s takes over a higher term and follows',
  (role) => {
    const world = new RaftWorld({ voters: 3 });
    if (role === 'leader') world.elect(1);
    else if (role !== 'follower') world.campaign(1);
    if (role === 'candidate') {
      world.deliver();
      world.deliver();
    }
    expect(world.raft(1).role).toBe(role);
    world.inject({ ...HEARTBEAT, term: 9 });
    expect([world.raft(1).role, world.raft(1).term, world.raft(1).leader]).toEqual([
      'follower',
      9,
      2,
    ]);
  },
);

// 5.1, for replies (M12): also an answer with a higher term ends a leadership.
test.each([
  { type: 'appendReply', matchIndex: 0 },
  { type: 'heartbeatReply', round: 0 },
  { type: 'voteReply', granted: false },
  { type: 'preVoteReply', granted: false },
] as const)('Raft 5.1: a higher term in $type makes a leader step down', (reply) => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.inject({ ...reply, from: 2, to: 1, term: 9 });
  expect([world.raft(1).role, world.raft(1).term]).toEqual(['follower', 9]);
});

// 5.1: "If a server receives a request with a stale term number, it rejects the request" (M20).
test('Raft 5.1: an append of an old term changes nothing and is answered with the new term', () => {
  const world = new RaftWorld({ voters: 3, logs: { 1: [3, 3] } });
  world.inject({
    type: 'append',
    from: 2,
    to: 1,
    term: 2,
    prevIndex: 1,
    prevTerm: 1,
    commitIndex: 9,
    round: 4,
    batches: [],
  });
  expect([world.raft(1).leader, world.raft(1).commitIndex]).toEqual([0, 1]);
  expect(world.network).toEqual([{ type: 'heartbeatReply', from: 1, to: 2, term: 3, round: 0 }]);
});

// 5.2: "When servers start up, they begin as followers", and a learner never stands (M09a).
test('Raft 5.2: members begin as followers; learners never stand for election', () => {
  const world = new RaftWorld({ voters: 1, learners: 1 });
  expect([world.raft(1).role, world.raft(2).role]).toEqual(['follower', 'learner']);
  world.tick(2, 500);
  expect([world.raft(2).role, world.raft(2).term]).toEqual(['learner', 1]);
});

// 5.2: "A leader sends periodic heartbeats ... to all followers".
test('Raft 5.2: a leader sends a heartbeat to all each interval', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.tick(1, 9);
  expect(world.network).toEqual([]);
  world.tick(1);
  expect(world.network.map((m) => [m.type, m.to])).toEqual([
    ['heartbeat', 2],
    ['heartbeat', 3],
  ]);
});

// 5.2: a follower that hears nothing "over a period of time called the election timeout" stands.
test('Raft 5.2: a follower stands for election only after its timeout', () => {
  const world = new RaftWorld({ voters: 3, connected: false });
  world.tick(1, world.config.electionTimeoutTicksMin - 1);
  expect(world.raft(1).role).toBe('follower');
  world.tick(1, world.config.electionTimeoutTicksMax);
  expect(world.raft(1).role).toBe('preCandidate');
});

test('Raft 5.2: heartbeats keep a follower from standing', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  for (let round = 0; round < 30; round += 1) {
    world.tickAll(10);
    world.settle();
  }
  expect(world.numbers.map((n) => world.raft(n).term)).toEqual([2, 2, 2]);
});

// 5.2: "a candidate increments its current term ... votes for itself".
test('Raft 5.2: a candidate raises its term and votes for itself', () => {
  const world = new RaftWorld({ voters: 3 });
  world.campaign(1);
  world.deliver();
  world.deliver();
  expect([world.raft(1).role, world.raft(1).term]).toEqual(['candidate', 2]);
  world.sync(1);
  expect(world.node(1).hardState).toEqual({ term: 2, vote: 1 });
});

// 5.2: "A candidate wins an election if it receives votes from a majority".
test.each([
  [1, 0, 'leader'],
  [3, 1, 'leader'],
  [3, 0, 'candidate'],
  [5, 2, 'leader'],
  [5, 1, 'candidate'],
] as const)('Raft 5.2: of %i voters, %i other votes make a %s', (voters, votes, role) => {
  const world = new RaftWorld({ voters });
  makeCandidate(world);
  for (let from = 2; from < 2 + votes; from += 1) world.inject(voteFrom(from, world.raft(1).term));
  expect(world.raft(1).role).toBe(role);
});

// M03, M04, M26b: a doubled vote counts once; an old one, and a learner's, not at all.
test('Raft 5.2: a vote that is doubled, old, or from a learner does not count', () => {
  const world = new RaftWorld({ voters: 5, learners: 2 });
  makeCandidate(world);
  world.inject(voteFrom(2, 2));
  world.inject(voteFrom(2, 2));
  world.inject(voteFrom(3, 1));
  world.inject(voteFrom(6, 2));
  world.inject(voteFrom(7, 2));
  expect(world.raft(1).role).toBe('candidate');
  world.inject(voteFrom(4, 2));
  expect(world.raft(1).role).toBe('leader');
});

// 5.2: "Each server will vote for at most one candidate in a given term, first-come-first-served".
test('Raft 5.2: one vote a term, first come, first served, also after a restart', () => {
  const world = new RaftWorld({ voters: 3, connected: false });
  askVote(world, 1, 2);
  askVote(world, 3, 2);
  world.sync(2);
  expect(world.drop().map((m) => [m.to, m.type === 'voteReply' && m.granted])).toEqual([
    [1, true],
    [3, false],
  ]);
  world.crash(2);
  world.restart(2);
  world.drop();
  askVote(world, 3, 2);
  expect(world.drop((m) => m.type === 'voteReply')).toMatchObject([{ to: 3, granted: false }]);
  askVote(world, 1, 2);
  expect(world.drop((m) => m.type === 'voteReply')).toMatchObject([{ to: 1, granted: true }]);
});

// M02: the vote of a term outlives a step-down in that term.
test('Raft 5.2: a candidate that loses keeps the vote it cast', () => {
  const world = new RaftWorld({ voters: 3 });
  makeCandidate(world);
  world.drop();
  world.inject(voteFrom(2, 2, false));
  world.inject(voteFrom(3, 2, false));
  expect(world.raft(1).role).toBe('follower');
  askVote(world, 3, 1);
  expect(world.drop()).toMatchObject([{ type: 'voteReply', granted: false }]);
});

// Figure 2: term and vote are "updated on stable storage before responding to RPCs" (M01).
test('Raft figure 2: a vote leaves only after it is durable', () => {
  const world = new RaftWorld({ voters: 3, connected: false });
  askVote(world, 1, 2);
  expect(world.network).toEqual([]);
  world.sync(2);
  expect(world.network).toMatchObject([{ type: 'voteReply', to: 1, granted: true }]);
});

// 5.2: "If the leader's term ... is at least as large as the candidate's", it returns to follower.
test.each([2, 3])('Raft 5.2: a candidate follows a leader of term %i', (term) => {
  const world = new RaftWorld({ voters: 3 });
  makeCandidate(world);
  world.inject({ ...HEARTBEAT, term });
  expect([world.raft(1).role, world.raft(1).leader]).toEqual(['follower', 2]);
});

// 5.2: "Raft uses randomized election timeouts" (M10).
test('Raft 5.2: election timeouts are spread over their range and drawn anew', () => {
  const { timeouts, config } = timeoutsOf(120);
  expect(Math.min(...timeouts)).toBeGreaterThanOrEqual(config.electionTimeoutTicksMin);
  expect(Math.max(...timeouts)).toBeLessThanOrEqual(config.electionTimeoutTicksMax);
  expect(new Set(timeouts).size).toBeGreaterThan(30);
});

// 5.4.1: "If the logs have last entries with different terms, then the log with the later term is
// more up-to-date. If the logs end with the same term, then whichever log is longer" (M05).
test.each([
  { own: [2, 2], lastIndex: 3, lastTerm: 2, granted: true },
  { own: [2, 2], lastIndex: 4, lastTerm: 2, granted: true },
  { own: [2, 2], lastIndex: 2, lastTerm: 2, granted: false },
  { own: [2, 2], lastIndex: 2, lastTerm: 3, granted: true },
  { own: [2, 3], lastIndex: 9, lastTerm: 2, granted: false },
])('Raft 5.4.1: log $own votes for last $lastIndex/t$lastTerm: $granted', (row) => {
  for (const type of ['preVote', 'vote'] as const) {
    const world = new RaftWorld({ voters: 3, logs: { 1: row.own }, connected: false });
    const { lastIndex, lastTerm } = row;
    world.inject({ type, from: 2, to: 1, term: 7, lastIndex, lastTerm });
    world.sync(1);
    expect(world.network).toMatchObject([{ type: `${type}Reply`, granted: row.granted }]);
  }
});

// M09b: a member votes although it is only a learner by its own, perhaps old, configuration.
test('Raft 6: a learner answers who asks for its vote', () => {
  const world = new RaftWorld({ voters: 1, learners: 1, connected: false });
  askVote(world, 1, 2);
  world.sync(2);
  expect(world.network).toMatchObject([{ type: 'voteReply', granted: true }]);
});

function makeCandidate(world: RaftWorld): void {
  world.campaign(1);
  world.deliver((m) => m.type === 'preVote');
  world.deliver((m) => m.type === 'preVoteReply');
  world.sync(1);
}

function voteFrom(from: number, term: number, granted = true): RaftMessage {
  return { type: 'voteReply', from, to: 1, term, granted };
}

function askVote(world: RaftWorld, from: number, to: number): void {
  world.inject({ type: 'vote', from, to, term: 2, lastIndex: 1, lastTerm: 1 });
}

function timeoutsOf(count: number): { timeouts: number[]; config: RaftWorld['config'] } {
  const world = new RaftWorld({ voters: 3, connected: false });
  const timeouts: number[] = [];
  let ticks = 0;
  while (timeouts.length < count) {
    world.tick(1);
    ticks += 1;
    if (
      world
        .node(1)
        .trace.splice(0)
        .some((item) => item.type === 'electionStarted')
    ) {
      timeouts.push(ticks);
      ticks = 0;
    }
  }
  return { timeouts, config: world.config };
}
