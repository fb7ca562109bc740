/**
 * What a replica looks after besides its turns, ten times a second: whether there is disk to write
 * on, and what an observer should hear now and then.
 *
 * The disk counts as full when the log could not make a segment, or when less than the reserve is
 * free: then this node takes no new entries, a leader steps down, and nobody stands for election
 * until there is clearly more room again (half as much as the reserve on top).
 */
import type { LogStore } from '../ports/log-store.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { Applier } from './applier.ts';
import type { Emit } from './trace-events.ts';

const CHECK_MS = 100;
const COMMIT_EVENT_MS = 1000;
/** A tick that comes this much too late is told as a stall of the event loop. */
const STALL_MS = 250;
const DISK_WARNING_PERCENT = 80;

export class Housekeeping {
  readonly #log: LogStore;
  readonly #emit: Emit;
  readonly #raft: RaftFrontDoor;
  readonly #reserveBytes: number;
  #logFull = false;
  #told = false;
  #reserveReached = false;
  #warned = false;
  #checkedAtMs = 0;
  #commitToldAtMs = 0;
  #commitTold = 0;

  constructor(
    components: { readonly log: LogStore; readonly emit: Emit },
    init: { readonly diskReserveBytes: number },
    raft: RaftFrontDoor,
  ) {
    this.#log = components.log;
    this.#emit = components.emit;
    this.#raft = raft;
    this.#reserveBytes = init.diskReserveBytes;
  }

  get diskFull(): boolean {
    return this.#logFull || this.#reserveReached;
  }

  /** The log says that it cannot make a segment, or can again: acted on in the next turn. */
  logFull(full: boolean): void {
    this.#logFull = full;
  }

  /** Tells the core when the disk has become full or has room again. */
  tellDisk(): void {
    if (this.#told === this.diskFull) return;
    this.#told = this.diskFull;
    this.#raft.diskFull(this.#told);
    const { freeBytes } = this.#log.stats();
    this.#emit(this.#told ? 'disk.full' : 'disk.room', this.#raft.term, { freeBytes });
  }

  /** A tick came `lateMs` after its time. */
  woke(lateMs: number): void {
    if (lateMs <= STALL_MS) return;
    this.#emit('loop.stalled', this.#raft.term, { delayMs: Math.round(lateMs) });
  }

  /** @returns whether waiting requests should be looked over now. */
  tick(nowMs: number, applier: Applier): boolean {
    if (nowMs - this.#checkedAtMs < CHECK_MS) return false;
    this.#checkedAtMs = nowMs;
    this.#checkDisk();
    this.#tellCommit(nowMs, applier);
    return true;
  }

  #checkDisk(): void {
    const { freeBytes, totalBytes } = this.#log.stats();
    if (totalBytes === 0) return;
    const reserve = Math.min(this.#reserveBytes, totalBytes / 50);
    if (freeBytes < reserve) this.#reserveReached = true;
    else if (freeBytes > reserve * 1.5) this.#reserveReached = false;
    const usedPercent = Math.round(100 * (1 - freeBytes / totalBytes));
    if (usedPercent >= DISK_WARNING_PERCENT && !this.#warned) {
      this.#emit('disk.warning', this.#raft.term, { usedPercent, freeBytes });
    }
    this.#warned = usedPercent >= DISK_WARNING_PERCENT;
  }

  #tellCommit(nowMs: number, applier: Applier): void {
    const { appliedIndex: commitIndex, chainHash } = applier;
    if (commitIndex === this.#commitTold || nowMs - this.#commitToldAtMs < COMMIT_EVENT_MS) return;
    this.#commitTold = commitIndex;
    this.#commitToldAtMs = nowMs;
    this.#emit('commit.advanced', this.#raft.term, { commitIndex, chainHash });
  }
}
