/**
 * The history as clients saw it, judged at the end of a run by the linearizability checker, which
 * knows nothing of logs, terms or commits: so that the oracles, which know the committed order, are
 * not blind in the same way as the program.
 *
 * Time removes what expires, and the checker's models know no time: such keys are left out.
 */
import { checkLinearizability } from '../checker/checker.ts';
import type { Action } from '../checker/history.ts';
import { modelNamed } from '../checker/models.ts';
import { HistoryRecorder, type PendingOperation } from '../checker/recorder.ts';
import type { Outcome } from '../node/replica/contract.ts';
import { Violation } from './violation.ts';

/** So many operations the checker tries in one run, of all keys together. */
const STEPS_MAX = 300_000;
/** A key gets a new name after so many requests: the search grows faster than they do. */
const REQUESTS_PER_KEY = 500;

/** Whether values of that key live for ever. */
export function livesForEver(key: string): boolean {
  return Number(/^k(\d+)/.exec(key)?.[1] ?? 0) % 2 === 1;
}

export class BlackBox {
  /** By the names of coverage.ts. */
  readonly counts = { 'histories judged': 0, 'histories undecided': 0 };
  readonly #recorder: HistoryRecorder;
  readonly #asked = new Map<string, number>();
  /** Keys with a value that was to expire, in a plan of an older program. */
  readonly #expiring = new Set<string>();

  readonly #judges: boolean;

  /** @param judges whether this run is one of those that are judged. */
  constructor(nowMs: () => number, judges: boolean) {
    this.#judges = judges;
    this.#recorder = new HistoryRecorder({ nowUs: () => Math.round(nowMs() * 1000) });
  }

  /** The name under which a key is asked for now. */
  nameOf(key: string): string {
    const asked = this.#asked.get(key) ?? 0;
    this.#asked.set(key, asked + 1);
    const times = Math.floor(asked / REQUESTS_PER_KEY);
    return times === 0 ? key : `${key}.${times}`;
  }

  /** A client asks. @returns what to call with the answer. */
  begin(
    client: string,
    request: {
      readonly key: string;
      readonly write: { readonly value: string; readonly ttlMs: number | null } | null;
    },
  ): (outcome: Outcome, read: string | null) => void {
    const { key, write } = request;
    if (!this.#judges || !livesForEver(key)) return () => {};
    if (write !== null && write.ttlMs !== null) this.#expiring.add(key);
    const asked: Action =
      write === null ? { kind: 'get', result: undefined } : { kind: 'put', value: write.value };
    const pending = this.#recorder.begin(client, key, asked);
    return (outcome, read) => settle(pending, { asked, outcome, read });
  }

  /** @throws {Violation} when no order of the operations explains what was answered. */
  judge(): void {
    const history = this.#recorder.history.filter(({ key }) => !this.#expiring.has(key));
    if (history.length === 0) return;
    const found = checkLinearizability(history, modelNamed('register'), { stepsMax: STEPS_MAX });
    this.counts[found.verdict === 'unknown' ? 'histories undecided' : 'histories judged'] += 1;
    if (found.verdict !== 'illegal') return;
    const blocked = found.finding?.blocked ?? null;
    const what = blocked === null ? '' : `, first at ${JSON.stringify(blocked)}`;
    throw new Violation(
      'I23 linearizability',
      `no order explains what was seen of ${found.finding?.key}${what}`,
    );
  }
}

function settle(
  pending: PendingOperation,
  ended: { readonly asked: Action; readonly outcome: Outcome; readonly read: string | null },
): void {
  const { asked, outcome, read } = ended;
  if (outcome === 'ok') pending.ok(asked.kind === 'get' ? { kind: 'get', result: read } : asked);
  else if (outcome === 'unknown' && asked.kind !== 'get') pending.unknown();
  // A read that was not answered saw nothing, a write that was refused never happens.
  else pending.fail();
}
