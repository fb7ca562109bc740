/**
 * The LogStore on segments: queues writes, makes groups of them, one sync at a time.
 *
 * ```
 *  write() -> queue -> group -> one Disk.write into the current segment (+ sync) -> onSynced
 *               ^                 |
 *               '-- what arrives --'   meanwhile goes into the next group
 * ```
 *
 * When nothing follows a group, a `synced` frame is written behind it before the group is reported:
 * a killed process thus leaves a witness for everything it ever reported durable
 * (docs/wal-format.md#writing).
 */
import { assert } from '../../std/assert.ts';
import type { RaftctlError } from '../../std/errors.ts';
import type { HardState } from '../model/hard-state.ts';
import type { LogIndex } from '../model/ids.ts';
import type { LogWrite } from '../model/log-write.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { DiskSpace } from '../ports/disk.ts';
import type {
  FsyncMode,
  LogStore,
  LogStoreEvents,
  LogStoreStats,
  RecoveredLog,
} from '../ports/log-store.ts';
import { closeCleanly } from './clean-close.ts';
import { Group } from './group.ts';
import type { BatchIndex } from './log-index.ts';
import { LogReader, type ReadDone } from './log-reader.ts';
import {
  batchFrameSize,
  FRAME_HEADER_BYTES,
  FRAME_KIND,
  frameSize,
  HARD_STATE_BODY_BYTES,
} from './record.ts';
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment.ts';
import type { OpenSegment, SegmentMaker } from './segment-files.ts';
import type { SegmentSupply, SegmentSupplyEvents } from './segment-supply.ts';
import { SyncLater } from './sync-later.ts';
import { WriteQueue } from './write-queue.ts';

/** A group is closed once it has this many bytes. Soft: one batch may overshoot. */
const GROUP_BYTES_TARGET = 4 * 1024 * 1024;
const GROUP_BUFFER_BYTES = 256 * 1024;
/** Every segment keeps room for a roll and a close. */
const RESERVE_BYTES = 2 * FRAME_HEADER_BYTES;
/** What a segment needs besides the frame it was made for: its first hard state and the reserve. */
const SEGMENT_OVERHEAD_BYTES = frameSize(HARD_STATE_BODY_BYTES) + RESERVE_BYTES;
const SPACE_REFRESH_MS = 5000;

export interface FileLogComponents {
  readonly maker: SegmentMaker;
  readonly clock: Clock;
  readonly makeSupply: (events: SegmentSupplyEvents) => SegmentSupply;
}

export interface FileLogInit {
  readonly fsync: FsyncMode;
  readonly recovered: RecoveredLog;
  readonly index: BatchIndex;
  /** Segments up to and with the current one. */
  readonly segments: SegmentHeader[];
  readonly current: OpenSegment;
  /** Where the next frame goes. Everything before it is durable. */
  readonly offset: number;
  readonly space: DiskSpace;
  readonly onSyncTimed: ((durationMs: number) => void) | null;
}

export class FileLog implements LogStore {
  readonly recovered: RecoveredLog;
  readonly fsync: FsyncMode;
  readonly #maker: SegmentMaker;
  readonly #clock: Clock;
  readonly #index: BatchIndex;
  readonly #segments: SegmentHeader[];
  readonly #supply: SegmentSupply;
  readonly #reader: LogReader;
  readonly #onSyncTimed: ((durationMs: number) => void) | null;
  readonly #later: SyncLater;
  readonly #queue: WriteQueue;
  readonly #group = new Group(GROUP_BUFFER_BYTES);
  readonly #markGroup = new Group(1024);
  #events: LogStoreEvents | null = null;

  #segment: OpenSegment;
  /** Where the next frame goes in `#segment`. */
  #offset: number;
  #hardState: HardState;
  #lastIndex: LogIndex;
  /** Everything below this position is durable. */
  #syncedTo: number;
  /** The `syncedTo` that the last frame written carries. */
  #witnessed: number;
  /** Everything below this position was written (to the system at least). */
  #writtenTo: number;

  #writing = false;
  #groupRolls = false;
  #groupSequence = 0;
  #reportedSequence = 0;
  #groupStartedMs = 0;
  #markWriting = false;
  #failed: RaftctlError | null = null;
  #syncs = 0;
  #space: DiskSpace;
  #spaceTimer: Timer | null = null;
  #closing = false;
  #onIdle: (() => void) | null = null;

  constructor(components: FileLogComponents, init: FileLogInit) {
    this.#maker = components.maker;
    this.#clock = components.clock;
    this.recovered = init.recovered;
    this.fsync = init.fsync;
    this.#index = init.index;
    this.#segments = init.segments;
    this.#segment = init.current;
    this.#offset = init.offset;
    this.#hardState = init.recovered.hardState;
    this.#lastIndex = init.recovered.lastIndex;
    this.#queue = new WriteQueue(init.recovered.lastIndex);
    this.#syncedTo = init.current.header.base + init.offset;
    this.#witnessed = 0;
    this.#writtenTo = this.#syncedTo;
    this.#space = init.space;
    this.#onSyncTimed = init.onSyncTimed;
    this.#supply = components.makeSupply({
      onReady: () => this.#pump(),
      onFull: (full) => this.#events?.onSpace(full),
      onFailed: (error) => this.#fail(error),
    });
    this.#reader = new LogReader({
      disk: this.#maker.disk,
      directory: this.#maker.directory,
      cluster: this.#maker.cluster,
      index: this.#index,
      segments: this.#segments,
      writtenTo: () => this.#writtenTo,
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

  start(events: LogStoreEvents): void {
    assert(this.#events === null, 'a log is started once');
    this.#events = events;
    this.#supply.prepare(this.#segment.header, 0);
    this.#maybeMark();
    this.#refreshSpace();
  }

  write(write: LogWrite): void {
    assert(this.#events !== null && !this.#closing, 'a log is written between start and close');
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
    const { header, file } = this.#segment;
    const group = this.#group;
    group.begin(header, this.#offset, this.#syncedTo);
    if (this.#offset === SEGMENT_HEADER_BYTES) group.addHardState(this.#hardState);
    const missing = this.#fill(group, header);
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
    this.#witnessed = this.#syncedTo;
    this.#groupStartedMs = this.#clock.nowMs();
    const sync = this.fsync === 'always';
    file.write(group.chunks(), this.#offset, sync, (error) => this.#groupDone(error));
  }

  /** Adds what is queued. @returns the bytes a new segment needs for what did not fit; 0: it did. */
  #fill(group: Group, header: SegmentHeader): number {
    const room = header.size - RESERVE_BYTES;
    const queue = this.#queue;
    const fits = (size: number): boolean => group.offset + size <= room;
    for (; !queue.empty; queue.finishHead()) {
      const state = queue.hardState;
      if (state !== null) {
        if (!fits(frameSize(HARD_STATE_BODY_BYTES))) return SEGMENT_OVERHEAD_BYTES;
        group.addHardState(state);
        this.#hardState = state;
        queue.takeHardState();
      }
      for (let batch = queue.batch; batch !== null; batch = queue.batch) {
        const size = batchFrameSize(batch);
        if (!fits(size)) return size + SEGMENT_OVERHEAD_BYTES;
        this.#index.add(batch.first, group.position, batch.first <= queue.lastTaken);
        group.addBatch(batch);
        queue.takeBatch();
        if (group.byteLength >= GROUP_BYTES_TARGET && queue.batch !== null) return 0;
      }
    }
    return 0;
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
      this.#offset = group.offset;
      this.#writtenTo = group.position;
      this.#accountSync(group.position);
      if (this.#groupRolls) this.#roll();
    }
    const sequence = this.#groupSequence;
    this.#queue.completed(sequence);
    this.#pump();
    this.#maybeMark();
    if (sequence > this.#reportedSequence) {
      this.#reportedSequence = sequence;
      this.#events?.onSynced(sequence);
    }
    for (const read of this.#queue.readsReady()) this.#reader.read(read);
    this.#maybeIdle();
  }

  #accountSync(position: number): void {
    if (this.fsync !== 'always') {
      this.#later.wrote(this.#segment, position);
      return;
    }
    this.#syncedTo = position;
    this.#syncs += 1;
    this.#onSyncTimed?.(this.#clock.nowMs() - this.#groupStartedMs);
  }

  /** The current segment ends with a durable roll: goes on in the next. */
  #roll(): void {
    this.#groupRolls = false;
    const before = this.#segment;
    this.#segment = this.#supply.take();
    this.#segments.push(this.#segment.header);
    this.#offset = SEGMENT_HEADER_BYTES;
    this.#writtenTo = this.#segment.header.base + SEGMENT_HEADER_BYTES;
    if (this.fsync === 'always') before.file.close().catch((error) => this.#fail(error));
    else this.#later.left(before);
    this.#supply.prepare(this.#segment.header, this.#queue.nextFrameBytes + SEGMENT_OVERHEAD_BYTES);
  }

  /** Leaves a witness for what became durable, unless the next group carries it already. */
  #maybeMark(): void {
    if (this.#writing || this.#markWriting || this.#failed !== null) return;
    if (this.#witnessed === this.#syncedTo) return;
    const { header, file } = this.#segment;
    const group = this.#markGroup;
    group.begin(header, this.#offset, this.#syncedTo);
    if (this.#offset === SEGMENT_HEADER_BYTES) group.addHardState(this.#hardState);
    group.addMark(FRAME_KIND.synced);
    if (group.offset > header.size - RESERVE_BYTES) return;
    this.#witnessed = this.#syncedTo;
    this.#markWriting = true;
    file.write(group.chunks(), this.#offset, false, (error) => {
      this.#markWriting = false;
      if (error !== null) this.#fail(error);
      this.#maybeIdle();
    });
    this.#offset = group.offset;
    this.#writtenTo = group.position;
  }

  #syncedLater(position: number, durationMs: number): void {
    if (this.#failed !== null) return;
    this.#syncedTo = position;
    this.#syncs += 1;
    this.#onSyncTimed?.(durationMs);
    this.#maybeMark();
    this.#maybeIdle();
  }

  read(
    range: { readonly from: LogIndex; readonly through: LogIndex; readonly bytesMax: number },
    done: ReadDone,
  ): void {
    assert(range.from >= 1 && range.from <= range.through, 'a range to read is not empty');
    assert(range.through <= this.#lastIndex, `entry ${range.through} is past the end of the log`);
    const request = { ...range, done };
    if (range.through < this.#queue.lowestFirst) this.#reader.read(request);
    else this.#queue.waitToRead(request);
  }

  stats(): LogStoreStats {
    const { header } = this.#segment;
    return {
      logBytes: header.base + header.size + (this.#supply.next?.header.size ?? 0),
      freeBytes: this.#space.freeBytes,
      totalBytes: this.#space.totalBytes,
      syncs: this.#syncs,
      full: this.#supply.full,
    };
  }

  #refreshSpace(): void {
    const { disk, directory } = this.#maker;
    this.#spaceTimer = this.#clock.after(SPACE_REFRESH_MS, () => {
      disk.space(directory).then(
        (space) => {
          this.#space = space;
        },
        // Old numbers are better than none; a sick disk shows where it matters, in the writes.
        () => {},
      );
      if (!this.#closing) this.#refreshSpace();
    });
  }

  #fail(error: RaftctlError): void {
    if (this.#failed !== null) return;
    this.#failed = error;
    this.#later.stop();
    this.#events?.onFailed(error);
    for (const read of this.#queue.takeReads()) read.done(error, []);
    this.#maybeIdle();
  }

  #maybeIdle(): void {
    if (this.#onIdle === null) return;
    const busy = this.#writing || this.#markWriting || this.#later.busy;
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
    this.#spaceTimer?.cancel();
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      this.#maybeIdle();
    });
    await this.#supply.close();
    await this.#reader.close();
    this.#later.stop();
    if (this.#failed === null) {
      await this.#later.syncNow();
      const group = this.#markGroup;
      group.begin(this.#segment.header, this.#offset, this.#syncedTo);
      if (this.#offset === SEGMENT_HEADER_BYTES) group.addHardState(this.#hardState);
      group.addMark(FRAME_KIND.close);
      await closeCleanly(this.#maker, {
        segment: this.#segment,
        group,
        offset: this.#offset,
        lastIndex: this.#queue.lastTaken,
      });
    }
    await this.#segment.file.close();
  }
}
