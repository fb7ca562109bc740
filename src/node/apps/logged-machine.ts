/**
 * An app that tells all it applies to an application log, as raft-demo's programs do: after the
 * state was changed, before anybody is answered. Which bytes: wire/dialects/raft-demo-records.ts.
 */
import type { Bytes } from '../../std/bytes.ts';
import { type RecordSource, recordsOf } from '../../wire/dialects/raft-demo-records.ts';
import type {
  ApplyContext,
  SnapshotSource,
  StateMachine,
  StateRestore,
} from '../ports/state-machine.ts';

export interface RecordSink {
  /** Entries up to here are told already: those that are applied again are skipped. */
  readonly lastIndex: number;
  append(index: number, records: Bytes): void;
  /** The state becomes that of a snapshot: entries up to this one are not told one by one. */
  skipTo(index: number): void;
}

export class LoggedMachine implements StateMachine {
  readonly app: string;
  readonly timeCommand: Bytes | undefined;
  readonly #inner: StateMachine;
  readonly #sink: RecordSink;
  readonly #source: { index: number } & RecordSource;

  constructor(inner: StateMachine, sink: RecordSink, plain: (value: string) => string) {
    this.app = inner.app;
    this.timeCommand = inner.timeCommand;
    this.#inner = inner;
    this.#sink = sink;
    this.#source = { index: 0, look: (key) => inner.query(key), plain };
  }

  apply(bytes: Bytes, start: number, end: number, context: ApplyContext): unknown {
    const answer = this.#inner.apply(bytes, start, end, context);
    if (context.index > this.#sink.lastIndex) {
      this.#source.index = context.index;
      this.#sink.append(context.index, recordsOf(bytes, start, end, this.#source));
    }
    return answer;
  }

  foresee(bytes: Bytes, spans: Int32Array, count: number): void {
    this.#inner.foresee?.(bytes, spans, count);
  }

  query(request: unknown): unknown {
    return this.#inner.query(request);
  }

  nextDeadlineMs(): number | null {
    return this.#inner.nextDeadlineMs?.() ?? null;
  }

  close(): Promise<void> {
    return this.#inner.close?.() ?? Promise.resolve();
  }

  digest(): string {
    return this.#inner.digest();
  }

  snapshot(): SnapshotSource {
    return this.#inner.snapshot();
  }

  restore(point: ApplyContext): StateRestore {
    const inner = this.#inner.restore(point);
    return {
      take: (piece) => inner.take(piece),
      finish: () => {
        const isWhole = inner.finish();
        if (isWhole) this.#sink.skipTo(point.index);
        return isWhole;
      },
    };
  }
}
