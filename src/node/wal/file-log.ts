/**
 * The LogStore on segments: queues writes, makes groups of them, one sync at a time.
 *
 * ```
 *  write() -> queue -> group -> one Disk.write into the current segment (+ sync) -> onSynced
 *               ^                 |
 *               '-- what arrives --'   meanwhile goes into the next group
 * ```
 * When nothing follows a group, a `synced` frame is written behind it right after it was reported:
 * a killed process thus leaves a witness for what it reported durable (docs/wal-format.md#writing).
 */
import { assert } from '../../std/assert.ts';
import type { RaftctlError } from '../../std/errors.ts';
import type { LogIndex } from '../model/ids.ts';
import type { LogWrite } from '../model/log-write.ts';
import type { Clock } from '../ports/clock.ts';
import type {
  FsyncMode,
  LogStore,
  LogStoreEvents,
  LogStoreStats,
  RecoveredLog,
} from '../ports/log-store.ts';
import { closeCleanly } from './clean-close.ts';
import { Compactor } from './compactor.ts';
import type { FileLogComponents, FileLogInit } from './file-log-init.ts';
import { fillGroup } from './fill-group.ts';
import { FreeSpace } from './free-space.ts';
import { Group } from './group.ts';
import { LogEnd, SEGMENT_OVERHEAD_BYTES } from './log-end.ts';
import type { BatchIndex } from './log-index.ts';
import { LogReader, type ReadDone } from './log-reader.ts';
import { ReadDesk } from './read-desk.ts';
import { FRAME_KIND } from './record.ts';
import type { SegmentHeader } from './segment.ts';
import type { OpenSegment, SegmentMaker } from './segment-files.ts';
import type { SegmentSupply } from './segment-supply.ts';
import { SyncLater } from './sync-later.ts';
import { Witness } from './witness.ts';
import { WriteQueue } from './write-queue.ts';

const GROUP_BUFFER_BYTES = 256 * 1024;

export class FileLog implements LogStore {
  readonly recovered: RecoveredLog;
  readonly fsync: FsyncMode;
  readonly #maker: SegmentMaker;
  readonly #clock: Clock;
  readonly #index: BatchIndex;
  readonly #segments: SegmentHeader[];
  readonly #supply: SegmentSupply;
  readonly #desk: ReadDesk;
  readonly #onSyncTimed: ((durationMs: number) => void) | null;
  readonly #later: SyncLater;
  readonly #queue: WriteQueue;
  readonly #group = new Group(GROUP_BUFFER_BYTES);
  readonly #witness: Witness;
  readonly #end: LogEnd;
  readonly #freeSpace: FreeSpace;
  readonly #compactor: Compactor;
  #events: LogStoreEvents | null = null;
  #lastIndex: LogIndex;
  #writing = false;
  #groupRolls = false;
  #groupSequence = 0;
  #reportedSequence = 0;
  #groupStartedMs = 0;
  #failed: RaftctlError | null = null;
  #syncs = 0;
  #closing = false;
  #onIdle: (() => void) | null = null;

  constructor(components: FileLogComponents, init: FileLogInit) {
    this.#maker = components.maker;
    this.#clock = components.clock;
    this.recovered = init.recovered;
    this.fsync = init.fsync;
    this.#index = init.index;
    this.#segments = init.segments;
    const { hardState, lastIndex } = init.recovered;
    this.#end = new LogEnd({ segment: init.current, offset: init.offset, hardState });
    this.#lastIndex = lastIndex;
    this.#witness = new Witness({
      ...{ end: this.#end, clock: this.#clock },
      mayWrite: () => !this.#writing && this.#failed === null,
      onFailed: (error) => this.#fail(error),
      onIdle: () => this.#maybeIdle(),
    });
    this.#queue = new WriteQueue(lastIndex, init.reset);
    const { disk, directory } = this.#maker;
    const { space } = init;
    this.#freeSpace = new FreeSpace({ disk, clock: this.#clock }, { directory, space });
    this.#onSyncTimed = init.onSyncTimed;
    this.#supply = components.makeSupply({
      onReady: () => this.#pump(),
      onFull: (full) => this.#events?.onSpace(full),
      onFailed: (error) => this.#fail(error),
    });
    const files = { maker: this.#maker, index: this.#index, segments: this.#segments };
    this.#compactor = new Compactor(
      { ...files, end: this.#end, onFailed: (error) => this.#fail(error) },
      init.recovered.baseIndex,
    );
    this.#desk = new ReadDesk({
      reader: new LogReader({ ...files, writtenTo: () => this.#end.position }),
      ...{ queue: this.#queue, compactor: this.#compactor, clock: this.#clock },
    });
    this.#later = new SyncLater(
      { maker: this.#maker, clock: this.#clock },
      {
        timed: init.fsync === 'batch',
        onSynced: (position, durationMs) => this.#syncedLater(position, durationMs),
        onFailed: (error) => this.#fail(error),
      },
    );
  }

  get mayBlock(): boolean {
    return this.#maker.disk.mayBlock;
  }

  set mayBlock(mayBlock: boolean) {
    this.#maker.disk.mayBlock = mayBlock;
  }

  get blocks(): boolean {
    return this.#maker.disk.blocks;
  }

  get archiving(): boolean {
    return this.#compactor.archiving;
  }

  set archiving(archiving: boolean) {
    this.#compactor.archiving = archiving;
  }

  start(events: LogStoreEvents): void {
    assert(this.#events === null, 'a log is started once');
    this.#events = events;
    this.#supply.prepare(this.#end.segment.header, 0);
    this.#pump();
    this.#witness.leave();
    this.#freeSpace.start();
  }

  write(write: LogWrite): void {
    assert(this.#events !== null && !this.#closing, 'a log is written between start and close');
    if (write.reset !== undefined) this.#lastIndex = write.reset.index;
    for (const batch of write.batches) {
      assert(batch.first <= this.#lastIndex + 1, `batch ${batch.first} leaves a gap in the log`);
      this.#lastIndex = batch.last;
    }
    this.#queue.push(write);
    this.#pump();
  }

  /** Starts the next group if none is under way and there is something to write. */
  #pump(): void {
    if (this.#writing || this.#failed !== null || this.#queue.empty) return;
    const { header, file } = this.#end.segment;
    const group = this.#group;
    this.#end.begin(group);
    const missing = fillGroup(group, { queue: this.#queue, end: this.#end, index: this.#index });
    this.#groupRolls = missing > 0 && this.#supply.next !== null;
    if (this.#groupRolls) group.addMark(FRAME_KIND.roll);
    else if (missing > 0) this.#supply.prepare(header, missing);
    this.#groupSequence = this.#queue.takenSequence;
    if (group.byteLength === 0) {
      // Either everything waits for a segment, or there were only writes without content.
      if (missing > 0) return;
      this.#writing = true;
      this.#clock.defer(() => this.#groupDone(null));
      return;
    }
    this.#writing = true;
    this.#end.handed();
    this.#groupStartedMs = this.#clock.nowMs();
    const sync = this.fsync === 'always';
    file.write(group.chunks(), this.#end.offset, sync, (error) => this.#groupDone(error));
  }

  #groupDone(error: RaftctlError | null): void {
    if (this.#failed !== null) return;
    if (error !== null) {
      this.#fail(error);
      return;
    }
    this.#writing = false;
    const group = this.#group;
    if (group.byteLength > 0) {
      this.#end.wrote(group);
      this.#accountSync();
      if (this.#groupRolls) this.#roll();
    }
    const sequence = this.#groupSequence;
    this.#queue.completed(sequence);
    this.#pump();
    if (sequence > this.#reportedSequence) {
      this.#reportedSequence = sequence;
      this.#events?.onSynced(sequence);
    }
    this.#witness.soon();
    this.#desk.serve();
    this.#compactor.maybeWork();
    this.#maybeIdle();
  }

  #accountSync(): void {
    const { segment, position } = this.#end;
    if (this.fsync !== 'always') {
      this.#later.wrote(segment, position);
      return;
    }
    this.#end.synced(position);
    this.#syncs += 1;
    this.#onSyncTimed?.(this.#clock.nowMs() - this.#groupStartedMs);
  }

  /** The current segment ends with a durable roll: goes on in the next. */
  #roll(): void {
    this.#groupRolls = false;
    const { header } = this.#supply.next as OpenSegment;
    const left = this.#end.enter(this.#supply.take());
    this.#segments.push(header);
    if (this.fsync === 'always') left.file.close().catch((error) => this.#fail(error));
    else this.#later.left(left);
    this.#supply.prepare(header, this.#queue.nextFrameBytes + SEGMENT_OVERHEAD_BYTES);
  }

  #syncedLater(position: number, durationMs: number): void {
    if (this.#failed !== null) return;
    this.#end.synced(position);
    this.#syncs += 1;
    this.#onSyncTimed?.(durationMs);
    this.#witness.leave();
    this.#maybeIdle();
  }

  read(
    range: { readonly from: LogIndex; readonly through: LogIndex; readonly bytesMax: number },
    done: ReadDone,
  ): void {
    assert(range.from >= 1 && range.from <= range.through, 'a range to read is not empty');
    assert(range.through <= this.#lastIndex, `entry ${range.through} is past the end of the log`);
    this.#desk.take({ ...range, done });
  }

  compact(through: LogIndex): void {
    assert(through <= this.#lastIndex, 'only what was written is forgotten');
    this.#compactor.compact(through);
  }

  stats(): LogStoreStats {
    const { header } = this.#end.segment;
    const { freeBytes, totalBytes } = this.#freeSpace.space;
    const base = this.#segments[0]?.base ?? header.base;
    const logBytes = header.base + header.size - base + (this.#supply.next?.header.size ?? 0);
    return { logBytes, freeBytes, totalBytes, syncs: this.#syncs, full: this.#supply.full };
  }

  #fail(error: RaftctlError): void {
    if (this.#failed !== null) return;
    this.#failed = error;
    this.#later.stop();
    this.#events?.onFailed(error);
    this.#desk.fail(error);
    this.#maybeIdle();
  }

  #maybeIdle(): void {
    if (this.#onIdle === null) return;
    const busy = this.#writing || this.#witness.busy || this.#later.busy;
    // A full disk may stay full: what waits for it was never reported and need not be.
    const waiting = !this.#queue.empty && !this.#supply.full;
    if (this.#failed === null && (busy || waiting)) return;
    const onIdle = this.#onIdle;
    this.#onIdle = null;
    onIdle();
  }

  async close(): Promise<void> {
    assert(!this.#closing, 'a log is closed once');
    this.#closing = true;
    this.#freeSpace.stop();
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      this.#maybeIdle();
    });
    await this.#supply.close();
    await this.#compactor.close();
    await this.#desk.close();
    this.#later.stop();
    if (this.#failed === null) {
      await this.#later.syncNow();
      await closeCleanly(this.#maker, this.#end, this.#queue.lastTaken);
    }
    await this.#end.segment.file.close();
  }
}
