/**
 * Reads back what was written, after the load: every key that is watched and had a write
 * acknowledged must hold the value of one that may be the last. A key that is written by several at
 * once has several such; a write that was never answered may have come last too, or never.
 */
import { DatagramReadBack } from './datagram-read-back.ts';
import { KEY_DIGITS } from './drivers/driver.ts';
import { driverOf } from './drivers/drivers.ts';
import { type KeyWrites, mergedWrites, possibleStamps } from './ledger.ts';
import { type KeyAnswer, type KeyReader, ReadBack } from './read-back.ts';
import type { Target } from './target.ts';
import { prngOf, valuesOf } from './values.ts';
import type { Workload } from './workload.ts';

/** A key that does not hold what it should. */
export interface LostWrite {
  readonly key: string;
  /** `older`: of a write that was followed by another; `foreign`: of nobody here. */
  readonly found: 'missing' | 'older' | 'foreign' | 'damaged';
  /** Numbers of the writes that may be the last. */
  readonly expected: readonly number[];
  /** The number that the value bears; null: it bears none of this run. */
  readonly stamp: number | null;
}

export interface Verification {
  /** Keys that were written and watched. */
  readonly keys: number;
  /** Of them, read and as they should be. */
  readonly sound: number;
  readonly missing: number;
  readonly older: number;
  readonly foreign: number;
  readonly damaged: number;
  /** No write to them was acknowledged, or too many were not: nothing can be said. */
  readonly unjudged: number;
  /** Nobody answered for them. */
  readonly unread: number;
  readonly lost: readonly LostWrite[];
  readonly durationMs: number;
}

export interface VerifyInit {
  readonly workload: Workload;
  readonly targets: readonly Target[];
  readonly mark: string;
  /** Of all workers. */
  readonly writes: readonly (readonly KeyWrites[])[];
  readonly signal: AbortSignal;
}

const SHOWN_MAX = 20;
const CONNECTIONS_MAX = 32;
/** A key that nobody answers for is asked about so often, each time elsewhere. */
const ATTEMPTS = 4;
const PAUSE_MS = 500;

type Fault = LostWrite['found'];

export async function verifyWrites(init: VerifyInit): Promise<Verification> {
  const startedMs = performance.now();
  const { workload, targets, mark } = init;
  const all = mergedWrites(init.writes);
  const judged = all.filter((one) => possibleStamps(one).length > 0);
  const values = new Values(workload, mark);
  const lost: LostWrite[] = [];
  const counts = { missing: 0, older: 0, foreign: 0, damaged: 0 };
  let unread = 0;
  let at = 0;
  const isStream = driverOf(workload.driver).answersBy === 'connection';
  const work = async (first: number): Promise<void> => {
    const reader: KeyReader = isStream
      ? new ReadBack({ workload, mark, targets, first })
      : new DatagramReadBack({ workload, mark, targets });
    for (let one = judged[at]; one !== undefined && !init.signal.aborted; one = judged[at]) {
      at += 1;
      const answer = await readPatiently(reader, one.key, init.signal);
      if (answer === null) {
        unread += 1;
        continue;
      }
      const fault = faultOf(one, answer, values);
      if (fault === null) continue;
      counts[fault] += 1;
      if (lost.length >= SHOWN_MAX) continue;
      const { stamp } = answer;
      lost.push({
        key: reader.nameOf(one.key),
        found: fault,
        expected: possibleStamps(one),
        stamp,
      });
    }
    reader.close();
  };
  const connections = Math.min(CONNECTIONS_MAX, workload.clients);
  await Promise.all(Array.from({ length: connections }, (_, i) => work(i)));
  // What a signal left unread is as unread as what nobody answered for.
  unread += Math.max(0, judged.length - at);
  const faults = counts.missing + counts.older + counts.foreign + counts.damaged;
  return {
    keys: all.length,
    sound: judged.length - faults - unread,
    ...counts,
    unjudged: all.length - judged.length,
    ...{ unread, lost },
    durationMs: Math.round(performance.now() - startedMs),
  };
}

/** @returns null when nobody answers, or all refuse. */
async function readPatiently(
  reader: KeyReader,
  key: number,
  signal: AbortSignal,
): Promise<KeyAnswer | null> {
  for (let attempt = 0; attempt < ATTEMPTS && !signal.aborted; attempt += 1) {
    const answer = await reader.read(key);
    if (answer !== null && answer.kind !== 'error') return answer;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return null;
}

/** Null: the key holds what it may. */
export function faultOf(
  writes: KeyWrites,
  { kind, stamp, text }: KeyAnswer,
  values: Pick<Values, 'isWhole'>,
): Fault | null {
  if (stamp === null) return kind === 'missing' ? 'missing' : 'foreign';
  if (!possibleStamps(writes).includes(stamp)) return 'older';
  return values.isWhole(stamp, text) ? null : 'damaged';
}

/** What was written, from its number. */
export class Values {
  readonly #workload: Workload;
  readonly #mark: string;
  /** By worker: one a size. */
  readonly #byWorker = new Map<number, readonly string[]>();

  constructor(workload: Workload, mark: string) {
    this.#workload = workload;
    this.#mark = mark;
  }

  /** Whether the whole value of that write is in an answer, as it is or as base64. */
  isWhole(stamp: number, text: string): boolean {
    return this.#valuesOf(stamp % this.#workload.workers).some((value) => {
      const { length } = this.#mark;
      const digits = String(stamp).padStart(KEY_DIGITS, '0');
      const whole = `${this.#mark}${digits}${value.slice(length + digits.length)}`;
      return text.includes(whole) || text.includes(Buffer.from(whole).toString('base64'));
    });
  }

  #valuesOf(worker: number): readonly string[] {
    const known = this.#byWorker.get(worker);
    if (known !== undefined) return known;
    const values = valuesOf(this.#workload, prngOf(this.#workload, worker), this.#mark);
    this.#byWorker.set(worker, values);
    return values;
  }
}
