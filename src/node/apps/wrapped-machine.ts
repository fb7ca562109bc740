/**
 * Stands before an app and hands on whatever it does not change. All that an app may do is required
 * here, so the compiler asks for what a wrapper would forget: without `foresee` an app is slower
 * and nothing else tells.
 */
import type { Bytes } from '../../std/bytes.ts';
import type {
  ApplyContext,
  SnapshotSource,
  StateMachine,
  StateRestore,
} from '../ports/state-machine.ts';

export abstract class WrappedMachine implements Required<StateMachine> {
  readonly app: string;
  readonly timeCommand: Bytes | undefined;
  protected readonly inner: StateMachine;

  constructor(inner: StateMachine) {
    this.app = inner.app;
    this.timeCommand = inner.timeCommand;
    this.inner = inner;
  }

  abstract apply(bytes: Bytes, start: number, end: number, context: ApplyContext): unknown;

  foresee(bytes: Bytes, spans: Int32Array, count: number): void {
    this.inner.foresee?.(bytes, spans, count);
  }

  query(request: unknown): unknown {
    return this.inner.query(request);
  }

  nextDeadlineMs(): number | null {
    return this.inner.nextDeadlineMs?.() ?? null;
  }

  digest(): string {
    return this.inner.digest();
  }

  snapshot(): SnapshotSource {
    return this.inner.snapshot();
  }

  restore(point: ApplyContext): StateRestore {
    const restore = this.inner.restore(point);
    return {
      take: (piece) => restore.take(piece),
      finish: () => {
        const isWhole = restore.finish();
        if (isWhole) this.restored(point);
        return isWhole;
      },
    };
  }

  close(): Promise<void> {
    return this.inner.close?.() ?? Promise.resolve();
  }

  /** The state has become that of a snapshot. */
  protected restored(_point: ApplyContext): void {}
}
