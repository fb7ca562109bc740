/** From the queue into a group: as much as fits the current segment, up to a good size. Pure. */
import type { Group } from './group.ts';
import { type LogEnd, SEGMENT_OVERHEAD_BYTES } from './log-end.ts';
import type { BatchIndex } from './log-index.ts';
import { batchFrameSize, frameSize, HARD_STATE_BODY_BYTES, RESET_BODY_BYTES } from './record.ts';
import type { WriteQueue } from './write-queue.ts';

/** A group is closed once it has this many bytes. Soft: one batch may overshoot. */
const GROUP_BYTES_TARGET = 4 * 1024 * 1024;
const HARD_STATE_BYTES = frameSize(HARD_STATE_BODY_BYTES);
const RESET_BYTES = frameSize(RESET_BODY_BYTES);

/**
 * Adds what is queued to a group that was begun at the end of the log, and notes where it will lie.
 * @returns the bytes a new segment needs for what did not fit; 0: the segment has room.
 */
export function fillGroup(
  group: Group,
  from: { readonly queue: WriteQueue; readonly end: LogEnd; readonly index: BatchIndex },
): number {
  const { queue, end, index } = from;
  for (; !queue.empty; queue.finishHead()) {
    const state = queue.hardState;
    if (state !== null) {
      if (!end.fits(group, HARD_STATE_BYTES)) return SEGMENT_OVERHEAD_BYTES;
      group.addHardState(state);
      end.hardState = state;
      queue.takeHardState();
    }
    const { reset } = queue;
    if (reset !== null) {
      if (!end.fits(group, RESET_BYTES)) return RESET_BYTES + SEGMENT_OVERHEAD_BYTES;
      index.reset(group.position);
      group.addReset(reset);
      queue.takeReset();
    }
    for (let batch = queue.batch; batch !== null; batch = queue.batch) {
      const size = batchFrameSize(batch);
      if (!end.fits(group, size)) return size + SEGMENT_OVERHEAD_BYTES;
      index.add(batch.first, group.position, batch.first <= queue.lastTaken);
      group.addBatch(batch);
      queue.takeBatch();
      if (group.byteLength >= GROUP_BYTES_TARGET && queue.batch !== null) return 0;
    }
    if (group.byteLength >= GROUP_BYTES_TARGET) {
      queue.finishHead();
      return 0;
    }
  }
  return 0;
}
