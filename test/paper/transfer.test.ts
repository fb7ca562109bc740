/** Claims of the thesis about leadership transfer (3.10), and that no phase of it is a danger. */
import { expect, test } from 'vitest';
import type { RaftMessage } from '../../src/node/model/message.ts';
import { RaftWorld } from '../interaction/raft-world.ts';

function transfer(world: RaftWorld, leader: number, target: number): string | null {
  return world.turn(leader, (raft) => raft.transferLeadership(target));
}

function types(world: RaftWorld): RaftMessage['type'][] {
  return world.network.map((message) => message.type);
}

function leads(world: RaftWorld): readonly (readonly [string, number, number])[] {
  return world.numbers.map((n) => {
    const { role, term, leader } = world.raft(n);
    return [role, term, leader] as const;
  });
}

/** Member 1 leads term 2, and member 3 has a command less than the others. */
function withLaggard(): RaftWorld {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.propose(1);
  world.drop((m) => m.to === 3);
  world.settle();
  return world;
}

// 3.10: "The prior leader sends a TimeoutNow request to the target server. This request has the
// same effect as the target server's election timer firing: the target server starts a new election
// (incrementing its term and becoming a candidate)" (M51d: without a pre-vote).
test('Raft 3.10: the target stands at once and is elected while the leader is alive', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  expect(transfer(world, 1, 2)).toBe(null);
  expect(world.network).toMatchObject([{ type: 'timeoutNow', to: 2, term: 2, lastIndex: 2 }]);
  world.deliver();
  world.sync(2);
  expect(world.network).toMatchObject([
    { type: 'transferVote', from: 2, to: 1, term: 3 },
    { type: 'transferVote', from: 2, to: 3, term: 3 },
  ]);
  world.settle();
  expect(leads(world)).toEqual([
    ['follower', 3, 2],
    ['leader', 3, 2],
    ['follower', 3, 2],
  ]);
  expect(world.raft(1).transferTarget).toBe(0);
});

// 3.10: "The prior leader stops accepting new client requests" (M51b).
test('Raft 3.10: nothing is appended from the wish until its end', () => {
  const world = withLaggard();
  expect(transfer(world, 1, 3)).toBe(null);
  expect(world.propose(1)).toEqual({ accepted: false, reason: 'transferring' });
  expect(world.raft(1).lastIndex).toBe(3);
});

// 3.10: "The prior leader fully updates the target server's log to match its own" (M51a).
test('Raft 3.10: the target is asked only when its log is as long, durably', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.propose(1);
  expect(transfer(world, 1, 3)).toBe(null);
  world.sync(1);
  expect(types(world)).not.toContain('timeoutNow');
  world.deliver((m) => m.to === 3);
  expect(types(world)).not.toContain('timeoutNow');
  world.sync(3);
  expect(types(world)).not.toContain('timeoutNow');
  world.deliver((m) => m.from === 3);
  const asked = world.network.filter((m) => m.type === 'timeoutNow');
  expect(asked).toMatchObject([{ to: 3, lastIndex: 3 }]);
  world.settle();
  expect(world.raft(3).role).toBe('leader');
});

// 3.10: "If leadership transfer does not complete after about an election timeout, the prior leader
// aborts the transfer and resumes accepting client requests" (M51c).
test('Raft 3.10: the leader gives up after an election timeout and goes on', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  transfer(world, 1, 2);
  world.drop((m) => m.type === 'timeoutNow');
  const ticks = world.config.electionTimeoutTicksMin;
  world.tick(1, ticks - 1);
  expect([world.raft(1).transferTarget, world.propose(1).accepted]).toEqual([2, false]);
  world.tick(1);
  expect([world.raft(1).transferTarget, world.propose(1).accepted]).toEqual([0, true]);
  world.settle();
  expect(world.raft(1).commitIndex).toBe(3);
});

test('Raft gives a transfer up at once when the target is out of reach', () => {
  const world = withLaggard();
  transfer(world, 1, 3);
  world.disconnect(1, 3);
  expect([world.raft(1).transferTarget, world.propose(1).accepted]).toEqual([0, true]);
});

// 4.2.3: "servers that believe a current leader exists" are not disturbed but by this one mark.
test('Raft 4.2.3: a voter that hears the leader votes for nobody but the one it asked', () => {
  const ask = { from: 3, to: 2, term: 3, lastIndex: 2, lastTerm: 2 } as const;
  for (const [type, term] of [
    ['vote', 2],
    ['transferVote', 3],
  ] as const) {
    const world = new RaftWorld({ voters: 3 });
    world.elect(1);
    world.inject({ ...ask, type });
    expect([type, world.raft(2).term]).toEqual([type, term]);
  }
});

// 5.4.1 holds for marked votes, too: the mark says nothing about the log.
test('Raft 5.4.1: a marked vote is refused to a log that is behind', () => {
  const world = withLaggard();
  world.inject({ type: 'transferVote', from: 3, to: 2, term: 3, lastIndex: 2, lastTerm: 2 });
  world.sync(2);
  expect(world.drop((m) => m.from === 2)).toMatchObject([{ type: 'voteReply', granted: false }]);
});

test('Raft refuses who cannot take over, and says why', () => {
  const world = new RaftWorld({ voters: 3, learners: 1 });
  expect(transfer(world, 1, 2)).toBe('notLeader');
  world.elect(1);
  world.disconnect(1, 3);
  expect(transfer(world, 1, 1)).toBe('alreadyLeads');
  expect(transfer(world, 1, 9)).toBe('notMember');
  expect(transfer(world, 1, 4)).toBe('notVoter');
  expect(transfer(world, 1, 3)).toBe('notConnected');
  expect(world.raft(1).transferTarget).toBe(0);
  world.disconnect(1, 2);
  expect(transfer(world, 1, 0)).toBe('noTarget');
});

test('Raft runs one transfer at a time: an equal wish joins it, another is refused', () => {
  const world = withLaggard();
  expect(transfer(world, 1, 3)).toBe(null);
  expect([transfer(world, 1, 3), transfer(world, 1, 0)]).toEqual([null, null]);
  expect(transfer(world, 1, 2)).toBe('transferring');
  expect(world.raft(1).transferTarget).toBe(3);
});

test('Raft picks the connected voter that lacks least, and not one that is silent', () => {
  const world = new RaftWorld({ voters: 3, learners: 1 });
  world.elect(1);
  world.propose(1);
  world.drop((m) => m.to === 2);
  world.settle();
  transfer(world, 1, 0);
  expect(world.raft(1).transferTarget).toBe(3);

  const other = new RaftWorld({ voters: 3 });
  other.elect(1);
  for (let i = 0; i < 3; i += 1) {
    other.tick(1, other.config.heartbeatTicks);
    other.drop((m) => m.to === 2);
    other.settle();
  }
  transfer(other, 1, 0);
  expect(other.raft(1).transferTarget).toBe(3);

  // Who is silent with everybody else is still better than nobody.
  const stalled = new RaftWorld({ voters: 3 });
  stalled.elect(1);
  stalled.nowMs += 10_000;
  expect(transfer(stalled, 1, 0)).toBe(null);
});

// Reads do not wait for the transfer, and none is answered from what is out of date (I26: the
// world's oracle looks at every answer).
test('Raft 6.4: a read during a transfer is answered by a round, or refused', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  transfer(world, 1, 2);
  const confirmed = world.read(1);
  world.deliver((m) => m.type === 'heartbeat');
  world.deliver((m) => m.type === 'heartbeatReply');
  expect(world.readAnswer(1, confirmed)).toBe(2);
  const refused = world.read(1);
  world.drop((m) => m.type === 'heartbeat');
  world.settle();
  expect([world.raft(2).role, world.readAnswer(1, refused)]).toEqual(['leader', 0]);
});

// Once the target leads and has committed, the old leader, cut off, confirms nothing any more.
test('Raft 6.4: a leader that gave up too soon answers no read once another leads', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  transfer(world, 1, 2);
  world.deliver((m) => m.type === 'timeoutNow');
  world.sync(2);
  world.disconnect(1, 2);
  world.disconnect(1, 3);
  expect(world.raft(1).transferTarget).toBe(0);
  const stale = world.read(1);
  world.settle();
  world.propose(2);
  world.settle();
  expect([world.raft(2).commitIndex, world.readAnswer(1, stale)]).toEqual([4, null]);
  world.heal(1);
  world.settle();
  expect(world.readAnswer(1, stale)).toBe(0);
});

test.each([
  { who: 'the target', crashed: 2, others: [1, 3] },
  { who: 'the old leader', crashed: 1, others: [2, 3] },
])('Raft survives the crash of $who in every phase', ({ crashed, others }) => {
  for (let phase = 0; phase < 8; phase += 1) {
    const world = new RaftWorld({ voters: 3 });
    world.elect(1);
    world.propose(1);
    transfer(world, 1, 2);
    step(world, phase);
    world.crash(crashed);
    endsWell(world, others);
    world.restart(crashed);
    endsWell(world, [1, 2, 3]);
  }
});

test('Raft survives that a full disk stops either side of a transfer', () => {
  for (const full of [1, 2]) {
    for (let phase = 0; phase < 8; phase += 1) {
      const world = new RaftWorld({ voters: 3 });
      world.elect(1);
      transfer(world, 1, 2);
      step(world, phase);
      world.turn(full, (raft) => raft.diskFull(true));
      endsWell(world, [1, 2, 3]);
      expect(world.leader).not.toBe(full);
    }
  }
});

/** Half a hop each: what is written becomes durable, or what is under way arrives. */
function step(world: RaftWorld, count: number): void {
  for (let i = 0; i < count; i += 1) {
    if (i % 2 === 0) world.deliver();
    else for (const number of world.numbers) world.sync(number);
  }
}

/** Somebody leads, and a command of his reaches everyone who is up. */
function endsWell(world: RaftWorld, up: readonly number[]): void {
  let ticks = 0;
  do {
    world.tickAll();
    world.settle();
    ticks += 1;
  } while (ticks < 400 && !isServed(world));
  expect(world.propose(world.leader).accepted).toBe(true);
  world.settle();
  world.tickAll(world.config.heartbeatTicks);
  world.settle();
  const { lastIndex } = world.raft(world.leader);
  for (const number of up) {
    if (world.raft(number).lastIndex === lastIndex) continue;
    // Its disk is full: it may not take entries, but it follows.
    expect(world.raft(number).leader).toBe(world.leader);
  }
  expect(world.raft(world.leader).commitIndex).toBe(lastIndex);
}

function isServed(world: RaftWorld): boolean {
  const { leader } = world;
  return leader !== 0 && world.raft(leader).serving && world.raft(leader).transferTarget === 0;
}

// A TimeoutNow that comes late finds the leader gone on: it must not depose it for nothing.
test('Raft ignores a TimeoutNow of a transfer that was given up', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  transfer(world, 1, 2);
  const [late] = world.drop((m) => m.type === 'timeoutNow');
  world.tick(1, world.config.electionTimeoutTicksMin);
  world.propose(1);
  world.settle();
  world.inject(late as RaftMessage);
  expect([world.raft(2).role, world.raft(2).term]).toEqual(['follower', 2]);
  world.inject({ ...late, lastIndex: 3 } as RaftMessage);
  expect([world.raft(2).role, world.raft(2).term]).toEqual(['candidate', 3]);
});

test('Raft ignores a TimeoutNow of a term that is over, and a learner ignores any', () => {
  const world = new RaftWorld({ voters: 3, learners: 1 });
  world.elect(1);
  world.inject({ type: 'timeoutNow', from: 1, to: 4, term: 2, lastIndex: 2 });
  expect(world.raft(4).role).toBe('learner');
  transfer(world, 1, 2);
  const [late] = world.network.filter((m) => m.type === 'timeoutNow');
  world.settle();
  transfer(world, 2, 3);
  world.settle();
  world.inject({ ...(late as RaftMessage), to: 1, from: 2 } as RaftMessage);
  expect(world.raft(1).role).toBe('follower');
  expect(leads(world).map(([, term, leader]) => [term, leader])).toEqual(
    world.numbers.map(() => [4, 3]),
  );
});

test('Raft tries again within ticks when the votes of a take-over are lost', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  transfer(world, 1, 2);
  world.deliver();
  world.sync(2);
  expect(world.drop((m) => m.type === 'transferVote')).toHaveLength(2);
  let ticks = 0;
  while (world.raft(world.leader || 1).term < 3 && ticks < 1000) {
    world.tickAll();
    world.settle();
    ticks += 1;
  }
  // The old leader learns of the new term from the answers to its heartbeats.
  expect(ticks).toBeLessThanOrEqual(3 * world.config.heartbeatTicks);
});
