/** The last two steps of an orderly stop: the `close` frame, then the file `clean`. */
import { RaftctlError } from '../../std/errors.ts';
import type { LogIndex } from '../model/ids.ts';
import { CLEAN_MARK_NAME, encodeCleanMark } from './clean-mark.ts';
import { replaceFile, syncFile, writeFile } from './disk-calls.ts';
import { Group } from './group.ts';
import type { LogEnd } from './log-end.ts';
import { FRAME_HEADER_BYTES, FRAME_KIND } from './record.ts';
import type { SegmentMaker } from './segment-files.ts';

/**
 * Afterwards the current segment is durable, and so is the knowledge of where it ends; when the
 * disk has no room for that, the log is left like that of a killed node: whole, one witness fewer.
 * Requires: all other segments are synced.
 *
 * @throws {RaftctlError} DISK_FAILED
 */
export async function closeCleanly(
  maker: SegmentMaker,
  end: LogEnd,
  lastIndex: LogIndex,
): Promise<void> {
  const { header, file } = end.segment;
  const group = new Group(1024);
  end.begin(group);
  group.addMark(FRAME_KIND.close);
  // Room for a later roll must stay; the file `clean` alone says enough when there is none.
  const fits = group.offset + FRAME_HEADER_BYTES <= header.size;
  const chunks = fits ? group.chunks() : [];
  await writeFile(file, chunks, { offset: end.offset, sync: true });
  await syncFile(file);
  const mark = encodeCleanMark({
    cluster: maker.cluster,
    member: maker.member,
    end: fits ? group.position : end.position,
    lastIndex,
  });
  try {
    await replaceFile(maker.disk, maker.directory, CLEAN_MARK_NAME, mark);
  } catch (error) {
    if (!(error instanceof RaftctlError) || error.code !== 'DISK_FULL') throw error;
  }
}
