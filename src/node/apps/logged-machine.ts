/**
 * An app that tells all it applies to application logs, as raft-demo's programs do: after the
 * state was changed, before anybody is answered. Which bytes: wire/dialects/raft-demo-records.ts.
 */
import type { Bytes } from '../../std/bytes.ts';
import {
  type RecordSource,
  recordOfSaying,
  recordsOf,
} from '../../wire/dialects/raft-demo-records.ts';
import type { LogIndex } from '../model/ids.ts';
import type { ApplyContext, SnapshotSource, StateMachine } from '../ports/state-machine.ts';
import { WrappedMachine } from './wrapped-machine.ts';

export interface RecordSink {
  /** Entries up to here are told already: those that are applied again are skipped. */
  readonly lastIndex: number;
  /**
   * @param records theirs until this returns.
   * @param timeMs when the command entered the log.
   */
  append(index: number, records: Bytes, timeMs: number): void;
  /** The state becomes that of a snapshot: entries up to this one are not told one by one. */
  skipTo(index: number): void;
  /** A snapshot is about to hold all up to there: what was told of it must outlive a crash. */
  keep(index: number): void;
}

export interface LoggedInit {
  readonly sinks: readonly RecordSink[];
  /** The value as the client sent it. */
  readonly plain: (value: string) => string;
  /** All entries up to there are applied, those that are no commands too. */
  readonly appliedIndex: () => LogIndex;
}

export class LoggedMachine extends WrappedMachine {
  readonly #init: LoggedInit;
  readonly #source: { index: number } & RecordSource;

  constructor(inner: StateMachine, init: LoggedInit) {
    super(inner);
    this.#init = init;
    this.#source = { index: 0, look: (key) => inner.query(key), plain: init.plain };
  }

  override apply(bytes: Bytes, start: number, end: number, context: ApplyContext): unknown {
    const answer = this.inner.apply(bytes, start, end, context);
    const { index, leaderTimeMs } = context;
    let records: Bytes | null = null;
    for (const sink of this.#init.sinks) {
      if (index <= sink.lastIndex) continue;
      records ??= this.#recordsOf(bytes, start, end, index);
      sink.append(index, records, leaderTimeMs);
    }
    return answer;
  }

  override snapshot(): SnapshotSource {
    const index = this.#init.appliedIndex();
    for (const sink of this.#init.sinks) sink.keep(index);
    return super.snapshot();
  }

  protected override restored(point: ApplyContext): void {
    for (const sink of this.#init.sinks) sink.skipTo(point.index);
  }

  #recordsOf(bytes: Bytes, start: number, end: number, index: number): Bytes {
    this.#source.index = index;
    if (this.app === 'chatroom') return recordOfSaying(bytes, start, end, index);
    return recordsOf(bytes, start, end, this.#source);
  }
}
