/**
 * A small full file system under one node. Each node has its disk to itself here, so that whoever
 * leads can be the one whose disk fills up.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ClusterRig, processesWith, untilGone } from '../doubles/cluster-rig.ts';
import { isError, once } from '../doubles/kv-connection.ts';
import { reportProof } from '../doubles/proof-report.ts';
import { TmpDisk } from '../doubles/tmp-disk.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

const MEBIBYTES = 256;
/** The node looks at its disk every 5 s, and tries to make a segment every second. */
const NOTICE_MS = 15_000;
/** Entries; under load it is never quite none. */
const LAG_MAX = 2000;
const FULL_ERROR = /disk full/;

let rig: ClusterRig;
const disks = new Map<string, TmpDisk>();
let load: WriteLoad;
const loads: WriteLoad[] = [];

/** Root of a Linux machine is expected to be able to mount; where it cannot, the tests fail. */
if (process.platform === 'linux' && process.getuid?.() === 0) {
  describe('a full disk', fullDiskTests);
} else {
  test('a full disk is made by mounting a small one, which only root of Linux may do', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'raftctl-acceptance-'));
    expect(() => TmpDisk.mount(folder, 1)).toThrow('takes Linux and root');
    await rmdir(folder);
  });
}

function fullDiskTests(): void {
  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'raftctl-acceptance-'));
    rig = await ClusterRig.prepare({ portBase: 18020, directory });
    for (const id of rig.ids()) disks.set(id, TmpDisk.mount(rig.dataDir(id), MEBIBYTES));
    await rig.up();
  });

  afterAll(async () => {
    for (const pid of processesWith(rig.directory)) {
      process.kill(pid, 'SIGKILL');
      await untilGone(pid);
    }
    for (const disk of disks.values()) disk.unmount();
    await rig.dispose();
  });

  beforeEach(() => {
    const addresses = rig.ids().map((id) => rig.clientAddress(id));
    const init = { addresses, writers: 3, depth: 16, pauseMs: 5, valueBytes: 500 };
    load = new WriteLoad({ ...init, tag: `load${loads.length}` });
    loads.push(load);
  });

  afterEach(() => load.stop());

  test('a follower whose disk is filled by a file stands aside, and comes back when there is space', {
    timeout: 120_000,
  }, async () => {
    const victim = await rig.follower();
    const leader = await rig.leader();
    await load.more(500);
    await fillAndComeBack(victim);
    // Who leads has no reason to change.
    expect(await rig.leader()).toBe(leader);
  });

  test('a leader whose disk is filled steps down, and comes back when there is space', {
    timeout: 120_000,
  }, async () => {
    const victim = await rig.leader();
    await load.more(500);
    await fillAndComeBack(victim);
  });

  test('a node whose log fills its disk by itself stands aside, and comes back on a larger one', {
    timeout: 120_000,
  }, async () => {
    const victim = await rig.leader();
    const disk = diskOf(victim);
    const before = await rig.nodeStatus(victim);
    const logFrom = readFileSync(rig.logFile(victim)).length;
    // Less room than the next segment takes: mostly it is the log that meets the end.
    disk.resize(Math.ceil(disk.usedBytes / (1024 * 1024)) + 1);
    try {
      await expectFull(victim);
      // Unless it looked at its disk just before: then it has stood aside already.
      const said = /the log has no space: .*ENOSPC|takes no more writes as the disk is full/;
      expect(logSince(victim, logFrom)).toMatch(said);
      await expectOthersServe(victim);
    } finally {
      disk.resize(MEBIBYTES);
    }
    await expectBack(victim, before);
  });

  test('a node on a full disk stops in order, is refused a start, and starts when there is space', {
    timeout: 120_000,
  }, async () => {
    const victim = await rig.follower();
    await load.more(100);
    diskOf(victim).fill();
    const { stdout } = await rig.ok(['node', 'stop', victim]);
    expect(stdout).toContain(`${victim} stopped`);
    // What it gave back by ending is taken too.
    diskOf(victim).fill();
    const refused = await rig.run(['node', 'start', victim]);
    expect(refused.code).toBe(11);
    expect(refused.stderr).toContain(rig.dataDir(victim));
    expect(refused.stderr).toContain('ENOSPC');
    await load.more(100);
    diskOf(victim).clear();
    await rig.ok(['node', 'restart', victim]);
    await load.stop();
    await expectNothingLost();
    reportProof({
      fault: "a node's disk is full: filled by a file, by its own log, at its start",
      count: 4,
      held: 'refused in words, others served, 0 acknowledged writes lost',
      figures: '',
    });
  });
}

async function fillAndComeBack(victim: string): Promise<void> {
  const before = await rig.nodeStatus(victim);
  const disk = diskOf(victim);
  const logFrom = readFileSync(rig.logFile(victim)).length;
  disk.fill();
  await expectFull(victim);
  expect(logSince(victim, logFrom)).toContain(rig.dataDir(victim));
  expect(logSince(victim, logFrom)).toMatch(/disk is full/);
  await expectOthersServe(victim);
  disk.clear();
  await expectBack(victim, before);
}

/** It says so in its status, does not lead, and refuses clients at once and in these words. */
async function expectFull(victim: string): Promise<void> {
  const isFull = await rig.statusWhen(
    ({ nodes, serving }) =>
      serving && nodes.some((row) => row.id === victim && FULL_ERROR.test(row.error ?? '')),
    NOTICE_MS,
    `full at ${victim}`,
  );
  expect(isFull.code).toBe(5);
  expect(isFull.data.leader).not.toBe(victim);
  expect(isFull.data.nodes.every((row) => row.state === 'up')).toBe(true);
  const begun = performance.now();
  const answer = await once(rig.clientAddress(victim), 'SET', 'k', 'v');
  expect(isError(answer, 'DISKFULL'), JSON.stringify(answer)).toBe(true);
  const read = await once(rig.clientAddress(victim), 'GET', 'k');
  expect(isError(read, 'DISKFULL'), JSON.stringify(read)).toBe(true);
  expect(performance.now() - begun).toBeLessThan(3000);
}

async function expectOthersServe(victim: string): Promise<void> {
  await load.more(1000);
  for (const id of rig.ids().filter((one) => one !== victim)) {
    expect(await once(rig.clientAddress(id), 'SET', 'others', id), id).toBe('OK');
    expect(await once(rig.clientAddress(id), 'GET', 'others'), id).toBe(id);
  }
  // A command goes past the full node by itself.
  await rig.ok(['kv', 'set', 'through', 'anybody', '--cluster', rig.name]);
}

/** The same life of the process: nobody restarted it. */
async function expectBack(victim: string, before: { readonly incarnation: string }): Promise<void> {
  await rig.healthy(NOTICE_MS);
  const after = await rig.nodeStatus(victim);
  expect(after).toMatchObject({ incarnation: before.incarnation, diskFull: false, error: null });
  // What it is sent as a snapshot may hold a command of its own, whose outcome it cannot know then.
  await rig.statusWhen(
    ({ nodes }) => nodes.some((row) => row.id === victim && (row.lag ?? LAG_MAX) < LAG_MAX),
    NOTICE_MS,
    `caught up at ${victim}`,
  );
  expect(await once(rig.clientAddress(victim), 'SET', 'back', victim)).toBe('OK');
  await load.stop();
  await expectNothingLost();
}

async function expectNothingLost(): Promise<void> {
  for (const id of rig.ids()) {
    const losses = await findLosses(rig.clientAddress(id), loads);
    expect(losses.slice(0, 5), `${losses.length} lost`).toEqual([]);
  }
}

function diskOf(id: string): TmpDisk {
  const disk = disks.get(id);
  if (disk === undefined) throw new Error(`${id} has no disk of its own`);
  return disk;
}

function logSince(id: string, offset: number): string {
  return readFileSync(rig.logFile(id)).subarray(offset).toString('utf8');
}
