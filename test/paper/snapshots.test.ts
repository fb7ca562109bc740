/** Claims of the paper about snapshots: section 7, figure 13, thesis 5. */
import { describe, expect, test } from 'vitest';
import type { SnapshotRequest } from '../../src/node/model/message.ts';
import { SnapshotWorld } from '../interaction/snapshot-world.ts';

const FILE_BYTES = 100;
const PART_BYTES = 10;
const PARTS = FILE_BYTES / PART_BYTES;

/** A leader that has forgotten what member 3 lacks. Nobody has heard of 3 since. */
function worldBehind(config: { snapshotPartsMax?: number } = {}): SnapshotWorld {
  const world = new SnapshotWorld({
    voters: 3,
    fileBytes: FILE_BYTES,
    config: { snapshotPartBytes: PART_BYTES, snapshotPartsMax: 3, ...config },
  });
  world.elect(1);
  world.crash(3);
  for (const text of ['a', 'b', 'c', 'd']) world.propose(1, text);
  world.settle();
  world.takeSnapshot(1);
  world.tick(1, 10);
  world.settle();
  return world;
}

function parts(world: SnapshotWorld): SnapshotRequest[] {
  return world.network.filter((m): m is SnapshotRequest => m.type === 'snapshot');
}

/** Leader and follower talk; what was asked to be read or written is done. One round. */
function exchange(world: SnapshotWorld): void {
  world.answerSnapshotReads(1);
  world.deliver((m) => m.to === 3);
  world.storeArrivals(3);
  world.sync(3);
  world.deliver((m) => m.to === 1);
}

function countData(messages: readonly SnapshotRequest[]): number {
  return messages.filter(({ data }) => data.length > 0).length;
}

// 7: "the leader must occasionally send snapshots to followers that lag behind. This happens when
// the leader has already discarded the next log entry that it needs to send".
test('Raft 7: a leader sends its snapshot to who needs what it has forgotten, and only then', () => {
  const world = worldBehind();
  world.restart(3);
  expect(world.raft(3).lastIndex).toBe(2);
  world.settle();
  expect(world.raft(3).lastIndex).toBe(6);
  expect(world.raft(3).snapshotIndex).toBe(6);
  expect(world.raft(3).firstIndex).toBe(7);
  expect(world.node(3).trace).toContainEqual({ type: 'snapshotInstalled', index: 6, term: 2 });
  world.crash(2);
  world.propose(1, 'e');
  world.settle();
  world.restart(2);
  world.settle();
  expect(world.node(2).trace.filter((item) => item.type === 'snapshotInstalled')).toEqual([]);
  expect(world.raft(2).lastIndex).toBe(7);
});

// 7: what the follower's log holds behind the snapshot's entry stays, if that entry is the same.
test('Raft 7: a follower that holds the entry keeps its log, and takes no part of the file', () => {
  const world = worldBehind();
  world.crash(2);
  world.restart(3);
  world.settle();
  // 3 holds 6 by now; the leader asks again, as after a lost answer.
  world.inject({
    ...{ type: 'snapshot', from: 1, to: 3, term: 2, index: 6, indexTerm: 2 },
    ...{ offset: 0, total: FILE_BYTES, data: world.fileOf(6).subarray(0, PART_BYTES) },
  } as SnapshotRequest);
  expect(world.storeArrivals(3)).toBe(0);
  expect(world.raft(3).lastIndex).toBe(6);
  expect(world.drop((m) => m.type === 'appendReply')).toMatchObject([{ matchIndex: 6 }]);
});

// 7: "Instead it discards the entire log" of what conflicts with the snapshot.
test('Raft 7: a follower whose log ends in entries nobody committed discards them all', () => {
  const world = new SnapshotWorld({
    ...{ voters: 3, fileBytes: FILE_BYTES, config: { snapshotPartBytes: PART_BYTES } },
    logs: { 3: [2, 2, 2, 2, 2, 2] },
    hardStates: { 1: { term: 2, vote: 0 }, 2: { term: 2, vote: 0 }, 3: { term: 2, vote: 3 } },
  });
  world.crash(3);
  world.elect(1);
  for (const text of ['a', 'b', 'c']) world.propose(1, text);
  world.settle();
  world.takeSnapshot(1);
  world.restart(3);
  world.settle();
  expect(world.raft(3).lastIndex).toBe(world.raft(1).lastIndex);
  expect(world.raft(3).termAt(world.raft(3).lastIndex)).toBe(3);
});

// 7, InstallSnapshot rule 1: "Reply immediately if term < currentTerm".
test('Raft 7: a part of an older term is answered with the new one, and not taken', () => {
  const world = worldBehind();
  world.restart(3);
  world.deliver((m) => m.to === 3);
  world.deliver((m) => m.to === 1);
  world.answerSnapshotReads(1);
  const [part] = parts(world);
  world.network = [];
  const head = { type: 'heartbeat', from: 2, to: 3, term: 9 } as const;
  world.inject({ ...head, commitIndex: 0, round: 0 });
  world.sync(3);
  world.network = [];
  world.inject(part as SnapshotRequest);
  expect(world.storeArrivals(3)).toBe(0);
  expect(world.raft(3).term).toBe(9);
});

describe('flow control', () => {
  test('no more parts are under way than the window holds, however many are asked for', () => {
    const world = worldBehind({ snapshotPartsMax: 3 });
    world.restart(3);
    let sent = 0;
    let most = 0;
    world.onReady = (_node, { messages }) => {
      for (const m of messages) if (m.type === 'snapshot' && m.data.length > 0) sent += 1;
      most = Math.max(most, sent - world.receivedBytes(3) / PART_BYTES);
    };
    while (world.raft(3).snapshotIndex === 0) {
      exchange(world);
      world.keepReceived(3);
    }
    expect(most).toBe(3);
    expect(sent).toBe(PARTS);
  });

  test('nothing is sent twice over a link that takes longer for a part than a heartbeat', () => {
    const world = worldBehind({ snapshotPartsMax: 4 });
    world.restart(3);
    let sent = 0;
    world.onReady = (_node, { messages }) => {
      for (const m of messages) if (m.type === 'snapshot' && m.data.length > 0) sent += 1;
    };
    while (world.raft(3).snapshotIndex === 0) {
      // One part gets through in a second; questions are short, and heartbeats pass both by.
      for (let beat = 0; beat < 10; beat += 1) {
        world.tick(1, 10);
        world.deliver((m) => m.type === 'heartbeat' || m.type === 'heartbeatReply');
      }
      const link = parts(world);
      const second = link.findIndex((_, i) => countData(link.slice(0, i + 1)) > 1);
      const through = second < 0 ? link : link.slice(0, second);
      world.deliver((m) => through.includes(m as SnapshotRequest));
      world.storeArrivals(3);
      world.keepReceived(3);
      world.sync(3);
      world.deliver((m) => m.to === 1);
      world.answerSnapshotReads(1);
    }
    expect(sent).toBe(PARTS);
  });

  test('a follower whose disk is slow holds the leader back', () => {
    const world = worldBehind({ snapshotPartsMax: 3 });
    world.restart(3);
    for (let round = 0; round < 3; round += 1) exchange(world);
    const stored = world.receivedBytes(3);
    for (let round = 0; round < 20; round += 1) {
      world.answerSnapshotReads(1);
      world.deliver((m) => m.to === 3);
      world.sync(3);
      world.deliver((m) => m.to === 1);
    }
    expect(world.receivedBytes(3)).toBe(stored);
    world.answerSnapshotReads(1);
    expect(parts(world)).toEqual([]);
    world.settle();
    expect(world.raft(3).snapshotIndex).toBe(6);
  });
});

describe('resumption', () => {
  test('after a lost connection the file goes on at the byte where it stopped', () => {
    const world = worldBehind();
    world.restart(3);
    while (world.receivedBytes(3) < 50) exchange(world);
    const stored = world.receivedBytes(3);
    world.disconnect(1, 3);
    world.connect(1, 3);
    const offsets: number[] = [];
    for (let round = 0; round < 40 && world.raft(3).snapshotIndex === 0; round += 1) {
      world.answerSnapshotReads(1);
      for (const { offset, data } of parts(world)) if (data.length > 0) offsets.push(offset);
      exchange(world);
      world.keepReceived(3);
    }
    expect(offsets[0]).toBe(stored);
    expect(offsets).toHaveLength(PARTS - stored / PART_BYTES);
    expect(world.raft(3).snapshotIndex).toBe(6);
  });

  test('a new leader is not told how far the file of the old one had got', () => {
    const world = worldBehind();
    world.restart(3);
    while (world.receivedBytes(3) < 50) exchange(world);
    world.network = [];
    const question = { index: 6, indexTerm: 2, offset: 0, total: 0, data: Buffer.alloc(0) };
    world.inject({ type: 'snapshot', from: 2, to: 3, term: 9, ...question });
    world.sync(3);
    expect(world.network).toMatchObject([{ type: 'snapshotReply', to: 2, index: 6, offset: 0 }]);
  });

  test('lost parts are sent again, and none that had arrived', () => {
    const world = worldBehind();
    world.restart(3);
    while (world.receivedBytes(3) < 30) exchange(world);
    world.answerSnapshotReads(1);
    world.drop((m) => m.type === 'snapshot');
    const stored = world.receivedBytes(3);
    const offsets: number[] = [];
    for (let round = 0; round < 400 && world.raft(3).snapshotIndex === 0; round += 1) {
      world.tick(1);
      world.answerSnapshotReads(1);
      for (const { offset, data } of parts(world)) if (data.length > 0) offsets.push(offset);
      exchange(world);
      world.keepReceived(3);
    }
    expect(world.raft(3).snapshotIndex).toBe(6);
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(stored);
  });

  test('a follower that was killed begins at the first byte, and its log is as it was', () => {
    const world = worldBehind();
    world.restart(3);
    while (world.receivedBytes(3) < 50) exchange(world);
    world.crash(3);
    world.restart(3);
    expect(world.raft(3).lastIndex).toBe(2);
    expect(world.receivedBytes(3)).toBe(0);
    world.settle();
    expect(world.raft(3).snapshotIndex).toBe(6);
  });

  test('a new leader sends its own file from the first byte', () => {
    const world = worldBehind();
    world.takeSnapshot(2);
    world.restart(3);
    while (world.receivedBytes(3) < 50) exchange(world);
    world.crash(1);
    world.elect(2);
    world.settle();
    expect(world.raft(3).snapshotIndex).toBe(6);
    expect(world.raft(3).leader).toBe(2);
  });

  test('a file that turns out damaged is asked for again', () => {
    const world = worldBehind();
    world.restart(3);
    while (world.receivedBytes(3) < FILE_BYTES) exchange(world);
    world.loseReceived(3);
    expect(world.raft(3).snapshotIndex).toBe(0);
    world.tickAll(20);
    world.settle();
    expect(world.raft(3).snapshotIndex).toBe(6);
  });

  test('a newer snapshot takes the place of one on its way when that is no longer kept', () => {
    const world = worldBehind();
    world.restart(3);
    while (world.receivedBytes(3) < 50) exchange(world);
    world.propose(1, 'e');
    world.sync(1);
    world.deliver((m) => m.to === 2);
    world.sync(2);
    world.deliver((m) => m.to === 1 && m.from === 2);
    world.takeSnapshot(1);
    world.tick(1, 30);
    world.settle();
    world.tickAll(30);
    world.settle();
    expect(world.raft(3).snapshotIndex).toBe(7);
  });
});

describe('one after another', () => {
  test('installs follow each other under load, each ending where replication goes on', () => {
    const world = worldBehind();
    const installed: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      world.restart(3);
      while (world.raft(3).snapshotIndex <= (installed.at(-1) ?? 0)) {
        world.propose(1, `load ${round}`);
        exchange(world);
        world.keepReceived(3);
        world.deliver((m) => m.to === 2);
        world.sync(2);
        world.sync(1);
        world.deliver((m) => m.to === 1);
      }
      installed.push(world.raft(3).snapshotIndex);
      world.settle();
      expect(world.raft(3).lastIndex).toBe(world.raft(1).lastIndex);
      world.crash(3);
      world.propose(1, 'more');
      world.settle();
      world.takeSnapshot(1);
    }
    expect(installed).toHaveLength(5);
    expect([...installed].sort((a, b) => a - b)).toEqual(installed);
    expect(new Set(installed).size).toBe(5);
  });
});

// 7 keeps what heartbeats do apart from it: a follower that installs stays a follower.
test('heartbeats go on while a snapshot is on its way, and their answers count', () => {
  const world = worldBehind();
  world.restart(3);
  exchange(world);
  for (let round = 0; round < 200; round += 1) {
    world.tickAll();
    world.deliver((m) => m.type === 'heartbeat' || m.type === 'heartbeatReply');
    world.drop((m) => m.type === 'snapshot');
    world.sync(3);
  }
  expect(world.raft(3).role).toBe('follower');
  expect(world.raft(1).role).toBe('leader');
  expect(world.raft(3).term).toBe(world.raft(1).term);
});
