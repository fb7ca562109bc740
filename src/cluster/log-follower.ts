/** Reads lines as they are appended to log files; those found together are put in order of time. */

import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { timeOfLine } from './log-line.ts';

export interface FollowedFile {
  readonly id: string;
  readonly path: string;
  /** Where to begin. Bytes. */
  readonly offset: number;
}

const POLL_MS = 100;
/** Read at a time; a line over this is cut. Bytes. */
const READ_BYTES = 256 * 1024;

export class LogFollower {
  readonly #files: readonly FileTail[];
  readonly #onLine: (id: string, line: string) => void;

  constructor(files: readonly FollowedFile[], onLine: (id: string, line: string) => void) {
    this.#files = files.map((file) => new FileTail(file));
    this.#onLine = onLine;
  }

  /** Reads what is there now. */
  async drain(): Promise<void> {
    const found: { id: string; line: string; time: number }[] = [];
    for (const file of this.#files) {
      let time = 0;
      await file.drain((line) => {
        // A line without a time belongs to the one before it.
        time = timeOfLine(line) ?? time;
        found.push({ id: file.id, line, time });
      });
    }
    found.sort((a, b) => a.time - b.time);
    for (const { id, line } of found) this.#onLine(id, line);
  }

  /** Goes on reading until told to stop; what is there by then is read. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.drain();
      await sleep(POLL_MS, undefined, { signal }).catch(() => {});
    }
    await this.drain();
  }
}

class FileTail {
  readonly id: string;
  readonly #path: string;
  #offset: number;
  #rest = '';
  #decoder = new StringDecoder('utf8');

  constructor(file: FollowedFile) {
    this.id = file.id;
    this.#path = file.path;
    this.#offset = file.offset;
  }

  async drain(onLine: (line: string) => void): Promise<void> {
    const file = await open(this.#path, 'r').catch(() => null);
    if (file === null) return;
    try {
      const { size } = await file.stat();
      if (size < this.#offset) this.#offset = 0; // Cut or made anew.
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(1, size - this.#offset)));
      while (this.#offset < size) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
        if (bytesRead === 0) break;
        this.#offset += bytesRead;
        this.#take(this.#decoder.write(buffer.subarray(0, bytesRead)), onLine);
      }
    } finally {
      await file.close();
    }
  }

  #take(text: string, onLine: (line: string) => void): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, READ_BYTES);
    for (const line of lines) if (line !== '') onLine(line);
  }
}
