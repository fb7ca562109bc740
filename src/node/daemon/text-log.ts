/**
 * The same as an application log, as text: a line for each record (wire/dialects/journey-line.ts).
 * Its number is that of the entry, its time the one at which the command entered the log: all
 * loggers of a cluster write the same lines.
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
  writeSync,
} from 'node:fs';
import { allocBytes, type Bytes, bytesFrom, latin1Slice } from '../../std/bytes.ts';
import { journeyLine, journeyText } from '../../wire/dialects/journey-line.ts';
import { decodeDemoCommand, RECORD_HEAD_BYTES } from '../../wire/dialects/raft-demo-command.ts';
import type { RecordSink } from '../apps/logged-machine.ts';
import type { ApplicationLogInit } from './application-log.ts';
import { diskFailure, LogMarks } from './log-marks.ts';

const NEWLINE = 10;
const CHUNK_BYTES = 64 * 1024;
const NUMBER_LENGTH_MAX = 16;

export class TextLog implements RecordSink {
  readonly #init: Omit<ApplicationLogInit, 'sync'>;
  readonly #marks: LogMarks;
  readonly #fd: number;
  #lastIndex: number;
  #bytes: number;
  #due: string[] = [];

  /** @throws {RaftctlError} DISK_FAILED when the file cannot be opened or read. */
  constructor(init: Omit<ApplicationLogInit, 'sync'>) {
    this.#init = init;
    try {
      this.#marks = new LogMarks(init.path, existsSync(init.path));
      this.#fd = openSync(init.path, constants.O_RDWR | constants.O_CREAT, 0o644);
      const { end, number } = lastWhole(this.#fd, this.#marks.through);
      ftruncateSync(this.#fd, end);
      this.#bytes = end;
      this.#lastIndex = Math.max(this.#marks.through, number);
    } catch (cause) {
      throw diskFailure(`Cannot open the text log ${init.path}`, cause);
    }
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  append(index: number, records: Bytes, timeMs: number): void {
    this.#lastIndex = index;
    for (let at = 0; at + RECORD_HEAD_BYTES <= records.length; ) {
      const start = at + RECORD_HEAD_BYTES;
      at = start + records.readUInt32BE(at);
      const command = decodeDemoCommand(records, start, at);
      if (command === null) return;
      const { op, key, value } = command;
      const text = bytesFrom(journeyText(op, key, value), 'latin1').toString('utf8');
      const line = { number: index, isRead: op === 'get', text };
      this.#due.push(journeyLine(line, new Date(timeMs)));
    }
  }

  skipTo(index: number): void {
    if (index <= this.#lastIndex) return;
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

  flush(): void {
    if (this.#due.length === 0) return;
    const bytes = bytesFrom(this.#due.join(''));
    this.#due = [];
    this.#attempt(() => {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#bytes + at);
      }
      this.#bytes += bytes.length;
    });
  }

  close(): void {
    this.keep(this.#lastIndex);
    closeSync(this.#fd);
  }

  #attempt(write: () => void): void {
    try {
      write();
    } catch (cause) {
      this.#init.onFailed(diskFailure(`Cannot write the text log ${this.#init.path}`, cause));
    }
  }
}

/** Where the lines of the last entry end that is wholly there: the very last one may not be. */
function lastWhole(fd: number, kept: number): { readonly end: number; readonly number: number } {
  let end = lineEndBefore(fd, fstatSync(fd).size);
  const last = numberAt(fd, lineEndBefore(fd, end - 1), end);
  let number = last;
  while (end > 0 && number === last && last > kept) {
    end = lineEndBefore(fd, end - 1);
    number = numberAt(fd, lineEndBefore(fd, end - 1), end);
  }
  return { end, number };
}

/** Where the last line ends that lies wholly before `end`; 0: none does. */
function lineEndBefore(fd: number, end: number): number {
  const chunk = allocBytes(CHUNK_BYTES);
  for (let to = end; to > 0; ) {
    const from = Math.max(0, to - CHUNK_BYTES);
    const read = readSync(fd, chunk, 0, to - from, from);
    const at = chunk.subarray(0, read).lastIndexOf(NEWLINE);
    if (at >= 0) return from + at + 1;
    to = from;
  }
  return 0;
}

/** The number that a line begins with; 0: there is none. */
function numberAt(fd: number, start: number, end: number): number {
  const bytes = allocBytes(Math.max(0, Math.min(end - start, NUMBER_LENGTH_MAX)));
  const read = readSync(fd, bytes, 0, bytes.length, start);
  return Number.parseInt(latin1Slice(bytes, 0, read), 10) || 0;
}
