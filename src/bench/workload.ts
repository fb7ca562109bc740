/**
 * What to measure, as one plain object: made from flags, from a profile, or from both (spread one
 * over the other). Keys are the names of the flags, values what a person writes.
 */
import { availableParallelism } from 'node:os';
import { RaftctlError } from '../std/errors.ts';
import { parseBytes, parseDurationMs } from '../std/units.ts';
import { KEY_NUMBER_MAX } from './drivers/driver.ts';
import { DRIVER_NAMES, type DriverName } from './drivers/drivers.ts';
import { KEY_PATTERNS, type KeyPattern } from './keys.ts';
import { parseSlo, type Slo } from './slo.ts';
import { parseTarget } from './target.ts';

export type WorkloadValue = string | number | boolean | readonly (string | number)[];
/** Keys are those of `WORKLOAD_KEYS`; undefined and absent are the same. */
export type WorkloadInput = Readonly<Record<string, WorkloadValue | undefined>>;

export const READ_MODES = ['linearizable'] as const;
export type ReadMode = (typeof READ_MODES)[number];

export interface Workload {
  readonly driver: DriverName;
  /** Addresses, or names of nodes, `leader` or `any`; empty: any. */
  readonly targets: readonly string[];
  readonly clients: number;
  readonly workers: number;
  /** Requests a connection may have unanswered; a closed loop sends and awaits them together. */
  readonly pipeline: number;
  /** Requests per second of an open loop; null: closed loop. */
  readonly ratePerSecond: number | null;
  /** How long it is measured at most; null: until `requests` are done. */
  readonly durationMs: number | null;
  readonly requests: number | null;
  readonly warmupMs: number;
  readonly writeParts: number;
  readonly readParts: number;
  readonly reads: ReadMode;
  readonly keyPattern: KeyPattern;
  readonly keyMaximum: number;
  readonly keyPrefix: string;
  readonly zipfExponent: number;
  readonly dataBytes: number;
  readonly timeoutMs: number;
  readonly slos: readonly Slo[];
  readonly seed: number;
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
const SEED_MAX = Number.MAX_SAFE_INTEGER;

/** More generators than that would take the cores that the measured servers need. */
export function workersDefault(cores = availableParallelism()): number {
  return Math.max(1, Math.min(8, Math.floor(cores / 2)));
}

export const WORKLOAD_KEYS: readonly string[] = [
  ...['driver', 'target', 'clients', 'workers', 'pipeline', 'rate', 'closed-loop', 'duration'],
  ...['requests', 'warmup', 'ratio', 'reads', 'key-pattern', 'key-maximum', 'key-prefix'],
  ...['zipf-exp', 'data-size', 'timeout', 'slo', 'seed'],
];

/** @throws {RaftctlError} USAGE naming the key, its value and the rule. */
export function resolveWorkload(input: WorkloadInput): Workload {
  const fields = new Fields(input);
  const ratePerSecond = rateOf(fields);
  const clients = fields.count('clients', 50, 1, CLIENTS_MAX);
  const requests = fields.has('requests') ? fields.count('requests', 1, 1, 1e12) : null;
  const duration = fields.duration('duration', DURATION_MS_DEFAULT, 1, DAY_MS);
  const [writeParts, readParts] = ratioOf(fields);
  const targets = fields.list('target');
  return {
    driver: driverOf(fields, targets),
    targets,
    clients,
    workers: Math.min(clients, fields.count('workers', workersDefault(), 1, WORKERS_MAX)),
    pipeline: fields.count(
      'pipeline',
      ratePerSecond === null ? 1 : OPEN_WINDOW_DEFAULT,
      1,
      PIPELINE_MAX,
    ),
    ratePerSecond,
    durationMs: requests !== null && !fields.has('duration') ? null : duration,
    requests,
    warmupMs: fields.duration('warmup', requests === null ? WARMUP_MS_DEFAULT : 0, 0, DAY_MS),
    writeParts,
    readParts,
    reads: fields.choice('reads', READ_MODES),
    keyPattern: fields.choice('key-pattern', KEY_PATTERNS),
    keyMaximum: fields.count('key-maximum', 100_000, 1, KEY_NUMBER_MAX),
    keyPrefix: prefixOf(fields),
    zipfExponent: fields.number('zipf-exp', 0.99, (value) => value > 0 && value <= 10, '0 to 10'),
    dataBytes: fields.bytes('data-size', 64, 1, DATA_BYTES_MAX),
    timeoutMs: fields.duration('timeout', 5000, 1, DAY_MS),
    slos: fields.list('slo').map(parseSlo),
    seed: fields.count('seed', 1, 0, SEED_MAX),
  };
}

function rateOf(fields: Fields): number | null {
  const isClosed = fields.flag('closed-loop');
  const text = fields.text('rate', 'max');
  if (text === 'max') return null;
  if (isClosed) throw fields.refusal('closed-loop', 'a closed loop has no rate');
  return fields.number('rate', 0, (value) => value > 0 && value <= 1e8, 'above 0, or max');
}

/** The protocol that is named, or the one the targets' addresses begin with. */
function driverOf(fields: Fields, targets: readonly string[]): DriverName {
  const schemes = new Set(targets.flatMap((text) => parseTarget(text)?.driver ?? []));
  const [scheme] = schemes;
  const named = fields.has('driver') ? fields.choice('driver', DRIVER_NAMES) : null;
  if (schemes.size > 1) throw fields.refusal('target', 'one run speaks one protocol');
  if (named !== null && scheme !== undefined && named !== scheme) {
    throw fields.refusal('driver', `the target's address says ${scheme}`);
  }
  return named ?? scheme ?? 'resp';
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

/** Reads plain values; what is wrong is said with key, value and rule. */
class Fields {
  readonly #input: WorkloadInput;

  constructor(input: WorkloadInput) {
    this.#input = input;
    for (const key of Object.keys(input)) {
      if (!WORKLOAD_KEYS.includes(key)) throw this.refusal(key, 'there is no such key');
    }
  }

  refusal(key: string, rule: string): RaftctlError {
    const value = this.#input[key];
    const shown = value === undefined ? key : `${key} ${JSON.stringify(value)}`;
    return new RaftctlError('USAGE', { message: `Cannot measure with ${shown}: ${rule}` });
  }

  has(key: string): boolean {
    return this.#input[key] !== undefined;
  }

  text(key: string, fallback: string): string {
    const value = this.#input[key] ?? fallback;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw this.refusal(key, 'it is one value');
  }

  flag(key: string): boolean {
    const value = this.#input[key] ?? false;
    if (typeof value === 'boolean') return value;
    throw this.refusal(key, 'it is true or false');
  }

  list(key: string): string[] {
    const value = this.#input[key] ?? [];
    if (typeof value === 'boolean') throw this.refusal(key, 'it is one text, or a list of texts');
    return (typeof value === 'object' ? value : [value]).map(String);
  }

  number(key: string, fallback: number, isAllowed: (n: number) => boolean, rule: string): number {
    const text = this.text(key, String(fallback));
    const value = /^\d+(\.\d+)?(e\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!isAllowed(value)) throw this.refusal(key, `it is a number ${rule}`);
    return value;
  }

  count(key: string, fallback: number, min: number, max: number): number {
    const isAllowed = (n: number): boolean => Number.isSafeInteger(n) && n >= min && n <= max;
    return this.number(key, fallback, isAllowed, `without fraction from ${min} to ${max}`);
  }

  duration(key: string, fallbackMs: number, minMs: number, maxMs: number): number {
    const ms = parseDurationMs(this.text(key, `${fallbackMs}ms`));
    if (ms !== null && ms >= minMs && ms <= maxMs) return ms;
    throw this.refusal(key, 'it is a duration like 250ms, 10s or 2m, a day at most');
  }

  bytes(key: string, fallback: number, min: number, max: number): number {
    const bytes = parseBytes(this.text(key, String(fallback)));
    if (bytes !== null && bytes >= min && bytes <= max) return bytes;
    throw this.refusal(key, `it is a size like 64 or 4KiB, from ${min} to ${max} bytes`);
  }

  choice<T extends string>(key: string, choices: readonly [T, ...T[]]): T {
    const text = this.text(key, choices[0]);
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    throw this.refusal(key, `it is one of ${choices.join(', ')}`);
  }
}
