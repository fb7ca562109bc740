/**
 * A million keys of 100 bytes under an open loop at half of what the cluster takes: snapshots taken
 * meanwhile, a restart, the size of the log, and a member that lost its disk and comes back by
 * snapshot.
 *
 * The full count judges latencies too (`npm run acceptance`, on a machine with nothing else to
 * do); the usual one has fewer keys and judges everything else.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { KvConnection } from '../doubles/kv-connection.ts';
import { IS_FULL, scaled } from '../doubles/program.ts';

const KEYS = scaled(20_000, 1_000_000);
const VALUE = 'x'.repeat(100);
const KEYS_PER_COMMAND = 100;
const COMMANDS_UNDER_WAY = 20;
const SECONDS = scaled(3, 20);
/** Of what a closed loop gets through. */
const RATE_SHARE = 0.5;
const P99_RATIO_MAX = 3;
/** Small enough that a few seconds of load make a member need a snapshot. */
const OPTIONS = {
  segmentBytes: 1024 * 1024,
  trailingLogBytes: 256 * 1024,
  trailingLogEntries: 500,
};
/** What is kept behind a snapshot, a segment begun, one in use and one prepared ... */
const LOG_BYTES_MIN = 4 * OPTIONS.segmentBytes + OPTIONS.trailingLogBytes;
/** ... and what is written while a snapshot is made, which takes its time. */
const ENTRY_BYTES_MAX = 160;
const SNAPSHOT_SECONDS_MAX = 30;
const MINUTES = 60_000;

interface Bench {
  readonly throughputPerSecond: number;
  readonly requests: {
    readonly planned: number;
    readonly answered: number;
    readonly failed: number;
  };
  readonly errors: object;
  readonly latency: { readonly corrected: { readonly p99Us: number } };
}

let rig: ClusterRig;
let rate = 0;
let quietP99Us = 0;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 10_440 });
  await rig.ok(['cluster', 'down', rig.name]);
  for (const id of rig.ids()) {
    const path = join(rig.dataDir(id), 'node.json');
    const config = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...config, ...OPTIONS }));
  }
  await rig.up();
  await fill();
}, 5 * MINUTES);

afterAll(() => rig?.dispose());

async function fill(): Promise<void> {
  const connection = await KvConnection.open(rig.clientAddress(await rig.leader()));
  const underWay: Promise<unknown>[] = [];
  for (let first = 0; first < KEYS; first += KEYS_PER_COMMAND) {
    const words = Array.from({ length: KEYS_PER_COMMAND }, (_, i) => [keyOf(first + i), VALUE]);
    underWay.push(connection.send('MSET', ...words.flat()));
    if (underWay.length >= COMMANDS_UNDER_WAY) expect(await underWay.shift()).toBe('OK');
  }
  await Promise.all(underWay);
  expect(await connection.send('DBSIZE')).toBe(KEYS);
  connection.close();
}

/** As the bench names them. */
function keyOf(number: number): string {
  return `key:${String(number).padStart(12, '0')}`;
}

/** Reads and writes through the leader. Without a rate: as many as go. */
async function bench(seconds: number, target: string): Promise<Bench> {
  const shape = ['-c', '50', '--ratio', '1:1', '--data-size', '100', '--key-maximum', String(KEYS)];
  const pace = rate === 0 ? [] : ['--rate', String(rate)];
  const time = ['--warmup', '1s', '--duration', `${seconds}s`];
  const { data } = await rig.json<Bench>(
    ['bench', '--target', `resp://${rig.clientAddress(target)}`, ...shape, ...pace, ...time],
    { timeoutMs: 5 * MINUTES },
  );
  return data;
}

/** None refused, none lost, and in the full count none much later than usual. */
function expectServed(what: string, { requests, errors, latency }: Bench): void {
  const { p99Us } = latency.corrected;
  say(`${what}: ${requests.answered} requests, p99 ${ms(p99Us)} (${ms(quietP99Us)} undisturbed)`);
  expect(requests.failed, JSON.stringify(errors)).toBe(0);
  if (IS_FULL) expect(p99Us).toBeLessThanOrEqual(P99_RATIO_MAX * quietP99Us);
}

function say(line: string): void {
  process.stdout.write(`${KEYS} keys, ${rate}/s: ${line}\n`);
}

function ms(us: number): string {
  return `${(us / 1000).toFixed(1)} ms`;
}

/** The longest the event loop of a node stood still since it was last asked. Milliseconds. */
async function lagMs(id: string): Promise<number> {
  const page = await (await fetch(`http://${rig.adminAddress(id)}/metrics`)).text();
  return 1000 * Number(/^nodejs_eventloop_lag_max_seconds\S* (\S+)$/m.exec(page)?.[1]);
}

test('snapshots while loaded: nobody is refused, and the log stays small', {
  timeout: 10 * MINUTES,
}, async () => {
  const leader = await rig.leader();
  rate = Math.round((await bench(SECONDS, leader)).throughputPerSecond * RATE_SHARE);
  for (const id of rig.ids()) await lagMs(id);
  const quiet = await bench(SECONDS, leader);
  quietP99Us = quiet.latency.corrected.p99Us;
  expectServed('undisturbed', quiet);
  const quietLags = await Promise.all(rig.ids().map(lagMs));
  let isOver = false;
  let snapshots = 0;
  const taking = (async () => {
    while (!isOver) {
      await rig.ok(['snapshot', 'take'], { timeoutMs: MINUTES });
      snapshots += 1;
    }
  })();
  const loaded = await bench(SECONDS, leader);
  isOver = true;
  await taking;
  const lags = await Promise.all(rig.ids().map(lagMs));
  expectServed(`${snapshots} snapshots of every node`, loaded);
  const text = (all: readonly number[]): string => all.map((lag) => lag.toFixed(1)).join(', ');
  say(`longest stall of the event loops ${text(lags)} ms (${text(quietLags)} undisturbed)`);
  expect(snapshots).toBeGreaterThan(0);
  const logBytesMax = LOG_BYTES_MIN + (rate / 2) * ENTRY_BYTES_MAX * SNAPSHOT_SECONDS_MAX;
  for (const id of rig.ids()) {
    const status = await rig.nodeStatus(id);
    say(`${id}: log ${status.logBytes} bytes, snapshot ${status.snapshotBytes} bytes`);
    expect(status.logBytes).toBeLessThanOrEqual(logBytesMax);
    expect(status.snapshotBytes).toBeGreaterThan(KEYS * VALUE.length);
  }
});

test('a killed node is back with all its keys', { timeout: 5 * MINUTES }, async () => {
  const id = await rig.follower();
  await rig.kill9(id);
  const begun = performance.now();
  await rig.ok(['node', 'start', id], { timeoutMs: MINUTES });
  await rig.ok(['node', 'wait', id, '--for', 'caught-up', '--timeout', '60s'], {
    timeoutMs: 2 * MINUTES,
  });
  say(`killed and caught up in ${Math.round(performance.now() - begun)} ms`);
  const connection = await KvConnection.open(rig.clientAddress(id));
  expect(await connection.send('DBSIZE')).toBe(KEYS);
  connection.close();
});

test('a wiped member comes back by snapshot under load: nobody is refused', {
  timeout: 10 * MINUTES,
}, async () => {
  const leader = await rig.leader();
  const away = await rig.follower();
  const port = rig.clientPort(away);
  await rig.kill9(away);
  await rm(rig.dataDir(away), { recursive: true });
  await rig.ok(['member', 'remove', away, '--force', '--wait']);
  await rig.ok(['snapshot', 'take', leader], { timeoutMs: MINUTES });
  const { snapshotIndex, firstIndex } = await rig.nodeStatus(leader);
  expect(firstIndex).toBeGreaterThan(1);
  const loaded = bench(SECONDS + 5, leader);
  const begun = performance.now();
  const node = rig.launch([
    ...['node', 'start', '--join', rig.adminAddress(leader), '--data-dir', rig.dataDir(away)],
    ...['--secret-file', join(rig.directory, rig.name, 'secret')],
    ...['--member', `${away}=127.0.0.1:${port}:${port + 1000}:${port + 2000}`],
  ]);
  await node.seen(/serving clients/);
  await rig.ok(['node', 'wait', away, '--for', 'voter', '--timeout', '60s'], {
    timeoutMs: 2 * MINUTES,
  });
  const tookMs = Math.round(performance.now() - begun);
  expectServed(`a wiped member back by snapshot in ${tookMs} ms`, await loaded);
  expect((await rig.nodeStatus(away)).snapshotIndex).toBeGreaterThanOrEqual(snapshotIndex);
  if (IS_FULL) expect(await rig.leader()).toBe(leader);
});
