/**
 * What to measure, as one plain object: made from flags, from a profile, or from both (spread one
 * over the other). Keys are the names of the flags, values what a person writes.
 */
import { availableParallelism } from 'node:os';
import { parseBytes, parseDurationMs } from '../std/units.ts';
import { ARRIVALS, type ArrivalName } from './arrivals.ts';
import { KEY_NUMBER_MAX, MARKED_BYTES_MIN } from './drivers/driver.ts';
import { DRIVER_NAMES, type DriverName, driverNamed, driverOf } from './drivers/drivers.ts';
import { KEY_PATTERNS, type KeyPattern } from './keys.ts';
import { meanRate, type Stage } from './pace.ts';
import type { OpenLoad } from './schedule.ts';
import { parseSlo, type Slo } from './slo.ts';
import { parseTarget } from './target.ts';
import { Fields, type WorkloadInput } from './workload-fields.ts';
import { withYcsb, YCSB_NAMES } from './ycsb.ts';

export const READ_MODES = ['linearizable', 'stale'] as const;
export type ReadMode = (typeof READ_MODES)[number];

export interface Workload {
  readonly driver: DriverName;
  /** Addresses, or names of nodes, `leader` or `any`; empty: any. */
  readonly targets: readonly string[];
  readonly clients: number;
  readonly workers: number;
  /** Requests a connection may have unanswered; a closed loop sends and awaits them together. */
  readonly pipeline: number;
  /** Requests per second of an open loop, of stages their mean; null: closed loop. */
  readonly ratePerSecond: number | null;
  readonly arrival: ArrivalName;
  /** Requests that are due at once, in bursts. */
  readonly burst: number;
  /** Of an open loop whose rate changes; empty: it does not. */
  readonly stages: readonly Stage[];
  /** How long it is measured at most; null: until `requests` are done. */
  readonly durationMs: number | null;
  readonly requests: number | null;
  readonly warmupMs: number;
  /** Load goes on for so long behind the measurement, and does not count. */
  readonly cooldownMs: number;
  /** Writes return what was there before, in one request. */
  readonly modify: boolean;
  /** A read is of so many keys of following numbers. */
  readonly scanLength: number;
  readonly writeParts: number;
  readonly readParts: number;
  readonly reads: ReadMode;
  readonly keyPattern: KeyPattern;
  readonly keyMaximum: number;
  readonly keyPrefix: string;
  readonly zipfExponent: number;
  /** Of `hot`: per cent of the keys, and per cent of the requests they get. */
  readonly hot: { readonly keysPercent: number; readonly requestsPercent: number };
  /** Of the largest value. */
  readonly dataBytes: number;
  /** Sizes and how often each is written, relative to the others; empty: one size. */
  readonly dataSizes: readonly { readonly bytes: number; readonly weight: number }[];
  readonly timeoutMs: number;
  readonly slos: readonly Slo[];
  readonly seed: number;
  /** What was written is read back. Absent: it is not, and values have no numbers. */
  readonly verify?: true | undefined;
}

const DURATION_MS_DEFAULT = 10_000;
const WARMUP_MS_DEFAULT = 1000;
/** Unanswered requests of one connection in an open loop, unless `pipeline` says otherwise. */
const OPEN_WINDOW_DEFAULT = 256;
const DATA_BYTES_MAX = 64 * 1024 * 1024;
const CLIENTS_MAX = 20_000;
const PIPELINE_MAX = 65_536;
const PREFIX_BYTES_MAX = 1024;
const WORKERS_MAX = 64;
const DAY_MS = 86_400_000;
const RATE_MIN = 0.001;
const RATE_MAX = 1e8;
const SCAN_LENGTH_MAX = 1000;
const SEED_MAX = Number.MAX_SAFE_INTEGER;

/** More generators than that would take the cores that the measured servers need. */
export function workersDefault(cores = availableParallelism()): number {
  return Math.max(1, Math.min(8, Math.floor(cores / 2)));
}

export const WORKLOAD_KEYS: readonly string[] = [
  ...['driver', 'target', 'clients', 'workers', 'pipeline', 'rate', 'closed-loop', 'duration'],
  ...['requests', 'warmup', 'ratio', 'reads', 'key-pattern', 'key-maximum', 'key-prefix'],
  ...['zipf-exp', 'data-size', 'timeout', 'slo', 'seed', 'workload', 'arrival', 'burst', 'stage'],
  ...['cooldown', 'modify', 'scan-length', 'hot', 'data-size-list', 'verify'],
];

/** Where load is to go, before it is known what that takes. @throws {RaftctlError} USAGE */
export function targetsOf(input: WorkloadInput): readonly string[] {
  return new Fields(input, WORKLOAD_KEYS).list('target');
}

/** @throws {RaftctlError} USAGE naming the key, its value and the rule. */
export function resolveWorkload(said: WorkloadInput): Workload {
  const named = new Fields(said, WORKLOAD_KEYS);
  const ycsb = named.has('workload') ? named.choice('workload', YCSB_NAMES) : null;
  const fields = new Fields(withYcsb(ycsb, said), WORKLOAD_KEYS);
  const stages = stagesOf(fields);
  const ratePerSecond = rateOf(fields, stages);
  const isOpen = ratePerSecond !== null;
  const arrival = fields.choice('arrival', ARRIVALS);
  if (arrival !== 'constant' && !isOpen)
    throw fields.refusal('arrival', 'a closed loop has no arrivals');
  const dataSizes = dataSizesOf(fields);
  const clients = fields.count('clients', 50, 1, CLIENTS_MAX);
  const requests = fields.has('requests') ? fields.count('requests', 1, 1, 1e12) : null;
  const stagesMs = stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const duration = fields.duration('duration', stagesMs || DURATION_MS_DEFAULT, 1, DAY_MS);
  const cooldownMs = fields.duration('cooldown', 0, 0, DAY_MS);
  if (cooldownMs > 0 && requests !== null) {
    throw fields.refusal('cooldown', 'a run that ends by count has none');
  }
  const [writeParts, readParts] = ratioOf(fields);
  const targets = fields.list('target');
  const driver = driverFor(fields, targets);
  const { openWindow = OPEN_WINDOW_DEFAULT, can } = driverOf(driver);
  checkAble(driver, fields);
  if (fields.flag('verify')) checkVerifiable(fields, dataSizes, writeParts);
  const workload: Workload = {
    driver,
    targets,
    clients,
    workers: Math.min(clients, fields.count('workers', workersDefault(), 1, WORKERS_MAX)),
    pipeline: fields.count('pipeline', isOpen ? openWindow : 1, 1, PIPELINE_MAX),
    ...{ ratePerSecond, arrival, stages },
    burst: fields.count('burst', 100, 1, 1e6),
    durationMs: requests !== null && !fields.has('duration') ? null : duration,
    requests,
    warmupMs: fields.duration('warmup', requests === null ? WARMUP_MS_DEFAULT : 0, 0, DAY_MS),
    cooldownMs,
    modify: fields.flag('modify'),
    scanLength: fields.count('scan-length', 1, 1, SCAN_LENGTH_MAX),
    ...{ writeParts, readParts },
    reads: can.linearizable ? fields.choice('reads', READ_MODES) : 'stale',
    keyPattern: fields.choice('key-pattern', KEY_PATTERNS),
    keyMaximum: fields.count('key-maximum', 100_000, 1, KEY_NUMBER_MAX),
    keyPrefix: prefixOf(fields),
    zipfExponent: fields.number('zipf-exp', 0.99, (value) => value > 0 && value <= 10, '0 to 10'),
    hot: hotOf(fields),
    dataBytes:
      dataSizes.length > 0
        ? Math.max(...dataSizes.map(({ bytes }) => bytes))
        : fields.bytes('data-size', 64, 1, DATA_BYTES_MAX),
    dataSizes,
    timeoutMs: fields.duration('timeout', 5000, 1, DAY_MS),
    slos: fields.list('slo').map(parseSlo),
    seed: fields.count('seed', 1, 0, SEED_MAX),
    ...(fields.flag('verify') ? { verify: true as const } : {}),
  };
  checkFitsDriver(fields, workload);
  return workload;
}

/** When an open loop sends; null: it is a closed one. */
export function openLoadOf(workload: Workload): OpenLoad | null {
  const { ratePerSecond, arrival, burst, stages, warmupMs, seed } = workload;
  if (ratePerSecond === null) return null;
  const even = { durationMs: 1, fromRate: ratePerSecond, toRate: ratePerSecond };
  return { arrival, burst, stages: stages.length === 0 ? [even] : stages, warmupMs, seed };
}

function rateOf(fields: Fields, stages: readonly Stage[]): number | null {
  const isClosed = fields.flag('closed-loop');
  const text = fields.text('rate', 'max');
  if (stages.length > 0) {
    const other = (['rate', 'requests', 'duration'] as const).find((key) => fields.has(key));
    if (other !== undefined) throw fields.refusal(other, 'stages say it');
    if (isClosed) throw fields.refusal('closed-loop', 'a closed loop has no rate');
    return meanRate(stages);
  }
  if (text === 'max') return null;
  if (isClosed) throw fields.refusal('closed-loop', 'a closed loop has no rate');
  return fields.number(
    'rate',
    0,
    (value) => value >= RATE_MIN && value <= RATE_MAX,
    'above 0, or max',
  );
}

/** The protocol that is named, or the one the targets' addresses begin with. */
function driverFor(fields: Fields, targets: readonly string[]): DriverName {
  const schemes = new Set(targets.flatMap((text) => parseTarget(text)?.driver ?? []));
  const [scheme] = schemes;
  const text = fields.text('driver', '');
  const named = driverNamed(text);
  if (text !== '' && named === null) {
    throw fields.refusal('driver', `it is one of ${DRIVER_NAMES.join(', ')}`);
  }
  if (schemes.size > 1) throw fields.refusal('target', 'one run speaks one protocol');
  if (named !== null && scheme !== undefined && named !== scheme) {
    throw fields.refusal('driver', `the target's address says ${scheme}`);
  }
  return named ?? scheme ?? 'resp';
}

function checkAble(name: DriverName, fields: Fields): void {
  const { can, answersWrites } = driverOf(name);
  const { scan, modify, stale, linearizable } = can;
  if (!stale && fields.choice('reads', READ_MODES) === 'stale') {
    throw fields.refusal('reads', `over ${name} all reads are linearizable`);
  }
  if (!linearizable && fields.has('reads') && fields.choice('reads', READ_MODES) !== 'stale') {
    throw fields.refusal('reads', `over ${name} all reads are of the asked node's own state`);
  }
  if (answersWrites === 'taken' && fields.flag('verify')) {
    throw fields.refusal('verify', `over ${name} a write is answered before it is committed`);
  }
  if (!scan && fields.count('scan-length', 1, 1, SCAN_LENGTH_MAX) > 1) {
    throw fields.refusal('scan-length', `over ${name} one key is read at a time`);
  }
  if (!modify && fields.flag('modify')) {
    throw fields.refusal('modify', `over ${name} a write does not return what was there`);
  }
}

function checkFitsDriver(fields: Fields, workload: Workload): void {
  const { driver, readParts, verify } = workload;
  const reads = readParts > 0 || verify === true;
  const refusal = driverOf(driver).refusal?.({ ...workload, reads }) ?? null;
  if (refusal !== null) throw fields.refusal(refusal.key, `over ${driver} ${refusal.why}`);
}

function checkVerifiable(fields: Fields, sizes: Workload['dataSizes'], writeParts: number): void {
  const bytes = sizes.length > 0 ? Math.min(...sizes.map((one) => one.bytes)) : null;
  const least = bytes ?? fields.bytes('data-size', 64, 1, DATA_BYTES_MAX);
  if (least < MARKED_BYTES_MIN) {
    throw fields.refusal('verify', `values of ${MARKED_BYTES_MIN} bytes or more have numbers`);
  }
  if (writeParts === 0)
    throw fields.refusal('verify', 'a load without writes leaves nothing behind');
}

/** `30s:500` and `30s:500-5000`. */
function stagesOf(fields: Fields): Stage[] {
  return fields.list('stage').map((text) => {
    const match = /^([^:]+):(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?$/.exec(text);
    const durationMs = parseDurationMs(match?.[1] ?? '') ?? 0;
    const fromRate = Number(match?.[2] ?? 0);
    const toRate = Number(match?.[3] ?? fromRate);
    const isPaced =
      Math.min(fromRate, toRate) >= RATE_MIN && Math.max(fromRate, toRate) <= RATE_MAX;
    if (durationMs > 0 && durationMs <= DAY_MS && isPaced) return { durationMs, fromRate, toRate };
    throw fields.refusal('stage', 'each is like 30s:500, or 30s:500-5000 for a rate that changes');
  });
}

/** `64:50,4KiB:50`. */
function dataSizesOf(fields: Fields): Workload['dataSizes'] {
  if (!fields.has('data-size-list')) return [];
  return fields
    .text('data-size-list', '')
    .split(',')
    .map((text) => {
      const match = /^([^:]+):(\d{1,6})$/.exec(text.trim());
      const bytes = parseBytes(match?.[1] ?? '') ?? 0;
      const weight = Number(match?.[2] ?? 0);
      if (bytes >= 1 && bytes <= DATA_BYTES_MAX && weight > 0) return { bytes, weight };
      throw fields.refusal('data-size-list', 'it is sizes and weights, like 64:90,4KiB:10');
    });
}

/** `20:80`. */
function hotOf(fields: Fields): Workload['hot'] {
  const match = /^(\d{1,2}(?:\.\d+)?):(\d{1,2}(?:\.\d+)?)$/.exec(fields.text('hot', '20:80'));
  const keysPercent = Number(match?.[1] ?? 0);
  const requestsPercent = Number(match?.[2] ?? 0);
  if (keysPercent > 0 && requestsPercent > 0) return { keysPercent, requestsPercent };
  throw fields.refusal('hot', 'it is per cent of keys and of requests, like 20:80');
}

function ratioOf(fields: Fields): readonly [number, number] {
  const match = /^(\d{1,6}):(\d{1,6})$/.exec(fields.text('ratio', '1:1'));
  const writes = Number(match?.[1] ?? 0);
  const reads = Number(match?.[2] ?? 0);
  if (writes + reads > 0) return [writes, reads];
  throw fields.refusal('ratio', 'it is not writes:reads, like 1:9');
}

function prefixOf(fields: Fields): string {
  const prefix = fields.text('key-prefix', 'key:');
  if (Buffer.byteLength(prefix) <= PREFIX_BYTES_MAX) return prefix;
  throw fields.refusal('key-prefix', `it has at most ${PREFIX_BYTES_MAX} bytes`);
}
