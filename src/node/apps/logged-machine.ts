/**
 * An app that tells all it applies to an application log, as raft-demo's programs do: after the
 * state was changed, before anybody is answered. Which bytes: wire/dialects/raft-demo-records.ts.
 */
import type { Bytes } from '../../std/bytes.ts';
import { type RecordSource, recordsOf } from '../../wire/dialects/raft-demo-records.ts';
import type { ApplyContext, StateMachine } from '../ports/state-machine.ts';
import { WrappedMachine } from './wrapped-machine.ts';

export interface RecordSink {
  /** Entries up to here are told already: those that are applied again are skipped. */
  readonly lastIndex: number;
  append(index: number, records: Bytes): void;
  /** The state becomes that of a snapshot: entries up to this one are not told one by one. */
  skipTo(index: number): void;
}

export class LoggedMachine extends WrappedMachine {
  readonly #sink: RecordSink;
  readonly #source: { index: number } & RecordSource;

  constructor(inner: StateMachine, sink: RecordSink, plain: (value: string) => string) {
    super(inner);
    this.#sink = sink;
    this.#source = { index: 0, look: (key) => inner.query(key), plain };
  }

  override apply(bytes: Bytes, start: number, end: number, context: ApplyContext): unknown {
    const answer = this.inner.apply(bytes, start, end, context);
    if (context.index > this.#sink.lastIndex) {
      this.#source.index = context.index;
      this.#sink.append(context.index, recordsOf(bytes, start, end, this.#source));
    }
    return answer;
  }

  protected override restored(point: ApplyContext): void {
    this.#sink.skipTo(point.index);
  }
}
