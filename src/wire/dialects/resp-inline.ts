/**
 * Splits an inline command, what a person types over telnet, into words by Redis's rules: blanks
 * separate; double quotes know \n \r \t \b \a and \xHH; single quotes know \' only; a closing quote
 * must be followed by a blank; a NUL byte ends the line.
 */
import { allocBytes, type Bytes } from '../../std/bytes.ts';

const NUL = 0;
const DOUBLE = 34;
const SINGLE = 39;
const BACKSLASH = 92;
const LOWER_X = 120;

const ESCAPES: Readonly<Record<number, number>> = { 110: 10, 114: 13, 116: 9, 98: 8, 97: 7 };

interface Words {
  /** Where the words lie, by the `starts` and `ends` that were filled. */
  readonly bytes: Bytes;
  readonly count: number;
}

/** @returns null when quotes do not balance. */
export function splitInline(
  line: Bytes,
  start: number,
  end: number,
  starts: number[],
  ends: number[],
): Words | null {
  const bytes = allocBytes(end - start);
  let count = 0;
  let used = 0;
  let at = start;
  while (true) {
    while (at < end && isBlank(line[at] as number)) at += 1;
    if (at >= end || line[at] === NUL) return { bytes, count };
    starts[count] = used;
    // A word may change its quotes on the way: a"b c" is one word.
    while (at < end) {
      const byte = line[at] as number;
      if (byte === NUL || isBlank(byte)) break;
      if (byte === DOUBLE || byte === SINGLE) {
        const quoted = copyQuoted(line, at, end, bytes, used);
        if (quoted === null) return null;
        at = quoted.at;
        used = quoted.used;
        break;
      }
      bytes[used] = byte;
      used += 1;
      at += 1;
    }
    ends[count] = used;
    count += 1;
  }
}

/** Copies from the opening quote at `at` to the closing one. */
function copyQuoted(
  line: Bytes,
  open: number,
  end: number,
  into: Bytes,
  usedBefore: number,
): { readonly at: number; readonly used: number } | null {
  const quote = line[open] as number;
  let used = usedBefore;
  let at = open + 1;
  while (at < end) {
    let byte = line[at] as number;
    if (byte === NUL) return null;
    if (byte === quote) {
      const after = at + 1 < end ? (line[at + 1] as number) : NUL;
      return after === NUL || isBlank(after) ? { at: at + 1, used } : null;
    }
    const size = escapeSize(line, at, end, quote);
    if (size > 1) byte = escapedByte(line, at, size, quote);
    into[used] = byte;
    used += 1;
    at += size;
  }
  return null;
}

/** How many bytes stand for one at `at`: 4 for \xHH, 2 for another escape, 1 for a plain byte. */
function escapeSize(line: Bytes, at: number, end: number, quote: number): number {
  if (line[at] !== BACKSLASH || at + 1 >= end) return 1;
  const next = line[at + 1] as number;
  if (quote === SINGLE) return next === SINGLE ? 2 : 1;
  return next === LOWER_X && hexByte(line, at + 2, end) >= 0 ? 4 : 2;
}

function escapedByte(line: Bytes, at: number, size: number, quote: number): number {
  if (size === 4) return hexByte(line, at + 2, at + 4);
  const next = line[at + 1] as number;
  return quote === DOUBLE ? (ESCAPES[next] ?? next) : next;
}

/** Blank in C's sense: space and 9 to 13. */
function isBlank(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

function hexByte(line: Bytes, at: number, end: number): number {
  if (at + 2 > end) return -1;
  const high = hexDigit(line[at] as number);
  const low = hexDigit(line[at + 1] as number);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
