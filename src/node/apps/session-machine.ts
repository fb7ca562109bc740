/**
 * Any app with client sessions before it: a command that bears a session is applied once, however
 * often it is in the log, and what comes again is answered from the table. That is decided here,
 * where the log is applied, and nowhere else: no node that takes commands knows what another took.
 *
 * Commands without a session go straight through.
 */
import { createHash } from 'node:crypto';
import { type Bytes, NO_BYTES } from '../../std/bytes.ts';
import {
  OPENING,
  SESSION_ANSWER_LOST,
  SESSION_EXPIRED,
  SESSION_FORGOTTEN,
  type SessionLimits,
} from '../../wire/apps/session.ts';
import type {
  ApplyContext,
  SnapshotSource,
  StateMachine,
  StateRestore,
} from '../ports/state-machine.ts';
import { SessionRestore, SessionSource } from './session-snapshot.ts';
import { SessionTable } from './session-table.ts';
import { WrappedMachine } from './wrapped-machine.ts';

/** How an app's answers are kept. */
export interface AnswerCodec {
  encode(answer: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

export class SessionMachine extends WrappedMachine {
  readonly #answers: AnswerCodec;
  readonly #limits: SessionLimits;
  #table: SessionTable;
  /** The log's time, as far as sessions have seen it. */
  #timeMs = 0;

  constructor(inner: StateMachine, answers: AnswerCodec, limits: SessionLimits) {
    super(inner);
    this.#answers = answers;
    this.#limits = limits;
    this.#table = new SessionTable(limits);
  }

  override apply(bytes: Bytes, start: number, end: number, context: ApplyContext): unknown {
    const { session } = context;
    if (session === undefined || session === 0) {
      return this.inner.apply(bytes, start, end, context);
    }
    const table = this.#table;
    this.#timeMs = Math.max(this.#timeMs, context.leaderTimeMs);
    table.passTime(this.#timeMs);
    if (session === OPENING.session) {
      this.#letTimePass(context);
      table.open(context.index, this.#timeMs);
      return context.index;
    }
    const sequence = context.sequence ?? 0;
    const known = table.look(session, sequence, this.#timeMs);
    if (known.kind === 'fresh') {
      const answer = this.inner.apply(bytes, start, end, context);
      table.done(session, sequence, this.#answers.encode(answer));
      return answer;
    }
    this.#letTimePass(context);
    if (known.kind === 'expired') return SESSION_EXPIRED;
    if (known.kind === 'forgotten') return SESSION_FORGOTTEN;
    return known.answer === null ? SESSION_ANSWER_LOST : this.#answers.decode(known.answer);
  }

  override digest(): string {
    const hash = createHash('sha256');
    for (const { id, usedMs, newest, answers } of this.#table.freeze()) {
      hash.update(`${id} ${usedMs} ${newest}\n`);
      for (const [sequence, answer] of answers) {
        hash.update(`${sequence} ${answer?.length ?? -1}\n`).update(answer ?? NO_BYTES);
      }
    }
    return hash.update(this.inner.digest()).digest('hex');
  }

  override snapshot(): SnapshotSource {
    const frozen = { timeMs: this.#timeMs, sessions: this.#table.freeze() };
    return new SessionSource(frozen, this.inner.snapshot());
  }

  override restore(point: ApplyContext): StateRestore {
    return new SessionRestore(this.inner.restore(point), ({ timeMs, sessions }) => {
      const table = new SessionTable(this.#limits);
      for (const session of sessions) table.add(session);
      this.#table = table;
      this.#timeMs = timeMs;
    });
  }

  /** A command that is not applied moves the app's time all the same: it is in the log. */
  #letTimePass(context: ApplyContext): void {
    const command = this.timeCommand;
    if (command !== undefined) this.inner.apply(command, 0, command.length, context);
  }
}
