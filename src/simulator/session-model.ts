/**
 * What sessions must do, as an obvious twin of the production table: which command of the log is
 * the first of its kind, which repeats one, and what each must be answered (I24).
 *
 * It sees every command that bears a session once, in the order of the log.
 */
import type { LogIndex } from '../node/model/ids.ts';
import type { ApplyContext } from '../node/ports/state-machine.ts';
import { KvError } from '../wire/apps/kvstore.ts';
import {
  OPENING,
  SESSION_EXPIRED,
  SESSION_FORGOTTEN,
  SESSION_WINDOW,
  type SessionLimits,
} from '../wire/apps/session.ts';
import { Violation } from './violation.ts';

interface ModelSession {
  usedMs: number;
  newest: number;
  /** By number, what every repetition must be answered. */
  readonly answers: Map<number, unknown>;
}

export class SessionModel {
  /** By the names of coverage.ts. */
  readonly counts = { 'sessions opened': 0, 'sessions over': 0, 'writes repeated': 0 };
  readonly #limits: SessionLimits;
  /** In the order of use. */
  readonly #sessions = new Map<number, ModelSession>();
  /** What whoever waits for the command at an index must hear. */
  readonly #answers = new Map<LogIndex, unknown>();
  #timeMs = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  /**
   * The command at `context.index`, which bears a session.
   * @param answer what it must answer if it is done now.
   * @returns whether it is.
   */
  applied({ index, leaderTimeMs, session = 0, sequence = 0 }: ApplyContext, answer: unknown) {
    this.#timeMs = Math.max(this.#timeMs, leaderTimeMs);
    for (const [id, { usedMs }] of this.#sessions) {
      if (this.#timeMs - usedMs >= this.#limits.idleMs) this.#sessions.delete(id);
    }
    if (session === OPENING.session) {
      this.counts['sessions opened'] += 1;
      this.#sessions.set(index, { usedMs: this.#timeMs, newest: 0, answers: new Map() });
      const oldest = [...this.#sessions.keys()][0];
      const isFull = this.#sessions.size > this.#limits.sessionsMax;
      if (isFull && oldest !== undefined) this.#sessions.delete(oldest);
      this.#answers.set(index, index);
      return false;
    }
    const verdict = this.#verdict(session, sequence);
    if (verdict === 'fresh') this.#sessions.get(session)?.answers.set(sequence, answer);
    this.#answers.set(index, verdict === 'fresh' ? answer : verdict);
    return verdict === 'fresh';
  }

  /** A waiter hears `answer` as the command at `index` is applied. */
  checkAnswer(index: LogIndex, answer: unknown): void {
    const expected = this.#answers.get(index);
    const isSame =
      expected instanceof KvError
        ? answer instanceof KvError && answer.text === expected.text
        : answer === expected;
    if (isSame && this.#answers.has(index)) return;
    const detail = `the write of a session at ${index} is answered ${String(answer)}, not ${String(expected)}`;
    throw new Violation('I24 at most once', detail);
  }

  #verdict(id: number, sequence: number): unknown {
    const session = this.#sessions.get(id);
    if (session === undefined) {
      this.counts['sessions over'] += 1;
      return SESSION_EXPIRED;
    }
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    session.usedMs = this.#timeMs;
    if (sequence <= session.newest - SESSION_WINDOW) return SESSION_FORGOTTEN;
    session.newest = Math.max(session.newest, sequence);
    if (!session.answers.has(sequence)) return 'fresh';
    this.counts['writes repeated'] += 1;
    return session.answers.get(sequence);
  }
}
