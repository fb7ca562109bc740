/**
 * The file behind an application log, in whichever form: what is told of entries is appended to it,
 * and its marks (log-marks.ts) say beside it what it cannot tell itself. It is synced only before a
 * snapshot is taken, because what that holds is not applied again; after a crash the end is cut
 * back to the last entry that is wholly there, and what came later is applied and told again.
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
import { allocBytes, type Bytes, copyBytes, NO_BYTES } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import { diskFailure, type Interval, LogMarks } from './log-marks.ts';

const COPY_BYTES = 1024 * 1024;
/** What waits to be written lies in one buffer: it begins so large, and is kept up to the other. */
const DUE_BYTES_MIN = 64 * 1024;
const DUE_BYTES_KEPT = 4 * 1024 * 1024;

/** How far a file goes: the end of the last entry that is wholly there, and its index. */
export interface WholeEnd {
  readonly end: number;
  readonly index: number;
}

export interface ToldFileInit {
  readonly path: string;
  /** For messages: `application log`. */
  readonly what: string;
  /** Every write is synced. */
  readonly sync: boolean;
  /** @param through entries up to there were told for good. */
  readonly findEnd: (fd: number, size: number, through: number) => WholeEnd;
  readonly onFailed: (error: RaftctlError) => void;
}

export class ToldFile {
  /** The last entry that was told, or that came as a snapshot. */
  lastIndex: number;
  readonly #init: ToldFileInit;
  readonly #marks: LogMarks;
  #fd: number;
  #bytes: number;
  #due: Bytes = NO_BYTES;
  #dueBytes = 0;

  /** @throws {RaftctlError} DISK_FAILED when the file cannot be opened or read. */
  constructor(init: ToldFileInit) {
    this.#init = init;
    try {
      this.#marks = new LogMarks(init.path, existsSync(init.path));
      const { through } = this.#marks;
      this.#fd = openToAppend(init);
      const { end, index } = init.findEnd(this.#fd, fstatSync(this.#fd).size, through);
      ftruncateSync(this.#fd, end);
      this.#bytes = end;
      this.lastIndex = Math.max(through, index);
    } catch (cause) {
      throw diskFailure(`Cannot open the ${init.what} ${init.path}`, cause);
    }
  }

  get path(): string {
    return this.#init.path;
  }

  get fd(): number {
    return this.#fd;
  }

  /** What is in the file now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Entries that came as a snapshot: of what they did the file has nothing. */
  get lacks(): readonly Interval[] {
    return this.#marks.lacks;
  }

  /** To be written with the next `flush`; `bytes` may change afterwards. */
  append(bytes: Bytes): void {
    const end = this.#dueBytes + bytes.length;
    if (end > this.#due.length) {
      const grown = allocBytes(Math.max(end, this.#due.length * 2, DUE_BYTES_MIN));
      copyBytes(this.#due, 0, this.#dueBytes, grown, 0);
      this.#due = grown;
    }
    copyBytes(bytes, 0, bytes.length, this.#due, this.#dueBytes);
    this.#dueBytes = end;
  }

  /** Writes what was appended: before the clients of a turn are answered. */
  flush(): void {
    const [bytes, size] = [this.#due, this.#dueBytes];
    if (size === 0) return;
    this.#dueBytes = 0;
    if (bytes.length > DUE_BYTES_KEPT) this.#due = NO_BYTES;
    this.#attempt(() => {
      for (let at = 0; at < size; ) {
        at += writeSync(this.#fd, bytes, at, size - at, this.#bytes + at);
      }
      this.#bytes += size;
    });
  }

  /** What was told up to there outlives a crash. */
  keep(index: number): void {
    this.flush();
    this.#attempt(() => {
      fdatasyncSync(this.#fd);
      this.#marks.keep(index);
    });
  }

  /** Entries up to there came as a snapshot. */
  skipTo(index: number): void {
    this.keep(this.lastIndex);
    this.#attempt(() => this.#marks.lack({ first: this.lastIndex + 1, last: index }));
    this.lastIndex = index;
  }

  read(start: number, end: number): Bytes {
    const bytes = allocBytes(end - start);
    const read = readSync(this.#fd, bytes, 0, bytes.length, start);
    return bytes.subarray(0, read);
  }

  /**
   * Drops what lies before `from`, all of which is of entries up to `index`: should nothing be
   * left, the file does not tell any more how far it went.
   */
  dropBefore(from: number, index: number): void {
    this.#marks.keep(Math.min(index, this.lastIndex));
    const temporary = `${this.path}.tmp`;
    const fd = openSync(temporary, 'w+', 0o644);
    for (let at = from; at < this.#bytes; ) {
      const piece = this.read(at, Math.min(this.#bytes, at + COPY_BYTES));
      writeSync(fd, piece, 0, piece.length, at - from);
      at += piece.length;
    }
    renameSync(temporary, this.path);
    closeSync(this.#fd);
    closeSync(fd);
    this.#fd = openToAppend(this.#init);
    this.#bytes -= from;
  }

  close(): void {
    this.keep(this.lastIndex);
    closeSync(this.#fd);
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (cause) {
      const { what, path, onFailed } = this.#init;
      onFailed(diskFailure(`Cannot write the ${what} ${path}`, cause));
    }
  }
}

function openToAppend({ path, sync }: ToldFileInit): number {
  const flags = constants.O_RDWR | constants.O_CREAT | (sync ? constants.O_SYNC : 0);
  return openSync(path, flags, 0o644);
}
