/**
 * The disk of a simulated member over all its lives, with the troubles a plan has for it: errors, a
 * lack of room, rot. Knows which failures of the node are the right answer to them.
 */
import { RaftctlError } from '../std/errors.ts';
import type { RotKind } from './fault-plan.ts';
import { rotLog } from './rot.ts';
import { SimDisk, type SimDiskInit, type SimOperation } from './sim-disk.ts';
import { Violation } from './violation.ts';

/** What happens to a node whose disk fails. */
export interface DiskError {
  readonly operation: SimOperation;
  /** After so many that do not fail. */
  readonly skip: number;
  /** The machine goes down with the process. */
  readonly power: boolean;
  /** Until the next start. */
  readonly ms: number;
}

/** What a failure of the node means. */
export type Verdict =
  | { readonly type: 'failStop'; readonly error: DiskError }
  | { readonly type: 'damaged' }
  | { readonly type: 'finding' };

export class NodeDisk {
  readonly simDisk: SimDisk;
  /** By the names of coverage.ts. */
  readonly counts = { 'disk errors': 0, 'rot inflicted': 0 };
  /** Multiplies the time of everything the disk does. */
  factor = 1;
  readonly #logDirectory: string;
  #planned: DiskError | null = null;
  /** The error that has hit the current life. */
  #hit: DiskError | null = null;
  #rotten = false;

  /** @param onHit an operation on the log has failed as planned. */
  constructor(
    init: Omit<SimDiskInit, 'onFailure'>,
    log: { readonly directory: string; readonly onHit: (what: string) => void },
  ) {
    this.#logDirectory = log.directory;
    this.simDisk = new SimDisk({
      ...init,
      namesMs: [0.02, 0.5],
      onFailure: (operation, path) => {
        this.counts['disk errors'] += 1;
        this.#hit = this.#planned;
        log.onHit(`${operation} of ${path}`);
      },
    });
  }

  /** An operation on the log will fail, once. */
  plan(error: DiskError): void {
    this.#planned = error;
    this.simDisk.failNext(error.operation, `${this.#logDirectory}/`, error.skip);
  }

  /** The disk takes so many bytes more; null: as many as anyone wants. */
  limit(bytes: number | null): void {
    const { simDisk } = this;
    simDisk.setCapacity(bytes === null ? Number.POSITIVE_INFINITY : simDisk.usedBytes + bytes);
  }

  /** Requires: the node is down, its machine is not. @returns what was changed, null: nothing. */
  rot(kind: RotKind, draw: number): ReturnType<typeof rotLog> {
    const rot = rotLog(this.simDisk, this.#logDirectory, { kind, draw });
    if (rot === null) return null;
    this.#rotten = true;
    this.counts['rot inflicted'] += 1;
    return rot;
  }

  /** Its log was opened: whatever was rotten must have been noticed (I21). */
  opened(): void {
    if (!this.#rotten) return;
    throw new Violation(
      'I21 corruption is loud',
      'a log was opened as if its bytes had not changed',
    );
  }

  /** What was planned and has not happened yet will not. */
  heal(): void {
    this.simDisk.disarm();
    this.limit(null);
    this.factor = 1;
  }

  /** A life of the node has ended. */
  lifeEnded(): void {
    this.#hit = null;
  }

  /** @param serving it had opened its log already. */
  judge(error: unknown, serving: boolean): Verdict {
    const code = error instanceof RaftctlError ? error.code : null;
    if (code === 'DISK_FAILED' && this.#hit !== null) return { type: 'failStop', error: this.#hit };
    if (code === 'WAL_CORRUPT' && this.#rotten && !serving) return { type: 'damaged' };
    return { type: 'finding' };
  }
}
