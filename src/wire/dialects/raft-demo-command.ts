/**
 * The protobuf message `Command` of raft-demo: what its clients send and its log files hold.
 *
 * ```
 *  1 Id     varint   index in the log; 0 from clients
 *  2 Ip     string   UDP port of the client, in decimal
 *  3 Op     varint   0 get, 1 set, 2 delete
 *  4 Key    string
 *  5 Value  string
 * ```
 * Fields that have their default are left out.
 */
import { type Bytes, latin1Slice } from '../../std/bytes.ts';

export const DEMO_OPS = ['get', 'set', 'delete'] as const;

export interface DemoCommand {
  readonly id: number;
  readonly ip: string;
  readonly op: (typeof DEMO_OPS)[number];
  /** Latin1, one character a byte; so is the value. */
  readonly key: string;
  readonly value: string;
}

const VARINT_BYTES_MAX = 10;

/** @returns null when the bytes from `start` up to `end` are no such message. */
export function decodeDemoCommand(bytes: Bytes, start: number, end: number): DemoCommand | null {
  const numbers = new Map<number, number>();
  const texts = new Map<number, string>();
  let at = start;
  while (at < end) {
    const tag = bytes[at] as number;
    const field = tag >> 3;
    const isText = (tag & 7) === 2;
    const known = isText ? field === 2 || field === 4 || field === 5 : field === 1 || field === 3;
    const number = readVarint(bytes, at + 1, end);
    if (!known || (!isText && (tag & 7) !== 0) || number === null) return null;
    at = number.end;
    if (isText) {
      if (number.value > end - at) return null;
      texts.set(field, latin1Slice(bytes, at, at + number.value));
      at += number.value;
    } else {
      numbers.set(field, number.value);
    }
  }
  const op = DEMO_OPS[numbers.get(3) ?? 0];
  if (op === undefined) return null;
  const text = (field: number): string => texts.get(field) ?? '';
  return { id: numbers.get(1) ?? 0, ip: text(2), op, key: text(4), value: text(5) };
}

/** Numbers above 2^53 are none that raft-demo writes. */
function readVarint(
  bytes: Bytes,
  start: number,
  end: number,
): { readonly value: number; readonly end: number } | null {
  let value = 0;
  for (let i = 0; i < VARINT_BYTES_MAX && start + i < end; i += 1) {
    const byte = bytes[start + i] as number;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (value > Number.MAX_SAFE_INTEGER) return null;
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  return null;
}
