/** Claims about reads: paper section 8, thesis 6.4. */
import { expect, test } from 'vitest';
import { RaftWorld } from '../interaction/raft-world.ts';

// 8: "a leader must have the latest information on which entries are committed ... each leader
// commits a blank no-op entry into the log at the start of its term" (M29).
test('Raft 8: a new leader answers reads only after its no-op is committed', () => {
  const world = newLeaderWithoutCommit();
  const request = world.read(1);
  expect([world.raft(1).serving, world.readAnswer(1, request)]).toEqual([false, null]);
  world.settle();
  expect(world.readAnswer(1, request)).toBe(2);
});

function newLeaderWithoutCommit(): RaftWorld {
  const world = new RaftWorld({ voters: 3 });
  world.campaign(1);
  while (world.raft(1).role !== 'leader') {
    for (const number of world.numbers) world.sync(number);
    world.deliver((m) => m.type.endsWith('ote') || m.type.endsWith('oteReply'));
  }
  return world;
}

// 6.4: the leader "issues a new round of heartbeats and waits for their acknowledgments from a
// majority of the cluster" (M30a).
test('Raft 6.4: a read waits for a round of heartbeats that began after it', () => {
  const world = new RaftWorld({ voters: 5 });
  world.elect(1);
  const request = world.read(1);
  const round = world.network.find((m) => m.type === 'heartbeat')?.round ?? 0;
  expect(world.drop((m) => m.type === 'heartbeat')).toHaveLength(4);
  const echo = { type: 'heartbeatReply', to: 1, term: 2 } as const;
  world.inject({ ...echo, from: 2, round });
  world.inject({ ...echo, from: 2, round });
  world.inject({ ...echo, from: 3, round: round - 1 });
  expect(world.readAnswer(1, request)).toBeNull();
  world.inject({ ...echo, from: 3, round });
  expect(world.readAnswer(1, request)).toBe(2);
});

test('Raft 6.4: echoes of learners do not count', () => {
  const world = new RaftWorld({ voters: 3, learners: 2 });
  world.elect(1);
  const request = world.read(1);
  world.deliver((m) => m.to > 3);
  world.deliver((m) => m.from > 3);
  expect(world.readAnswer(1, request)).toBeNull();
});

test('Raft 6.4: all reads of a turn share one round, and an append can carry it', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.turn(1, (raft) => {
    for (const from of [2, 3, 2]) {
      raft.step({ type: 'readIndex', from, to: 1, term: 2, requestId: 100 + from });
    }
    raft.propose({ kind: 2, count: 1, payload: Buffer.from('x'), leaderTimeMs: 0 });
  });
  expect(world.network.map((m) => m.type)).toEqual(['append', 'append']);
  world.deliver((m) => m.type === 'append');
  expect(world.network.map((m) => m.type)).toEqual(['heartbeatReply', 'heartbeatReply']);
  world.deliver((m) => m.type === 'heartbeatReply' && m.from === 2);
  expect(world.drop((m) => m.type === 'readIndexReply')).toMatchObject([
    { to: 2, index: 2 },
    { to: 3, index: 2 },
    { to: 2, index: 2 },
  ]);
});

test('Raft 6.4: a single voter answers at once', () => {
  const world = new RaftWorld({ voters: 1 });
  world.elect(1);
  expect(world.readAnswer(1, world.read(1))).toBe(2);
});

// 6.4: a leader that was replaced without knowing cannot answer.
test('Raft 6.4: a leader that is cut off never answers, and refuses when it steps down', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.isolate(1);
  const request = world.read(1);
  for (let i = 0; i < 50 && world.leader !== 2 && world.leader !== 3; i += 1) {
    world.tickAll();
    world.settle();
  }
  world.propose(world.leader);
  world.settle();
  expect([world.raft(1).role, world.readAnswer(1, request)]).toEqual(['leader', null]);
  world.tick(1, 100);
  expect([world.raft(1).role, world.readAnswer(1, request)]).toEqual(['follower', 0]);
});

// 6.4: "the follower ... issues a request to the leader just asking for the current readIndex".
test('Raft 6.4: a follower asks the leader', () => {
  const world = new RaftWorld({ voters: 3, learners: 1 });
  world.elect(1);
  world.propose(1);
  world.settle();
  const requests = [2, 4].map((member) => [member, world.read(member)] as const);
  world.settle();
  expect(requests.map(([member, request]) => world.readAnswer(member, request))).toEqual([3, 3]);
});

test.each(['connection lost', 'new term', 'never answered'] as const)(
  'Raft 6.4: a follower refuses its reads when its leader is gone: %s',
  (how) => {
    const world = new RaftWorld({ voters: 3 });
    world.elect(1);
    const request = world.read(2);
    world.drop();
    expect(world.readAnswer(2, request)).toBeNull();
    if (how === 'connection lost') world.disconnect(1, 2);
    else if (how === 'new term') {
      world.inject({ type: 'heartbeat', from: 3, to: 2, term: 9, commitIndex: 0, round: 0 });
    } else {
      for (let i = 0; i < 5; i += 1) {
        world.tickAll(10);
        world.drop((m) => m.type.startsWith('readIndex'));
        world.settle();
      }
      expect(world.raft(2).leader).toBe(1);
    }
    expect(world.readAnswer(2, request)).toBe(0);
  },
);

// A member that crashed and came back counts its requests from 1 again: the answer to a question of
// its earlier life would let it serve a read at an index from before that read began.
test('Raft 6.4: a question is not answered over another connection than it came by', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.read(2);
  expect(world.deliver((m) => m.type === 'readIndex')).toBe(1);
  world.drop();
  const answers: string[] = [];
  world.onReady = (_node, ready) => {
    for (const { type } of ready.messages) if (type === 'readIndexReply') answers.push(type);
  };
  world.crash(2);
  world.restart(2);
  world.tickAll(world.config.heartbeatTicks);
  world.settle();
  expect(answers).toEqual([]);
});

test('Raft refuses a read at once when nobody leads, or when too many wait', () => {
  const world = new RaftWorld({ voters: 3, config: { pendingReadsMax: 2 } });
  expect(world.readAnswer(2, world.read(2))).toBe(0);
  world.elect(1);
  for (const member of [1, 2]) {
    const requests = [world.read(member), world.read(member), world.read(member)];
    expect(requests.map((request) => world.readAnswer(member, request))).toEqual([null, null, 0]);
  }
});

test('Raft 6.4: a follower that is asked by another one refuses', () => {
  const world = new RaftWorld({ voters: 3 });
  world.elect(1);
  world.inject({ type: 'readIndex', from: 3, to: 2, term: 2, requestId: 5 });
  expect(world.network).toMatchObject([{ type: 'readIndexReply', to: 3, requestId: 5, index: 0 }]);
});
