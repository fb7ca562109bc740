/**
 * What clients and state machines lived through, checked at each step against the one committed
 * order: I8 (all apply the same), I10 and I24 (an answer is true, nothing happens twice or after a
 * refusal), I23 and I26 (a read sees everything committed before it began).
 *
 * Written values are unique, so a command's bytes name the operation wherever they turn up.
 */

import { BATCH_KIND } from '../node/model/batch.ts';
import type { LogIndex, MemberNumber } from '../node/model/ids.ts';
import type { ApplyContext, StateMachine } from '../node/ports/state-machine.ts';
import type { Outcome } from '../node/replica/contract.ts';
import { type Bytes, latin1Slice } from '../std/bytes.ts';
import { KvError } from '../wire/apps/kvstore.ts';
import type { SessionLimits } from '../wire/apps/session.ts';
import { Ghost } from './ghost.ts';
import type { Oracles } from './oracles.ts';
import { SessionModel } from './session-model.ts';
import { Violation } from './violation.ts';

export interface Operation {
  readonly key: string;
  readonly value: string;
  /** How long it lives; null: for ever. */
  readonly ttlMs: number | null;
  /** The command's bytes as latin1. */
  readonly command: string;
  outcome: Outcome | null;
  /** Where it was committed; 0: nowhere so far. */
  index: LogIndex;
}

/** State digests are compared whenever an index with this divisor was applied. */
const DIGEST_EVERY = 64;

interface Version {
  readonly index: LogIndex;
  readonly value: string;
  /** When it is gone, in cluster time. */
  readonly deadlineMs: number;
}

/** Milliseconds by which cluster time may be ahead of the fastest clock that is not far off. */
const CLOCK_AHEAD_MS_MAX = 1000;

export interface HistoryInit {
  /** What leaders propose to let time pass, as latin1: nobody sends it. */
  readonly timeCommand: string;
  /** The fastest sound clock of the cluster, now. */
  readonly clockMs: () => number;
  readonly sessionLimits: SessionLimits;
}

export class History {
  /** By the names of coverage.ts. */
  readonly counts = {
    ...{ 'acknowledged writes': 0, 'unknown outcomes': 0, 'refused writes': 0 },
    ...{ 'leader reads': 0, 'follower reads': 0, 'expired keys': 0, 'states restored': 0 },
  };
  readonly #oracles: Oracles;
  readonly #init: HistoryInit;
  readonly #operations = new Map<string, Operation>();
  /** Applied commands by index; undefined: an entry without a command. */
  readonly #commands: (string | undefined)[] = [];
  /** Cluster time of applied commands by index. */
  readonly #timesMs: number[] = [];
  readonly #contexts: ApplyContext[] = [];
  readonly #ghost: Ghost;
  readonly #digests = new Map<LogIndex, string>();
  /** Committed values of a key, in order. */
  readonly #versions = new Map<string, Version[]>();
  readonly sessions: SessionModel;

  constructor(oracles: Oracles, init: HistoryInit) {
    this.#oracles = oracles;
    this.#init = init;
    this.sessions = new SessionModel(init.sessionLimits);
    this.#ghost = new Ghost(this.#commands, this.#contexts, init.sessionLimits);
  }

  begin(input: {
    readonly key: string;
    readonly value: string;
    readonly ttlMs: number | null;
    readonly command: Bytes;
  }): Operation {
    const command = latin1Slice(input.command, 0, input.command.length);
    const operation = { ...input, command, outcome: null, index: 0 };
    this.#operations.set(command, operation);
    return operation;
  }

  /** A member is about to apply the command at `context.index`. */
  applies(member: MemberNumber, command: string, context: ApplyContext): void {
    const record = this.#oracles.record(member);
    const { index, term } = context;
    if (record.raft !== null) this.#oracles.commitMoved(record, record.raft);
    const name = `n${member}`;
    if (index <= record.appliedSeen || index > record.commitSeen) {
      const detail = `${name} applies ${index} after ${record.appliedSeen}, commit ${record.commitSeen}`;
      throw new Violation('I12 commit monotone', detail);
    }
    for (let skipped = record.appliedSeen + 1; skipped < index; skipped += 1) {
      if (record.volatile.kindAt(skipped) === BATCH_KIND.commands) {
        throw new Violation('I8 state machine safety', `${name} skips command ${skipped}`);
      }
    }
    if (record.volatile.termAt(index) !== term) {
      throw new Violation('I8 state machine safety', `${name} applies ${index} with term ${term}`);
    }
    record.appliedSeen = index;
    const known = this.#commands[index];
    if (known === undefined) this.#firstApplied(context, command);
    else if (known !== command || this.#contexts[index]?.session !== context.session) {
      throw new Violation('I8 state machine safety', `${name} applies another command at ${index}`);
    }
  }

  applied(member: MemberNumber, index: LogIndex, machine: StateMachine): void {
    if (index % DIGEST_EVERY !== 0) return;
    const digest = machine.digest();
    const known = this.#digests.get(index);
    if (known === undefined) this.#digests.set(index, digest);
    else if (known !== digest) {
      throw new Violation('I8 state machine safety', `n${member} has another state after ${index}`);
    }
  }

  /** A member's state was replaced by that of a snapshot of the entries up to `index` (I18). */
  restored(member: MemberNumber, index: LogIndex, machine: StateMachine): void {
    this.counts['states restored'] += 1;
    const record = this.#oracles.record(member);
    if (index <= record.appliedSeen) {
      const detail = `n${member} goes back from ${record.appliedSeen} to ${index}`;
      throw new Violation('I12 commit monotone', detail);
    }
    record.appliedSeen = index;
    if (machine.digest() !== this.#ghost.digestAt(index)) {
      const detail = `n${member} restored another state than that after ${index}`;
      throw new Violation('I18 snapshot equivalence', detail);
    }
    // The time it knows is a part of the state: what was due then is gone.
    for (const key of this.keys) {
      const value = machine.query(key);
      const expected = this.#valueAt(key, index);
      if (value === expected) continue;
      const detail = `n${member} restored ${key}=${value} of ${index}, it is ${expected}`;
      throw new Violation('I18 snapshot equivalence', detail);
    }
  }

  /** A client heard how its write ended, from `member`. */
  settled(operation: Operation, member: MemberNumber, outcome: Outcome): void {
    const { index } = operation;
    if (operation.outcome !== null) {
      throw new Violation('I10 no ack before commit', `a write is answered twice by n${member}`);
    }
    operation.outcome = outcome;
    if (outcome === 'unknown') {
      this.counts['unknown outcomes'] += 1;
    } else if (outcome === 'ok') {
      this.counts['acknowledged writes'] += 1;
      const { appliedSeen } = this.#oracles.record(member);
      if (index === 0 || index !== appliedSeen) {
        const detail = `n${member} says ok at ${appliedSeen}, the write is at ${index}`;
        throw new Violation('I10 no ack before commit', detail);
      }
    } else {
      this.counts['refused writes'] += 1;
      if (index !== 0) {
        throw new Violation('I24 at most once', `refused (${outcome}) but committed at ${index}`);
      }
    }
  }

  /** As `settled`, of a write in a session (null: one is opened), which may be sent again. */
  settledOnce(
    operation: Operation | null,
    member: MemberNumber,
    outcome: Outcome,
    answer: unknown,
  ): void {
    if (outcome === 'unknown') this.counts['unknown outcomes'] += 1;
    if (outcome !== 'ok') return;
    this.sessions.checkAnswer(this.#oracles.record(member).appliedSeen, answer);
    if (operation !== null && !(answer instanceof KvError)) operation.outcome = 'ok';
  }

  /**
   * A client reads `value` on `member`; `committedAtStart` was committed somewhere before it asked.
   */
  read(
    member: MemberNumber,
    input: {
      readonly key: string;
      readonly value: string | null;
      readonly committedAtStart: LogIndex;
    },
  ): void {
    const { key, value, committedAtStart } = input;
    const { appliedSeen, volatile, raft } = this.#oracles.record(member);
    this.counts[raft?.role === 'leader' ? 'leader reads' : 'follower reads'] += 1;
    for (let index = committedAtStart; index > appliedSeen; index -= 1) {
      if (volatile.kindAt(index) === BATCH_KIND.commands || index > volatile.last) {
        const detail = `n${member} reads at ${appliedSeen}, ${committedAtStart} was committed before`;
        throw new Violation('I26 stale read', detail);
      }
    }
    const expected = this.#valueAt(key, appliedSeen);
    if (value !== expected) {
      const detail = `n${member} reads ${key}=${value} at ${appliedSeen}, it is ${expected}`;
      throw new Violation('I23 read value', detail);
    }
  }

  /** What a key holds once everything committed is applied. */
  latest(key: string): string | null {
    return this.#valueAt(key, Number.MAX_SAFE_INTEGER);
  }

  get keys(): readonly string[] {
    return [...this.#versions.keys()];
  }

  /** Every write that was answered ok lies in the committed order where it was when answered. */
  checkAcknowledged(): void {
    for (const operation of this.#operations.values()) {
      if (operation.outcome !== 'ok') continue;
      if (this.#commands[operation.index] !== operation.command) {
        throw new Violation(
          'I10 no ack before commit',
          `an acknowledged write is lost: ${operation.key}`,
        );
      }
    }
  }

  #firstApplied(context: ApplyContext, command: string): void {
    const { index, leaderTimeMs } = context;
    this.#commands[index] = command;
    this.#contexts[index] = { ...context };
    this.#checkTime(index, leaderTimeMs);
    this.#timesMs[index] = leaderTimeMs;
    if (command === this.#init.timeCommand) return;
    const isOnce = context.session !== undefined && context.session !== 0;
    const operation = this.#operations.get(command);
    if (isOnce && !this.#isFirst(operation, context)) return;
    if (operation === undefined) {
      throw new Violation('I8 state machine safety', `nobody sent the command at ${index}`);
    }
    const { key, value, outcome, ttlMs } = operation;
    const deadlineMs = ttlMs === null ? Number.POSITIVE_INFINITY : leaderTimeMs + ttlMs;
    if (operation.index !== 0) {
      throw new Violation('I24 at most once', `a write is at ${operation.index} and at ${index}`);
    }
    if (!isOnce && outcome !== null && outcome !== 'unknown') {
      throw new Violation('I24 at most once', `answered ${outcome}, then committed at ${index}`);
    }
    operation.index = index;
    const versions = this.#versions.get(key);
    if (versions === undefined) this.#versions.set(key, [{ index, value, deadlineMs }]);
    else versions.push({ index, value, deadlineMs });
  }

  /** Whether a command that bears a session has an effect; if so it answers the value before it. */
  #isFirst(operation: Operation | undefined, context: ApplyContext): boolean {
    const before = operation === undefined ? undefined : this.#versions.get(operation.key)?.at(-1);
    const lives = before !== undefined && before.deadlineMs > context.leaderTimeMs;
    return this.sessions.applied(context, lives ? before.value : null);
  }

  #valueAt(key: string, index: LogIndex): string | null {
    const versions = this.#versions.get(key) ?? [];
    for (let at = versions.length - 1; at >= 0; at -= 1) {
      const version = versions[at] as Version;
      if (version.index > index) continue;
      if (version.deadlineMs > this.#timeAt(index)) return version.value;
      this.counts['expired keys'] += 1;
      return null;
    }
    return null;
  }

  /** Time in the log never goes back, and one clock that is far ahead does not move it. */
  #checkTime(index: LogIndex, timeMs: number): void {
    const before = this.#timeAt(index - 1);
    if (timeMs >= before && timeMs <= this.#init.clockMs() + CLOCK_AHEAD_MS_MAX) return;
    const detail = `the time at ${index} is ${timeMs}, after ${before}, it is ${this.#init.clockMs()}`;
    throw new Violation('cluster time', detail);
  }

  /** Cluster time after the last command up to `index`. */
  #timeAt(index: LogIndex): number {
    for (let at = Math.min(index, this.#timesMs.length - 1); at > 0; at -= 1) {
      const timeMs = this.#timesMs[at];
      if (timeMs !== undefined) return timeMs;
    }
    return 0;
  }
}
