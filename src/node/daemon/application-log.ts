/**
 * The application log of raft-demo's programs: a file of records that grows with every command
 * that is applied, `u32 length, big endian, and a Command with its index`. It is never synced, as
 * the log of the consensus is, but before a snapshot is taken: what that holds is not applied
 * again. After a restart entries are applied again; those the file has are skipped, and a last
 * record that is cut off is cut away.
 */
import { readSync } from 'node:fs';
import { allocBytes, type Bytes, concatBytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import type { Log } from '../../std/log.ts';
import { DemoScanner, RECORD_HEAD_BYTES } from '../../wire/dialects/raft-demo-command.ts';
import type { RecordSink } from '../apps/logged-machine.ts';
import type { Interval } from './log-marks.ts';
import { ToldFile, type WholeEnd } from './told-file.ts';

const CHUNK_BYTES = 1024 * 1024;
/** Longer ones nobody writes: the file is damaged. */
const RECORD_BYTES_MAX = 4 * 1024 * 1024;

export interface ApplicationLogInit {
  readonly path: string;
  /** Every write is synced: raft-demo's mode for catastrophic faults. */
  readonly sync: boolean;
  readonly log: Log;
  readonly onFailed: (error: RaftctlError) => void;
}

/** A record as it lies in the file. */
export interface RecordPlace {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

export class ApplicationLog implements RecordSink {
  /** Commands that were told since the start. */
  appended = 0;
  readonly #log: Log;
  readonly #file: ToldFile;

  /** @throws {RaftctlError} DISK_FAILED when the file cannot be opened or read. */
  constructor({ path, sync, log, onFailed }: ApplicationLogInit) {
    this.#log = log;
    this.#file = new ToldFile({ path, what: 'application log', sync, findEnd, onFailed });
  }

  get path(): string {
    return this.#file.path;
  }

  get lastIndex(): number {
    return this.#file.lastIndex;
  }

  /** What is in the file now. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** Entries that came as a snapshot: of what they did the file has nothing. */
  get lacks(): readonly Interval[] {
    return this.#file.lacks;
  }

  append(index: number, records: Bytes): void {
    this.#file.lastIndex = index;
    if (records.length === 0) return;
    this.appended += 1;
    this.#file.append(records);
  }

  skipTo(index: number): void {
    if (index <= this.lastIndex) return;
    const missing = `${this.lastIndex + 1} to ${index}`;
    this.#log.warn(
      { file: this.path, missing },
      'entries came as a snapshot: the application log lacks them',
    );
    this.#file.skipTo(index);
  }

  keep(index: number): void {
    this.#file.keep(index);
  }

  flush(): void {
    this.#file.flush();
  }

  /** The records of a range of indexes, in order. */
  places(): Iterable<RecordPlace> {
    return placesIn(this.#file.fd, this.bytes);
  }

  read(start: number, end: number): Bytes {
    return this.#file.read(start, end);
  }

  /** Drops all records up to this index. @returns how many bytes that were. */
  dropThrough(index: number): number {
    let from = this.bytes;
    for (const place of this.places()) {
      if (place.index <= index) continue;
      from = place.start;
      break;
    }
    if (from > 0) this.#file.dropBefore(from, index);
    return from;
  }

  close(): void {
    this.#file.close();
  }
}

/** The last entry may have had more records: it is applied again, and told again. */
function findEnd(fd: number, size: number, through: number): WholeEnd {
  let whole: WholeEnd = { index: 0, end: 0 };
  let last: RecordPlace = { index: 0, start: 0, end: 0 };
  for (const place of placesIn(fd, size)) {
    if (place.index !== last.index) whole = { index: last.index, end: last.end };
    last = place;
  }
  return last.index <= through ? { index: last.index, end: last.end } : whole;
}

/** All whole records up to the first that is none. */
function* placesIn(fd: number, size: number): Iterable<RecordPlace> {
  const scanner = new DemoScanner();
  let buffer = allocBytes(CHUNK_BYTES);
  let from = 0;
  let have = 0;
  for (;;) {
    let at = 0;
    while (at + RECORD_HEAD_BYTES <= have) {
      const length = buffer.readUInt32BE(at);
      if (length > RECORD_BYTES_MAX) return;
      const end = at + RECORD_HEAD_BYTES + length;
      if (end > have) break;
      if (!scanner.scan(buffer, at + RECORD_HEAD_BYTES, end)) return;
      yield { index: scanner.id, start: from + at, end: from + end };
      at = end;
    }
    buffer.copyWithin(0, at, have);
    from += at;
    have -= at;
    if (have === buffer.length) buffer = concatBytes([buffer, allocBytes(buffer.length)]);
    const wanted = Math.min(buffer.length - have, size - from - have);
    const read = wanted > 0 ? readSync(fd, buffer, have, wanted, from + have) : 0;
    if (read === 0) return;
    have += read;
  }
}
