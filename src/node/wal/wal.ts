/**
 * The log on disk: front door. `formatLog` makes the log of a new member, `openLog` recovers it and
 * hands out a LogStore. The format, and what each kind of damage means, is docs/wal-format.md; the
 * rules are pure (record, segment, recovery), this file only carries bytes between them and the
 * disk.
 */
import { assert } from '../../std/assert.ts';
import { zeroBytes } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { Log } from '../../std/log.ts';
import type { Prng } from '../../std/prng.ts';
import type { Batch } from '../model/batch.ts';
import { type HardState, INITIAL_HARD_STATE } from '../model/hard-state.ts';
import type { ClusterId, MemberNumber } from '../model/ids.ts';
import type { LogBase } from '../model/log-write.ts';
import type { Clock } from '../ports/clock.ts';
import type { Disk } from '../ports/disk.ts';
import type { FsyncMode, LogStore } from '../ports/log-store.ts';
import { CLEAN_MARK_NAME } from './clean-mark.ts';
import { syncFile, writeFile } from './disk-calls.ts';
import { FileLog } from './file-log.ts';
import { Group } from './group.ts';
import { loadLog } from './load.ts';
import { FRAME_KIND } from './record.ts';
import type { Recovered } from './recovery.ts';
import { SEGMENT_BYTES_MIN, SEGMENT_HEADER_BYTES, segmentSequence } from './segment.ts';
import {
  makeSegment,
  type OpenSegment,
  planSegment,
  type SegmentMaker,
  segmentPath,
} from './segment-files.ts';
import { SegmentSupply } from './segment-supply.ts';

export const SEGMENT_BYTES_DEFAULT = 16 * 1024 * 1024;
export const TAIL_BYTES_DEFAULT = 64 * 1024 * 1024;

/** What a log begins behind, and what its member has promised by then. */
export interface LogBegin extends LogBase {
  /** Default: it has not voted in the term of that entry. */
  readonly hardState?: HardState;
}

export interface FormatLogInit {
  readonly disk: Disk;
  /** Holds the log and nothing else; created with its parents. */
  readonly directory: string;
  readonly cluster: ClusterId;
  readonly member: MemberNumber;
  /**
   * Entry 1, see model/membership.ts; or what the log begins behind: a snapshot, already durable,
   * holds that entry.
   */
  readonly founding: Batch | LogBegin;
  readonly random: Prng;
  /** Size segments grow to. Default 16 MiB. */
  readonly segmentBytes?: number;
}

export interface OpenLogInit {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** Draws the salts of new segments: must differ from life to life. */
  readonly random: Prng;
  readonly directory: string;
  readonly cluster: ClusterId;
  readonly member: MemberNumber;
  /** The newest durable snapshot; default: there is none. */
  readonly snapshot?: LogBase | null;
  /** Default `always`. */
  readonly fsync?: FsyncMode;
  /** Size segments grow to. Default 16 MiB. */
  readonly segmentBytes?: number;
  /** How much of the newest log `recovered.tail` may hold. Default 64 MiB. */
  readonly tailBytesMax?: number;
  /** Told how long each sync took. */
  readonly onSyncTimed?: (durationMs: number) => void;
}

/**
 * Makes the log of a new member: entry 1 in term 1, or no entry behind a snapshot's; no vote.
 * Afterwards it is durable, directories included.
 *
 * @throws {RaftctlError} DATA_DIR_FORMATTED when the directory holds a log already; DISK_FULL,
 *   DISK_FAILED.
 */
export async function formatLog(init: FormatLogInit): Promise<void> {
  const { disk, directory, founding } = init;
  await disk.makeDirectory(directory);
  const names = await disk.list(directory);
  if (names.some((name) => segmentSequence(name) !== null)) {
    throw new RaftctlError('DATA_DIR_FORMATTED', {
      message: `Cannot format ${directory} as it already holds a log`,
      hint: 'Start the node as it is, or choose another directory',
    });
  }
  await removeTemporaryFiles(disk, directory, names);
  const maker = makerOf(init);
  const batchBytes = 'bytes' in founding ? founding.bytes.length : 0;
  const header = planSegment(maker, null, batchBytes + SEGMENT_BYTES_MIN);
  const group = new Group(SEGMENT_BYTES_MIN);
  group.begin(header, SEGMENT_HEADER_BYTES, 0);
  addBegin(group, founding);
  // The file gets its name only once all of it is durable, so it may say so itself.
  const witness = new Group(SEGMENT_BYTES_MIN);
  witness.begin(header, group.offset, group.position);
  witness.addMark(FRAME_KIND.synced);
  const segment = await makeSegment(maker, header, [...group.chunks(), ...witness.chunks()]);
  await segment.file.close();
}

function addBegin(group: Group, begin: Batch | LogBegin): void {
  if ('bytes' in begin) {
    assert(begin.first === 1 && begin.last === 1, 'the founding batch is entry 1');
    group.addHardState(INITIAL_HARD_STATE);
    group.addBatch(begin);
    return;
  }
  const { hardState = { term: begin.term, vote: 0 } } = begin;
  assert(hardState.term >= begin.term, 'no entry is of a term that was never entered');
  group.addHardState(hardState);
  group.addReset({ index: begin.index, term: begin.term });
}

/**
 * Recovers the log and repairs a torn tail. Afterwards everything in `recovered` is durable, and
 * what was cut off can never come back.
 *
 * A log that does not hold the entry of the snapshot begins anew behind it.
 *
 * @throws {RaftctlError} WAL_CORRUPT when bytes that were durable are lost, or no snapshot holds
 *   what is gone from its beginning: this node must not vote. FORMAT_UNSUPPORTED when a newer
 *   program wrote it. DATA_DIR_EMPTY when there is no log. DISK_FULL, DISK_FAILED.
 */
export async function openLog(init: OpenLogInit): Promise<LogStore> {
  const { disk, directory, log } = init;
  const names = await disk.list(directory);
  const recovered = await loadLog(disk, directory, {
    cluster: init.cluster,
    member: init.member,
    tailBytesMax: init.tailBytesMax ?? TAIL_BYTES_DEFAULT,
    snapshot: init.snapshot ?? null,
  });
  const { end } = recovered;
  if (end.residueEnd > end.offset) {
    log.warn(
      { segment: end.sequence, offset: end.offset, bytes: end.residueEnd - end.offset },
      `cut a torn tail off the log, none of it was ever reported durable (${end.reason})`,
    );
  }
  await removeTemporaryFiles(disk, directory, names);
  const { current, next } = await repair(disk, directory, recovered);
  if (names.includes(CLEAN_MARK_NAME)) {
    await disk.remove(`${directory}/${CLEAN_MARK_NAME}`);
    await disk.syncDirectory(directory);
  }
  const maker = makerOf(init);
  const { clock } = init;
  return new FileLog(
    {
      maker,
      clock,
      makeSupply: (events) => new SegmentSupply({ maker, clock, log }, { next, events }),
    },
    {
      fsync: init.fsync ?? 'always',
      recovered: recovered.log,
      reset: recovered.reset,
      index: recovered.index,
      segments: recovered.segments.filter((s) => s.sequence <= end.sequence),
      current,
      offset: end.offset,
      space: await disk.space(directory),
      onSyncTimed: init.onSyncTimed ?? null,
    },
  );
}

function makerOf(init: FormatLogInit | OpenLogInit): SegmentMaker {
  const { disk, directory, cluster, member, random } = init;
  const segmentBytes = init.segmentBytes ?? SEGMENT_BYTES_DEFAULT;
  assert(segmentBytes >= SEGMENT_BYTES_MIN, `segments of ${segmentBytes} bytes are too small`);
  return { disk, directory, cluster, member, random, segmentBytes };
}

async function removeTemporaryFiles(
  disk: Disk,
  directory: string,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    if (name.endsWith('.tmp')) await disk.remove(`${directory}/${name}`);
  }
}

/**
 * Makes the files what `recovered` says: zeros behind the end, no used segment behind the last one,
 * everything before the end durable.
 */
async function repair(
  disk: Disk,
  directory: string,
  recovered: Recovered,
): Promise<{ current: OpenSegment; next: OpenSegment | null }> {
  const { end, segments, syncedTo } = recovered;
  const behind = segments.filter((s) => s.sequence > end.sequence);
  const kept = behind[0]?.blank === true ? behind[0] : null;
  // From the last to the first, each for good, so that a crash in between leaves no gap.
  for (const segment of [...behind].reverse()) {
    if (segment === kept) continue;
    await disk.remove(segmentPath(directory, segment.sequence));
    await disk.syncDirectory(directory);
  }
  for (const segment of segments) {
    const last = segment.base + segment.size;
    if (segment.sequence >= end.sequence || last <= syncedTo) continue;
    const file = await disk.open(segmentPath(directory, segment.sequence), { create: false });
    await syncFile(file);
    await file.close();
  }
  const header = segments.find((s) => s.sequence === end.sequence);
  assert(header !== undefined, 'a log ends in one of its segments');
  const file = await disk.open(segmentPath(directory, end.sequence), { create: false });
  const residue = zeroBytes(end.residueEnd - end.offset);
  if (residue.length > 0) await writeFile(file, [residue], { offset: end.offset, sync: false });
  await syncFile(file);
  // A killed process may have renamed or removed without having synced.
  await disk.syncDirectory(directory);
  if (kept === null) return { current: { header, file }, next: null };
  const nextFile = await disk.open(segmentPath(directory, kept.sequence), { create: false });
  return { current: { header, file }, next: { header: kept, file: nextFile } };
}
