/** Lines with their indexes, the oldest of which can go. */
import type { Bytes } from '../../std/bytes.ts';
import type { LogIndex } from '../model/ids.ts';

export interface ChatLine {
  readonly index: LogIndex;
  readonly room: string;
  /** `<index>-<text>` and a line end, as readers get it. */
  readonly bytes: Bytes;
}

/** Lines that went are cut off the array once they are so many. */
const GONE_MAX = 1024;

export class ChatLog {
  /** Lines up to there are not here any more. */
  droppedThrough: LogIndex;
  bytes = 0;
  #lines: ChatLine[] = [];
  #first = 0;

  constructor(droppedThrough: LogIndex = 0) {
    this.droppedThrough = droppedThrough;
  }

  get count(): number {
    return this.#lines.length - this.#first;
  }

  get newest(): LogIndex {
    return this.#lines.at(-1)?.index ?? this.droppedThrough;
  }

  push(line: ChatLine): void {
    this.#lines.push(line);
    this.bytes += line.bytes.length;
  }

  /** Lets the oldest lines go until both bounds hold. */
  trim(linesMax: number, bytesMax: number): void {
    while (this.count > 0 && (this.count > linesMax || this.bytes > bytesMax)) {
      const { index, bytes } = this.#lines[this.#first] as ChatLine;
      this.droppedThrough = index;
      this.bytes -= bytes.length;
      this.#first += 1;
    }
    if (this.#first < GONE_MAX) return;
    this.#lines = this.#lines.slice(this.#first);
    this.#first = 0;
  }

  /** All lines, the oldest first. */
  all(): readonly ChatLine[] {
    return this.#lines.slice(this.#first);
  }

  /** The index behind which the last `count` lines lie. */
  back(count: number): LogIndex {
    const at = this.#lines.length - count - 1;
    return at < this.#first ? this.droppedThrough : (this.#lines[at] as ChatLine).index;
  }

  /**
   * Lines of a room behind `after`, until they are `bytesMax` long.
   * @returns how far was read.
   */
  read(
    range: { readonly room: string; readonly after: LogIndex; readonly bytesMax: number },
    into: Bytes[],
  ): LogIndex {
    let bytes = 0;
    for (let at = this.#behind(range.after); at < this.#lines.length; at += 1) {
      const line = this.#lines[at] as ChatLine;
      if (line.room !== range.room) continue;
      into.push(line.bytes);
      bytes += line.bytes.length;
      if (bytes >= range.bytesMax) return line.index;
    }
    return Math.max(this.newest, range.after);
  }

  /** Where the first line behind `index` lies. */
  #behind(index: LogIndex): number {
    let low = this.#first;
    let high = this.#lines.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#lines[middle] as ChatLine).index <= index) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
