/**
 * Where log lines go: a file or stderr, written in the background, one write under way. A reader
 * of stderr that stands still, a full disk or a broken pipe must cost log lines, never the node:
 * what waits is bounded, what does not fit is counted and told in one line once there is room.
 */
import {
  closeSync,
  fchmodSync,
  fstatSync,
  openSync,
  write as writeAsync,
  writeSync,
} from 'node:fs';
import { RaftctlError, systemCode } from '../../std/errors.ts';

const STDERR = 2;

/** Lines that wait for the operating system; more are dropped. Characters. */
const WAITING_CHARS_MAX = 1024 * 1024;

/** A pipe that is full is asked again after this. */
const RETRY_MS = 50;

/** At the end of the process, a pipe that is full is waited for this long in all. */
const FLUSH_WAIT_MS_MAX = 200;

/** An orderly close waits this long for a write under way. */
const CLOSE_WAIT_MS_MAX = 1000;

export class LogFile {
  readonly #fd: number;
  #waiting = '';
  #writing = false;
  /** Nobody reads any more: everything is dropped without a word. */
  #broken = false;
  #closing = false;
  #onIdle: () => void = () => {};
  #dropped = 0;
  /** Of the dropped, those that the write under way tells of. */
  #told = 0;
  #retryTimer: NodeJS.Timeout | null = null;
  readonly #flushAtExit = (): void => this.flushSync();

  /**
   * @param path null: stderr.
   * @throws {RaftctlError} DISK_FAILED when the file cannot be opened.
   */
  constructor(path: string | null) {
    this.#fd = path === null ? STDERR : openPrivate(path);
    process.on('exit', this.#flushAtExit);
  }

  /** Lines dropped that no written line tells of yet. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes whole lines with their ends. Called by pino. */
  write(line: string): void {
    if (this.#broken || this.#closing) return;
    if (this.#waiting.length + line.length > WAITING_CHARS_MAX) {
      this.#dropped += 1;
      return;
    }
    this.#waiting += line;
    this.#pump();
  }

  /**
   * Hands everything that waits to the operating system before it returns, if that takes it. A
   * write under way is not waited for (the end of the process does that), so its lines may come
   * to lie behind.
   */
  flushSync(): void {
    if (this.#broken) return;
    let bytes = Buffer.from(this.#take());
    const giveUpAtMs = performance.now() + FLUSH_WAIT_MS_MAX;
    while (bytes.length > 0) {
      try {
        bytes = bytes.subarray(writeSync(this.#fd, bytes));
      } catch (error) {
        if (systemCode(error) !== 'EAGAIN' || performance.now() > giveUpAtMs) return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
      }
    }
  }

  /** Writes what waits, in order, and closes. Lines that come later are dropped. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#writing || this.#retryTimer !== null) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_WAIT_MS_MAX);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    process.off('exit', this.#flushAtExit);
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#broken = true;
    // A write that is still stuck uses the number: it is left to the end of the process.
    if (this.#fd !== STDERR && !this.#writing) closeSync(this.#fd);
  }

  #pump(): void {
    if (this.#writing || this.#retryTimer !== null) return;
    if (this.#waiting === '') this.#onIdle();
    else this.#writeOut(Buffer.from(this.#take()));
  }

  #writeOut(bytes: Buffer): void {
    this.#writing = true;
    writeAsync(this.#fd, bytes, 0, bytes.length, null, (error, written) => {
      this.#writing = false;
      if (error !== null) this.#failed(bytes, error);
      else if (written < bytes.length) this.#writeOut(bytes.subarray(written));
      else this.#written();
    });
  }

  #written(): void {
    this.#dropped -= this.#told;
    this.#told = 0;
    this.#pump();
  }

  #failed(bytes: Buffer, error: Error): void {
    const code = systemCode(error);
    if (code === 'EAGAIN') {
      this.#retryTimer = setTimeout(() => {
        this.#retryTimer = null;
        this.#writeOut(bytes);
      }, RETRY_MS);
      return;
    }
    if (code === 'EPIPE' || code === 'EBADF') {
      this.#broken = true;
      this.#waiting = '';
      this.#onIdle();
      return;
    }
    // A full or failing disk: these lines are lost, the next line tries again.
    this.#dropped += countLines(bytes) - (this.#told > 0 ? 1 : 0);
    this.#told = 0;
    if (this.#waiting === '') this.#onIdle();
  }

  #take(): string {
    let text = this.#waiting;
    this.#waiting = '';
    const dropped = this.#dropped;
    if (dropped > this.#told && text !== '') {
      const time = new Date().toISOString();
      const msg = `${dropped} log lines were dropped`;
      text += `${JSON.stringify({ level: 'warn', time, dropped, msg })}\n`;
      this.#told = dropped;
    }
    return text;
  }
}

function openPrivate(path: string): number {
  try {
    const fd = openSync(path, 'a', 0o600);
    // One that was there may be open to others. Never change the mode of a device.
    if (fstatSync(fd).isFile()) fchmodSync(fd, 0o600);
    return fd;
  } catch (cause) {
    throw new RaftctlError('DISK_FAILED', {
      message: `Cannot open the log file ${path}: ${systemCode(cause) ?? 'unknown error'}`,
      hint: 'Check that its folder exists and may be written',
      cause,
    });
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 0x0a) lines += 1;
  return lines;
}
