/** Damage of what was durable: one flipped byte, a cut tail. Loud, exact, one node's affair. */
import { readFileSync } from 'node:fs';
import { cp, open, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FsDisk } from '../../src/node/io/fs-disk.ts';
import { dumpLog, type LogDumpEnd, type LogDumpRow } from '../../src/node/wal/dump.ts';
import { Prng } from '../../src/std/prng.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { once } from '../doubles/kv-connection.ts';
import { IS_FULL, raftctl, scaled } from '../doubles/program.ts';
import { reportProof } from '../doubles/proof-report.ts';
import { findLosses, WriteLoad } from '../doubles/write-load.ts';

const POSITIONS = scaled(6, 200);
/** Enough to fill the first segment (1 MiB) and part of the second. */
const WRITES = 3000;
const VALUE_BYTES = 400;
const SEGMENT_HEADER_BYTES = 4096;
const VICTIM = 'n2';

type Dump = LogDumpEnd & { readonly rows: readonly LogDumpRow[] };

let rig: ClusterRig;
let load: WriteLoad;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 18000 });
  const addresses = rig.ids().map((id) => rig.clientAddress(id));
  const init = { addresses, writers: 3, depth: 32, tag: 'w', valueBytes: VALUE_BYTES };
  load = new WriteLoad(init);
  await load.more(WRITES);
  await load.stop();
});

afterAll(() => rig?.dispose());

test(`node start refuses one flipped byte in ${POSITIONS} places and names file and offset`, {
  timeout: POSITIONS * 30_000,
}, async () => {
  const prng = new Prng(IS_FULL ? Date.now() : 5);
  for (let round = 0; round < POSITIONS; round += 1) {
    // Every other time it did not stop in order: then only what is known durable must be intact.
    const isClean = round % 2 === 0;
    if (isClean) await rig.stop(VICTIM);
    else await rig.kill9(VICTIM);
    const place = pickPlace(await readLog(), isClean, prng);
    const what = `round ${round}: ${JSON.stringify({ isClean, ...place })}`;
    const bit = 1 << prng.between(0, 7);
    await flip(place.file, place.offset, bit);
    await expectRefusal(place, what);
    // Every command is a process: some of the rounds look at all that an operator can see.
    if (round < 2) await expectEverywhere(place, what);
    await expectOthersServe(`${round}`);
    await flip(place.file, place.offset, bit);
    await startAgain();
  }
  expect(await findLosses(rig.clientAddress(VICTIM), [load])).toEqual([]);
  reportProof({
    fault: 'one bit of the log of a stopped node flipped',
    count: POSITIONS,
    held: 'refused with file and offset every time, 0 silent',
    figures: '',
  });
});

test('node start refuses a log that was cut after an orderly stop, and takes it back whole', {
  timeout: 120_000,
}, async () => {
  await rig.ok(['node', 'stop', VICTIM]);
  const { rows, end } = await dump();
  if (end === null) throw new Error('A log that was stopped in order has an end');
  const last = segmentPath(end.file);
  const inLast = rows.filter((row) => row.file === end.file);
  const zero = (from: number) => async () => {
    const handle = await open(last, 'r+');
    await handle.write(Buffer.alloc(end.offset - from), 0, end.offset - from, from);
    await handle.close();
  };
  const cuts: Readonly<Record<string, () => Promise<void>>> = {
    'the close frame zeroed': zero(inLast.at(-1)!.offset),
    'the last three frames zeroed': zero(inLast.at(-3)!.offset),
    'all frames of the last segment zeroed': zero(SEGMENT_HEADER_BYTES),
    'the file cut where the log ends': () => truncate(last, end.offset),
    'the file cut in the last frame': () => truncate(last, end.offset - 5),
    'the file empty': () => truncate(last, 0),
    'the last segment gone': () => rm(last),
    'two segments swapped': swapSegments,
  };
  const saved = `${logFolder()}.saved`;
  await cp(logFolder(), saved, { recursive: true });
  for (const [what, cut] of Object.entries(cuts)) {
    await cut();
    const started = await rig.run(['node', 'start', VICTIM]);
    expect(started.code, what).toBe(12);
    expect(started.stderr, what).toMatch(/WAL_CORRUPT/);
    expect(started.stderr, what).toContain(logFolder());
    expect(started.stderr, what).toMatch(/at offset \d+/);
    await rm(logFolder(), { recursive: true });
    await cp(saved, logFolder(), { recursive: true });
  }
  await startAgain();
  reportProof({
    fault: 'log of a stopped node zeroed at its end, cut, missing a segment, segments swapped',
    count: Object.keys(cuts).length,
    held: 'refused with file and offset every time, 0 silent',
    figures: '',
  });
});

async function swapSegments(): Promise<void> {
  const names = (await readdir(logFolder())).filter((name) => name.endsWith('.seg')).sort();
  const [first = '', second = ''] = names.map((name) => join(logFolder(), name));
  await rename(first, `${first}.aside`);
  await rename(second, first);
  await rename(`${first}.aside`, second);
}

test('log dump prints the log of a stopped node and refuses a running one', {
  timeout: 60_000,
}, async () => {
  const running = await raftctl(['log', 'dump', rig.dataDir(VICTIM)]);
  expect(running.code).toBe(7);
  expect(running.stderr).toContain(`pid ${await rig.pid(VICTIM)}`);
  expect(running.stderr).toContain('raftctl node stop');

  await rig.ok(['node', 'stop', VICTIM]);
  const stopped = await raftctl(['log', 'dump', rig.dataDir(VICTIM)]);
  expect(stopped.code).toBe(0);
  const lines = stopped.stdout.split('\n');
  expect(lines[0]).toMatch(/^FILE +OFFSET +KIND/);
  const names = (await readdir(logFolder())).filter((name) => name.endsWith('.seg'));
  expect(names.length).toBeGreaterThan(1);
  expect(stopped.stdout).toContain(`${names[0]}`);
  expect(stopped.stdout).toMatch(/ configuration +1 +1 +1 /);
  const { rows, lastIndex, damage, end } = await dump();
  expect(damage).toBeNull();
  expect(rows.at(-1)?.kind).toBe('close');
  expect(rows.filter((row) => row.kind === 'roll').length).toBeGreaterThan(0);
  expect(lines.filter((line) => line.startsWith('0')).length).toBe(rows.length);
  expect(lastIndex).toBeGreaterThan(2 * WRITES);
  expect(end?.reason).toBe('blank');
  await rig.ok(['node', 'start', VICTIM]);

  const nowhere = await raftctl(['log', 'dump', join(rig.directory, 'nowhere')]);
  expect(nowhere.code).toBe(2);
  expect(nowhere.stderr).toContain('DATA_DIR_EMPTY');
});

interface Place {
  readonly file: string;
  /** Of the byte. */
  readonly offset: number;
  /** Where the damaged part starts: what the message must name. Null: the segment's header. */
  readonly frame: number | null;
}

/** A byte of a frame, or now and then of a segment's header. */
function pickPlace(rows: readonly LogDumpRow[], isClean: boolean, prng: Prng): Place {
  const durableTo = Math.max(...rows.map((row) => row.syncedTo));
  const sound = rows.filter((row) => isClean || row.position + row.bytes <= durableTo);
  const row = prng.pick(sound);
  if (prng.chance(0.1)) {
    return { file: row.file, offset: prng.between(0, SEGMENT_HEADER_BYTES - 1), frame: null };
  }
  const offset = row.offset + prng.between(0, row.bytes - 1);
  return { file: row.file, offset, frame: row.offset };
}

async function expectRefusal(place: Place, what: string): Promise<void> {
  const started = await rig.run(['node', 'start', VICTIM]);
  const path = segmentPath(place.file);
  expect(started.code, what).toBe(12);
  expect(started.stderr, what).toContain('WAL_CORRUPT');
  expect(started.stderr, what).toContain(path);
  expect(started.stderr, what).toMatch(namedPlace(place));
  const words = readFileSync(rig.logFile(VICTIM), 'utf8').trimEnd().split('\n').at(-1) ?? '';
  expect(JSON.parse(words), what).toMatchObject({ code: 'WAL_CORRUPT', exit: 12 });
  expect(words, what).toContain(path);
}

/** In the cluster's status and in the dump of the log. */
async function expectEverywhere(place: Place, what: string): Promise<void> {
  const path = segmentPath(place.file);
  const row = await rig.row(VICTIM);
  expect(row, what).toMatchObject({ state: 'down', error: expect.stringContaining(path) });
  const dumped = await raftctl(['log', 'dump', rig.dataDir(VICTIM)]);
  expect(dumped.code, what).toBe(12);
  expect(dumped.stdout, what).toContain(path);
  expect(dumped.stdout, what).toMatch(namedPlace(place));
}

function namedPlace({ frame }: Place): RegExp {
  return frame === null ? /at offset \d+/ : new RegExp(`at offset ${frame}\\b`);
}

/** Afterwards the victim takes part again. */
async function startAgain(): Promise<void> {
  await rig.start(VICTIM);
  const leads = async () => (await rig.nodeStatus(VICTIM)).leader;
  await expect.poll(leads, { timeout: 10_000 }).not.toBeNull();
}

async function expectOthersServe(value: string): Promise<void> {
  const [first, second] = rig.ids().filter((id) => id !== VICTIM);
  expect(await once(rig.clientAddress(first!), 'SET', 'others', value)).toBe('OK');
  expect(await once(rig.clientAddress(second!), 'GET', 'others')).toBe(value);
}

async function readLog(): Promise<LogDumpRow[]> {
  const rows: LogDumpRow[] = [];
  const { damage } = await dumpLog(new FsDisk(), logFolder(), (row) => rows.push(row));
  expect(damage).toBeNull();
  return rows;
}

async function dump(): Promise<Dump> {
  const result = await raftctl(['log', 'dump', rig.dataDir(VICTIM), '--json']);
  expect(result.code, result.stderr).toBe(0);
  return (JSON.parse(result.stdout) as { data: Dump }).data;
}

function logFolder(): string {
  return join(rig.dataDir(VICTIM), 'log');
}

function segmentPath(name: string): string {
  return join(logFolder(), name);
}

/** Twice the same flip is none. */
async function flip(name: string, offset: number, bit: number): Promise<void> {
  const path = segmentPath(name);
  const size = (await stat(path)).size;
  const bytes = await readFile(path);
  bytes[offset] = bytes[offset]! ^ bit;
  const handle = await open(path, 'r+');
  await handle.write(bytes, offset, 1, offset);
  await handle.close();
  expect((await stat(path)).size).toBe(size);
}
