/** What an open log is made of: the outcome of its recovery, and its surroundings. */
import type { LogBase } from '../model/log-write.ts';
import type { Clock } from '../ports/clock.ts';
import type { DiskSpace } from '../ports/disk.ts';
import type { FsyncMode, RecoveredLog } from '../ports/log-store.ts';
import type { BatchIndex } from './log-index.ts';
import type { SegmentHeader } from './segment.ts';
import type { OpenSegment, SegmentMaker } from './segment-files.ts';
import type { SegmentSupply, SegmentSupplyEvents } from './segment-supply.ts';

export interface FileLogComponents {
  readonly maker: SegmentMaker;
  readonly clock: Clock;
  readonly makeSupply: (events: SegmentSupplyEvents) => SegmentSupply;
}

export interface FileLogInit {
  readonly fsync: FsyncMode;
  readonly recovered: RecoveredLog;
  /** To be written before anything else. */
  readonly reset: LogBase | null;
  readonly index: BatchIndex;
  /** Segments up to and with the current one. */
  readonly segments: SegmentHeader[];
  readonly current: OpenSegment;
  /** Where the next frame goes. Everything before it is durable. */
  readonly offset: number;
  readonly space: DiskSpace;
  readonly onSyncTimed: ((durationMs: number) => void) | null;
}
