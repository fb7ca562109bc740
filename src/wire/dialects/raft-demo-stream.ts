/**
 * Cuts what a client of raft-demo sends into messages. Its three generations share a port:
 *
 * ```
 *  A   get-<key>, set-<key>-<value>, delete-<key>                       text, one line each
 *  B   <udp port>-get-<key>, <udp port>-set-<key>-<value>, ...          the same with a port
 *  C   a serialised Command and a newline                               see raft-demo-command.ts
 * ```
 * The first byte of a message tells C from text. Inside C a newline may be data, a length or a tag:
 * only where a field would begin it can be nothing but the end (it would be field 1 as a text, and
 * that is a number). So C is walked field by field, and no key or value is cut in two.
 */
import { type Bytes, concatBytes, latin1Slice, NO_BYTES } from '../../std/bytes.ts';
import { type DemoCommand, type DemoOp, decodeDemoCommand } from './raft-demo-command.ts';

export type DemoGeneration = 'A' | 'B' | 'C';

export type DemoMessage =
  | {
      readonly type: 'command';
      readonly generation: DemoGeneration;
      /** Empty in A: its answer goes over the connection. */
      readonly command: DemoCommand;
    }
  /** A line that is no command. */
  | { readonly type: 'nonsense' }
  /** Bytes that are no message: they were skipped, up to a newline. */
  | { readonly type: 'garbage' };

const LF = 10;
/** Of a command: a text field, a number, and what it is called by. */
const TEXT_TAGS = new Set([0x12, 0x22, 0x2a]);
const NUMBER_TAGS = new Set([0x08, 0x18]);
/** More than any message that could be stored. */
const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;

const LINE = /^(?:(\d{1,5})-)?(get|set|delete)-/i;

/** Whether a connection that begins so speaks C. */
export function isDemoTag(byte: number): boolean {
  return TEXT_TAGS.has(byte) || NUMBER_TAGS.has(byte);
}

/** Whether a line is a command of A or B, as far as its beginning tells. */
export function isDemoLine(line: string): boolean {
  return LINE.test(line);
}

export class DemoStream {
  #bytes: Bytes = NO_BYTES;
  #at = 0;
  /** How far the message at `#at` was looked at without finding its end. */
  #seen = 0;

  push(chunk: Bytes): void {
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes = rest.length === 0 ? chunk : concatBytes([rest, chunk]);
    this.#seen = Math.max(0, this.#seen - this.#at);
    this.#at = 0;
  }

  /** Bytes that wait for the rest of their message. */
  get waitingBytes(): number {
    return this.#bytes.length - this.#at;
  }

  /** What no message can be so long as. */
  get overflows(): boolean {
    return this.waitingBytes > MESSAGE_BYTES_MAX;
  }

  /** @returns null when more bytes are needed. */
  next(): DemoMessage | null {
    while (this.#at < this.#bytes.length) {
      const first = this.#bytes[this.#at] as number;
      const message = isDemoTag(first) ? this.#nextCommand() : this.#nextLine();
      if (message !== 'empty') return message;
    }
    return null;
  }

  #nextLine(): DemoMessage | 'empty' | null {
    const start = this.#at;
    const end = this.#bytes.indexOf(LF, Math.max(start, this.#seen));
    if (end < 0) {
      this.#seen = this.#bytes.length;
      return null;
    }
    this.#go(end + 1);
    if (end === start) return 'empty';
    return parseDemoLine(latin1Slice(this.#bytes, start, end));
  }

  #nextCommand(): DemoMessage | null {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    while (at < bytes.length) {
      const tag = bytes[at] as number;
      if (tag === LF) {
        this.#go(at + 1);
        const command = decodeDemoCommand(bytes, start, at);
        return command === null
          ? { type: 'garbage' }
          : { type: 'command', generation: 'C', command };
      }
      const end = fieldEnd(bytes, at);
      if (end === WRONG) return this.#skip(at);
      if (end === MORE || end > bytes.length) return null;
      at = end;
    }
    return null;
  }

  /** Gives up on what lies here: the next message begins behind the next newline. */
  #skip(from: number): DemoMessage | null {
    const end = this.#bytes.indexOf(LF, Math.max(from, this.#seen));
    if (end < 0) {
      this.#seen = this.#bytes.length;
      return null;
    }
    this.#go(end + 1);
    return { type: 'garbage' };
  }

  #go(at: number): void {
    this.#at = at;
    this.#seen = at;
  }
}

const MORE = -1;
const WRONG = -2;

/** @returns where the field at `at` ends, which may be behind what is there; MORE, WRONG. */
function fieldEnd(bytes: Bytes, at: number): number {
  const tag = bytes[at] as number;
  if (!isDemoTag(tag)) return WRONG;
  let value = 0;
  for (let i = 0; i < 8; i += 1) {
    const byte = bytes[at + 1 + i];
    if (byte === undefined) return MORE;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    const end = at + 2 + i;
    if (NUMBER_TAGS.has(tag)) return end;
    return value > MESSAGE_BYTES_MAX ? WRONG : end + value;
  }
  return WRONG;
}

/** One line of A or B, without its newline. The value is all behind the dash before it. */
export function parseDemoLine(line: string): DemoMessage {
  const match = LINE.exec(line);
  if (match === null) return { type: 'nonsense' };
  const [head, ip = '', name = ''] = match;
  if (ip !== '' && (Number(ip) < 1 || Number(ip) > 65_535)) return { type: 'nonsense' };
  const op = name.toLowerCase() as DemoOp;
  const rest = line.slice(head.length);
  const dash = rest.indexOf('-');
  if (op === 'set' && dash < 0) return { type: 'nonsense' };
  const key = op === 'set' ? rest.slice(0, dash) : rest;
  const value = op === 'set' ? rest.slice(dash + 1) : '';
  const generation = ip === '' ? 'A' : 'B';
  return { type: 'command', generation, command: { id: 0, ip, op, key, value } };
}
