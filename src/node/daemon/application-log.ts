/**
 * The application log of raft-demo's programs: a file of records that grows with every command
 * that is applied, `u32 length, big endian, and a Command with its index`. It is never synced, as
 * the log of the consensus is, but before a snapshot is taken: what that holds is not applied
 * again. After a restart entries are applied again; those the file has are skipped, and a last
 * record that is cut off is cut away.
 */
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { allocBytes, type Bytes, concatBytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import type { Log } from '../../std/log.ts';
import { DemoScanner, RECORD_HEAD_BYTES } from '../../wire/dialects/raft-demo-command.ts';
import type { RecordSink } from '../apps/logged-machine.ts';
import { diskFailure, type Interval, LogMarks } from './log-marks.ts';

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
  readonly #init: ApplicationLogInit;
  readonly #marks: LogMarks;
  #fd: number;
  #bytes = 0;
  #lastIndex = 0;
  #due: Bytes[] = [];

  /** @throws {RaftctlError} DISK_FAILED when the file cannot be opened or read. */
  constructor(init: ApplicationLogInit) {
    this.#init = init;
    try {
      this.#marks = new LogMarks(init.path, existsSync(init.path));
      this.#lastIndex = this.#marks.through;
      this.#fd = openForAppend(init);
      this.#keepWhole(fstatSync(this.#fd).size);
      ftruncateSync(this.#fd, this.#bytes);
    } catch (cause) {
      throw diskFailure(`Cannot open the application log ${init.path}`, cause);
    }
  }

  /** The last entry may have had more records: it is applied again, and told again. */
  #keepWhole(size: number): void {
    let last: RecordPlace = { index: 0, start: 0, end: 0 };
    for (const place of placesIn(this.#fd, size)) {
      if (place.index !== last.index) {
        this.#lastIndex = Math.max(this.#lastIndex, last.index);
        this.#bytes = last.end;
      }
      last = place;
    }
    if (last.index <= this.#marks.through) this.#bytes = last.end;
  }

  get path(): string {
    return this.#init.path;
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** What is in the file now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Entries that came as a snapshot: of what they did the file has nothing. */
  get lacks(): readonly Interval[] {
    return this.#marks.lacks;
  }

  append(index: number, records: Bytes): void {
    this.#lastIndex = index;
    if (records.length === 0) return;
    this.appended += 1;
    this.#due.push(records);
  }

  skipTo(index: number): void {
    if (index <= this.#lastIndex) return;
    const { log, path } = this.#init;
    const missing = `${this.#lastIndex + 1} to ${index}`;
    log.warn({ file: path, missing }, 'entries came as a snapshot: the application log lacks them');
    this.keep(this.#lastIndex);
    this.#attempt(() => this.#marks.lack({ first: this.#lastIndex + 1, last: index }));
    this.#lastIndex = index;
  }

  keep(index: number): void {
    this.flush();
    this.#attempt(() => {
      fdatasyncSync(this.#fd);
      this.#marks.keep(index);
    });
  }

  /** Writes what was appended: before the clients of a turn are answered. */
  flush(): void {
    if (this.#due.length === 0) return;
    const records = concatBytes(this.#due);
    this.#due = [];
    this.#attempt(() => {
      for (let at = 0; at < records.length; ) {
        at += writeSync(this.#fd, records, at, records.length - at, this.#bytes + at);
      }
      this.#bytes += records.length;
    });
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (cause) {
      this.#init.onFailed(diskFailure(`Cannot write the application log ${this.path}`, cause));
    }
  }

  /** The records of a range of indexes, in order. */
  places(): Iterable<RecordPlace> {
    return placesIn(this.#fd, this.#bytes);
  }

  read(start: number, end: number): Bytes {
    const bytes = allocBytes(end - start);
    const read = readSync(this.#fd, bytes, 0, bytes.length, start);
    return bytes.subarray(0, read);
  }

  /** Drops all records up to this index. @returns how many bytes that were. */
  dropThrough(index: number): number {
    let from = this.#bytes;
    for (const place of this.places()) {
      if (place.index <= index) continue;
      from = place.start;
      break;
    }
    if (from === 0) return 0;
    // Should nothing be left, the file does not tell any more how far it went.
    this.#marks.keep(Math.min(index, this.#lastIndex));
    const temporary = `${this.path}.tmp`;
    const fd = openSync(temporary, 'w+', 0o644);
    for (let at = from; at < this.#bytes; ) {
      const piece = this.read(at, Math.min(this.#bytes, at + CHUNK_BYTES));
      writeSync(fd, piece, 0, piece.length, at - from);
      at += piece.length;
    }
    renameSync(temporary, this.path);
    closeSync(this.#fd);
    closeSync(fd);
    this.#fd = openForAppend(this.#init);
    this.#bytes -= from;
    return from;
  }

  close(): void {
    this.keep(this.#lastIndex);
    closeSync(this.#fd);
  }
}

function openForAppend({ path, sync }: ApplicationLogInit): number {
  const flags = constants.O_RDWR | constants.O_CREAT | (sync ? constants.O_SYNC : 0);
  return openSync(path, flags, 0o644);
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
