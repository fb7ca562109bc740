/** `raftctl node repair`: what a disk lost comes back from the others, or the node stays out. */
import { readdirSync } from 'node:fs';
import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Prng } from '../../src/std/prng.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { IS_FULL, raftctl, scaled } from '../doubles/program.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

const VICTIM = 'n2';
const ROUNDS = scaled(3, 20);
const SEGMENT_HEADER_BYTES = 4096;

interface Repaired {
  readonly outcome: string;
  readonly damage: { readonly code: string; readonly message: string } | null;
  readonly index: number | null;
  readonly term: number | null;
  readonly kept: string | null;
}

let rig: ClusterRig;
const loads: WriteLoad[] = [];

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 10_470 });
  await write('first', 3000);
});
afterAll(() => rig?.dispose());

async function write(tag: string, count: number): Promise<void> {
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const load = new WriteLoad({ addresses, writers: 3, depth: 32, tag, valueBytes: 300 });
  loads.push(load);
  await load.more(count);
  await load.stop();
}

function repair(): ReturnType<typeof rig.json<Repaired>> {
  return rig.json<Repaired>(['node', 'repair', VICTIM]);
}

async function flip(file: string, offset: number): Promise<void> {
  const handle = await open(file, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, offset);
  byte[0] = (byte[0] as number) ^ 16;
  await handle.write(byte, 0, 1, offset);
  await handle.close();
}

/** In the first half of what it holds: what comes behind says that it was durable. */
async function flipInLog(prng: Prng): Promise<void> {
  const folder = join(rig.dataDir(VICTIM), 'log');
  const [first = ''] = (await readdir(folder)).filter((name) => name.endsWith('.seg'));
  const path = join(folder, first);
  const used = (await readFile(path)).findLastIndex((byte) => byte !== 0);
  const middle = SEGMENT_HEADER_BYTES + Math.floor((used - SEGMENT_HEADER_BYTES) / 2);
  await flip(path, prng.between(SEGMENT_HEADER_BYTES + 100, middle));
}

async function losses(): Promise<string[]> {
  const found: string[] = [];
  for (const id of rig.ids()) found.push(...(await findLosses(rig.clientAddress(id), loads)));
  return found;
}

test('node repair: refuses a node that runs, and leaves a sound one as it is', async () => {
  const running = await repair();
  expect([running.code, running.error?.code]).toEqual([7, 'NODE_RUNNING']);
  await rig.ok(['node', 'stop', VICTIM]);
  const sound = await repair();
  expect(sound.data).toMatchObject({ outcome: 'sound', damage: null, kept: null });
  await rig.ok(['node', 'start', VICTIM]);
  await rig.healthy();
});

test(`node repair: flipped bits in ${ROUNDS} places of the log`, {
  timeout: ROUNDS * 90_000,
}, async () => {
  const prng = new Prng(IS_FULL ? Date.now() : 7);
  for (let round = 0; round < ROUNDS; round += 1) {
    await write(`before${round}`, 300);
    await rig.ok(['node', 'stop', VICTIM]);
    await flipInLog(prng);
    const refused = await rig.run(['node', 'start', VICTIM]);
    expect([refused.code, refused.stderr]).toEqual([12, expect.stringContaining('node repair')]);
    await write(`round${round}`, 300);
    const { code, data } = await repair();
    expect(code).toBe(0);
    expect(data).toMatchObject({ outcome: 'repaired', damage: { code: 'WAL_CORRUPT' } });
    expect(readdirSync(data.kept ?? '')).toContain('log');
    await expectPromisesKept(data);
    await rig.ok(['node', 'start', VICTIM]);
    await rig.healthy();
    expect(await losses()).toEqual([]);
  }
});

/** It voted in no later term, and for nobody else in this one; nothing it acknowledged is gone. */
async function expectPromisesKept({ index, term }: Repaired): Promise<void> {
  const { stdout } = await raftctl(['log', 'dump', rig.dataDir(VICTIM), '--json']);
  const dump = (JSON.parse(stdout) as { data: { lastIndex: number; term: number; vote: number } })
    .data;
  expect(dump).toMatchObject({ lastIndex: index, term, vote: 2 });
  for (const id of rig.ids().filter((one) => one !== VICTIM)) {
    expect((await rig.nodeStatus(id)).term).toBeGreaterThanOrEqual(dump.term);
  }
}

test('node repair: the repaired member counts again when another one is gone for good', async () => {
  const other = rig.ids().find((id) => id !== VICTIM) as string;
  await rig.kill9(other);
  await write('two', 300);
  const rest = rig.ids().filter((id) => id !== other);
  for (const id of rest) expect(await findLosses(rig.clientAddress(id), loads)).toEqual([]);
  await rig.ok(['node', 'start', other]);
  await rig.healthy();
});

test('node repair: a lost segment, and a snapshot with a flipped bit', async () => {
  await rig.ok(['node', 'stop', VICTIM]);
  const log = join(rig.dataDir(VICTIM), 'log');
  const [first = ''] = (await readdir(log)).filter((name) => name.endsWith('.seg'));
  await rm(join(log, first));
  expect((await repair()).data.damage?.code).toBe('WAL_CORRUPT');
  const snapshots = join(rig.dataDir(VICTIM), 'snapshots');
  const [newest = ''] = (await readdir(snapshots)).filter((name) => name.endsWith('.snap'));
  const path = join(snapshots, newest);
  await flip(path, Math.floor((await stat(path)).size / 2));
  expect((await rig.run(['node', 'start', VICTIM])).code).toBe(12);
  expect((await repair()).data.damage?.code).toBe('SNAPSHOT_CORRUPT');
  await rm(log, { recursive: true });
  expect((await repair()).data.outcome).toBe('repaired');
  await rig.ok(['node', 'start', VICTIM]);
  await rig.healthy();
  expect(await losses()).toEqual([]);
});

test('node repair: the node stays out while anybody is missing whom it may have voted for', async () => {
  await write('last', 300);
  await rig.ok(['node', 'stop', VICTIM]);
  await flipInLog(new Prng(9));
  const before = await readdir(rig.dataDir(VICTIM));
  const [other = ''] = rig.ids().filter((id) => id !== VICTIM);
  await rig.kill9(other);
  const refused = await repair();
  expect([refused.code, refused.error?.code]).toEqual([7, 'REPAIR_REFUSED']);
  expect(await readdir(rig.dataDir(VICTIM))).toEqual(before);
  await rig.ok(['node', 'start', other]);
  await rig.serving();
  // What is left of a repair that was cut short does not stand in the way.
  await writeFile(join(rig.dataDir(VICTIM), 'repair.snap'), 'half');
  expect((await repair()).data.outcome).toBe('repaired');
  await rig.ok(['node', 'start', VICTIM]);
  await rig.healthy();
  expect(await losses()).toEqual([]);
});
