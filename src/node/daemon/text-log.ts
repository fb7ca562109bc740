/**
 * The same as an application log, as text: a line for each record (wire/dialects/journey-line.ts).
 * Its number is that of the entry, its time the one at which the command entered the log: all
 * loggers of a cluster write the same lines.
 */
import { readSync } from 'node:fs';
import { allocBytes, type Bytes, bytesFrom, latin1Slice } from '../../std/bytes.ts';
import { journeyLine, journeyText } from '../../wire/dialects/journey-line.ts';
import { decodeDemoCommand, RECORD_HEAD_BYTES } from '../../wire/dialects/raft-demo-command.ts';
import type { RecordSink } from '../apps/logged-machine.ts';
import type { ApplicationLogInit } from './application-log.ts';
import { ToldFile, type WholeEnd } from './told-file.ts';

const NEWLINE = 10;
const CHUNK_BYTES = 64 * 1024;
const NUMBER_LENGTH_MAX = 16;

export class TextLog implements RecordSink {
  readonly #file: ToldFile;

  /** @throws {RaftctlError} DISK_FAILED when the file cannot be opened or read. */
  constructor({ path, onFailed }: Omit<ApplicationLogInit, 'sync'>) {
    this.#file = new ToldFile({ path, what: 'text log', sync: false, findEnd, onFailed });
  }

  get lastIndex(): number {
    return this.#file.lastIndex;
  }

  append(index: number, records: Bytes, timeMs: number): void {
    this.#file.lastIndex = index;
    for (let at = 0; at + RECORD_HEAD_BYTES <= records.length; ) {
      const start = at + RECORD_HEAD_BYTES;
      at = start + records.readUInt32BE(at);
      const command = decodeDemoCommand(records, start, at);
      if (command === null) return;
      const { op, key, value } = command;
      const text = bytesFrom(journeyText(op, key, value), 'latin1').toString('utf8');
      const line = { number: index, isRead: op === 'get', text };
      this.#file.append(bytesFrom(journeyLine(line, new Date(timeMs))));
    }
  }

  skipTo(index: number): void {
    if (index > this.lastIndex) this.#file.skipTo(index);
  }

  keep(index: number): void {
    this.#file.keep(index);
  }

  flush(): void {
    this.#file.flush();
  }

  close(): void {
    this.#file.close();
  }
}

/** Where the lines of the last entry end that is wholly there: the very last one may not be. */
function findEnd(fd: number, size: number, through: number): WholeEnd {
  let end = lineEndBefore(fd, size);
  const last = numberAt(fd, lineEndBefore(fd, end - 1), end);
  let number = last;
  while (end > 0 && number === last && last > through) {
    end = lineEndBefore(fd, end - 1);
    number = numberAt(fd, lineEndBefore(fd, end - 1), end);
  }
  return { end, index: number };
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
