/** The last two steps of an orderly stop: the `close` frame, then the file `clean`. */

import type { LogIndex } from '../model/ids.ts';
import { CLEAN_MARK_NAME, encodeCleanMark } from './clean-mark.ts';
import { replaceFile, syncFile, writeFile } from './disk-calls.ts';
import type { Group } from './group.ts';
import { FRAME_HEADER_BYTES } from './record.ts';
import type { OpenSegment, SegmentMaker } from './segment-files.ts';

/**
 * Afterwards everything in the current segment is durable, and so is the knowledge of where it ends.
 * Requires: all other segments are synced.
 */
export async function closeCleanly(
  maker: SegmentMaker,
  init: {
    readonly segment: OpenSegment;
    /** Holds the `close` frame. */
    readonly group: Group;
    readonly offset: number;
    readonly lastIndex: LogIndex;
  },
): Promise<void> {
  const { header, file } = init.segment;
  // Room for a later roll must stay; the mark alone says enough when there is none.
  const fits = init.group.offset + FRAME_HEADER_BYTES <= header.size;
  const chunks = fits ? init.group.chunks() : [];
  await writeFile(file, chunks, { offset: init.offset, sync: true });
  await syncFile(file);
  const mark = encodeCleanMark({
    cluster: maker.cluster,
    member: maker.member,
    end: header.base + (fits ? init.group.offset : init.offset),
    lastIndex: init.lastIndex,
  });
  await replaceFile(maker.disk, maker.directory, CLEAN_MARK_NAME, mark);
}
