/**
 * The protobuf message `Command` of raft-demo: what its clients send and its log files hold.
 *
 * ```
 *  1 Id     varint   index in the log; 0 from clients
 *  2 Ip     string   UDP port of the client, in decimal
 *  3 Op     varint   0 get, 1 set, 2 delete
 *  4 Key    string
 *  5 Value  string
 *
 *  record of a log file = u32 length, big endian, and a Command whose Id is its index
 * ```
 * Fields are written in this order, and left out when they have their default.
 */
import { allocBytes, type Bytes, bytesFrom, copyBytes, latin1Slice } from '../../std/bytes.ts';

export const DEMO_OPS = ['get', 'set', 'delete'] as const;
export type DemoOp = (typeof DEMO_OPS)[number];

export interface DemoCommand {
  readonly id: number;
  readonly ip: string;
  readonly op: DemoOp;
  /** Latin1, one character a byte; so is the value. */
  readonly key: string;
  readonly value: string;
}

const TAG = { id: 0x08, ip: 0x12, op: 0x18, key: 0x22, value: 0x2a } as const;
const VARINT_BYTES_MAX = 10;
export const RECORD_HEAD_BYTES = 4;
/** Tags, lengths and numbers of one command together. */
const OVERHEAD_BYTES_MAX = 5 + 5 * VARINT_BYTES_MAX;

/** Finds the fields of a command where they lie; one scanner serves for many, one at a time. */
export class DemoScanner {
  id = 0;
  opNumber = 0;
  ipStart = 0;
  ipEnd = 0;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  #at = 0;
  #end = 0;

  /** @returns false when the bytes from `start` up to `end` are no such message. */
  scan(bytes: Bytes, start: number, end: number): boolean {
    this.id = 0;
    this.opNumber = 0;
    this.ipStart = this.ipEnd = this.keyStart = this.keyEnd = start;
    this.valueStart = this.valueEnd = start;
    this.#at = start;
    this.#end = end;
    while (this.#at < end) if (!this.#field(bytes)) return false;
    return this.opNumber < DEMO_OPS.length;
  }

  get op(): DemoOp {
    return DEMO_OPS[this.opNumber] as DemoOp;
  }

  #field(bytes: Bytes): boolean {
    const tag = bytes[this.#at] as number;
    this.#at += 1;
    const number = this.#varint(bytes);
    if (number < 0) return false;
    if (tag === TAG.id) this.id = number;
    else if (tag === TAG.op) this.opNumber = number;
    else return this.#text(tag, number);
    return true;
  }

  #text(tag: number, size: number): boolean {
    const start = this.#at;
    const end = start + size;
    if (end > this.#end) return false;
    this.#at = end;
    if (tag === TAG.key) {
      this.keyStart = start;
      this.keyEnd = end;
    } else if (tag === TAG.value) {
      this.valueStart = start;
      this.valueEnd = end;
    } else if (tag === TAG.ip) {
      this.ipStart = start;
      this.ipEnd = end;
    } else {
      return false;
    }
    return true;
  }

  /** Numbers above 2^53 are none that raft-demo writes. @returns -1: there is none. */
  #varint(bytes: Bytes): number {
    let value = 0;
    for (let scale = 1, i = 0; i < VARINT_BYTES_MAX && this.#at < this.#end; i += 1) {
      const byte = bytes[this.#at] as number;
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) return -1;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return -1;
  }
}

const SCANNER = new DemoScanner();

/** @returns null when the bytes from `start` up to `end` are no such message. */
export function decodeDemoCommand(bytes: Bytes, start: number, end: number): DemoCommand | null {
  const at = SCANNER;
  if (!at.scan(bytes, start, end)) return null;
  return {
    id: at.id,
    op: at.op,
    ip: latin1Slice(bytes, at.ipStart, at.ipEnd),
    key: latin1Slice(bytes, at.keyStart, at.keyEnd),
    value: latin1Slice(bytes, at.valueStart, at.valueEnd),
  };
}

/** The message; with `isRecord` as a log file has it, its length before it. */
export function encodeDemoCommand(
  { id = 0, ip = '', op, key = '', value = '' }: Partial<DemoCommand> & Pick<DemoCommand, 'op'>,
  isRecord = false,
): Bytes {
  const head = isRecord ? RECORD_HEAD_BYTES : 0;
  const bytes = allocBytes(head + OVERHEAD_BYTES_MAX + ip.length + key.length + value.length);
  let at = writeNumber(bytes, head, TAG.id, id);
  at = writeText(bytes, at, TAG.ip, ip);
  at = writeNumber(bytes, at, TAG.op, DEMO_OPS.indexOf(op));
  at = writeText(bytes, at, TAG.key, key);
  at = writeText(bytes, at, TAG.value, value);
  if (isRecord) bytes.writeUInt32BE(at - head, 0);
  return bytes.subarray(0, at);
}

/** What lies in bytes as key and value, one directly behind the other. */
export interface SetPlace {
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueEnd: number;
}

/** How long a record can be at most. */
export function recordBytesMax({ keyStart, valueEnd }: SetPlace): number {
  return RECORD_HEAD_BYTES + OVERHEAD_BYTES_MAX + valueEnd - keyStart;
}

/**
 * The record of a set, from the start of `to` on, without a text on the way. Requires: there is
 * room for `recordBytesMax`.
 * @returns where it ends.
 */
export function putSetRecord(to: Bytes, id: number, from: Bytes, place: SetPlace): number {
  const { keyStart, keyEnd, valueEnd } = place;
  let at = writeNumber(to, RECORD_HEAD_BYTES, TAG.id, id);
  at = writeNumber(to, at, TAG.op, DEMO_OPS.indexOf('set'));
  at = writeBytes(to, at, TAG.key, from, keyStart, keyEnd);
  at = writeBytes(to, at, TAG.value, from, keyEnd, valueEnd);
  to.writeUInt32BE(at - RECORD_HEAD_BYTES, 0);
  return at;
}

/** As raft-demo's clients send it: newline at the end. */
export function demoRequest(command: Partial<DemoCommand> & Pick<DemoCommand, 'op'>): Bytes {
  return bytesFrom(`${encodeDemoCommand(command).toString('latin1')}\n`, 'latin1');
}

/** @returns where the next field goes. */
function writeNumber(bytes: Bytes, at: number, tag: number, value: number): number {
  if (value === 0) return at;
  bytes[at] = tag;
  return writeVarint(bytes, at + 1, value);
}

function writeText(bytes: Bytes, at: number, tag: number, text: string): number {
  if (text.length === 0) return at;
  bytes[at] = tag;
  const from = writeVarint(bytes, at + 1, text.length);
  return from + bytes.write(text, from, 'latin1');
}

function writeBytes(
  to: Bytes,
  at: number,
  tag: number,
  ...[from, start, end]: [Bytes, number, number]
): number {
  if (start === end) return at;
  to[at] = tag;
  const next = writeVarint(to, at + 1, end - start);
  copyBytes(from, start, end, to, next);
  return next + end - start;
}

function writeVarint(bytes: Bytes, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    bytes[at] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
    at += 1;
  }
  bytes[at] = rest;
  return at + 1;
}
