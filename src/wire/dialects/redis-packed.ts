/**
 * The packed forms in which Redis keeps and dumps small values: ziplists, listpacks, integer sets
 * and zipmaps. Each is one string that holds all entries.
 */
import { type Bytes, latin1Slice } from '../../std/bytes.ts';

/** A read past the end of the bytes: whoever begins to decode catches it. */
export class DumpBroken extends Error {}

const LIST_END = 0xff;

/** Walks over bytes. @throws {DumpBroken} at their end. */
export class ByteCursor {
  readonly bytes: Bytes;
  at = 0;

  constructor(bytes: Bytes) {
    this.bytes = bytes;
  }

  get atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** Moves on by so many bytes. @returns where they begin. */
  skip(count: number): number {
    const from = this.at;
    if (count < 0 || from + count > this.bytes.length) throw new DumpBroken();
    this.at += count;
    return from;
  }

  byte(): number {
    return this.bytes[this.skip(1)] as number;
  }

  /** A signed integer of 1 to 6 bytes, little endian. */
  int(size: number): number {
    return this.bytes.readIntLE(this.skip(size), size);
  }

  int64(): bigint {
    return this.bytes.readBigInt64LE(this.skip(8));
  }

  uintBig(size: number): number {
    return this.bytes.readUIntBE(this.skip(size), size);
  }

  uintLittle(size: number): number {
    return this.bytes.readUIntLE(this.skip(size), size);
  }

  text(length: number): string {
    const from = this.skip(length);
    return latin1Slice(this.bytes, from, this.at);
  }
}

export function ziplist(bytes: Bytes): string[] {
  const cursor = new ByteCursor(bytes);
  cursor.skip(10);
  const found: string[] = [];
  for (;;) {
    const previous = cursor.byte();
    if (previous === LIST_END) break;
    if (previous === 0xfe) cursor.skip(4);
    found.push(ziplistEntry(cursor));
  }
  return found;
}

function ziplistEntry(cursor: ByteCursor): string {
  const head = cursor.byte();
  if (head < 0x40) return cursor.text(head);
  if (head < 0x80) return cursor.text(((head & 0x3f) << 8) | cursor.byte());
  switch (head) {
    case 0x80:
      return cursor.text(cursor.uintBig(4));
    case 0xc0:
      return String(cursor.int(2));
    case 0xd0:
      return String(cursor.int(4));
    case 0xe0:
      return String(cursor.int64());
    case 0xf0:
      return String(cursor.int(3));
    case 0xfe:
      return String(cursor.int(1));
  }
  if (head < 0xf1 || head > 0xfd) throw new DumpBroken();
  return String((head & 0x0f) - 1);
}

export function listpack(bytes: Bytes): string[] {
  const cursor = new ByteCursor(bytes);
  cursor.skip(6);
  const found: string[] = [];
  for (;;) {
    const from = cursor.at;
    const head = cursor.byte();
    if (head === LIST_END) break;
    found.push(listpackEntry(cursor, head));
    cursor.skip(backlength(cursor.at - from));
  }
  return found;
}

function listpackEntry(cursor: ByteCursor, head: number): string {
  if (head < 0x80) return String(head);
  if (head < 0xc0) return cursor.text(head & 0x3f);
  if (head < 0xe0) {
    const value = ((head & 0x1f) << 8) | cursor.byte();
    return String(value >= 0x1000 ? value - 0x2000 : value);
  }
  if (head < 0xf0) return cursor.text(((head & 0x0f) << 8) | cursor.byte());
  switch (head) {
    case 0xf0:
      return cursor.text(cursor.uintLittle(4));
    case 0xf1:
      return String(cursor.int(2));
    case 0xf2:
      return String(cursor.int(3));
    case 0xf3:
      return String(cursor.int(4));
    case 0xf4:
      return String(cursor.int64());
  }
  throw new DumpBroken();
}

/** How many bytes say, behind an entry, how long it was. */
function backlength(entryBytes: number): number {
  if (entryBytes <= 127) return 1;
  if (entryBytes < 16_383) return 2;
  if (entryBytes < 2_097_151) return 3;
  return entryBytes < 268_435_455 ? 4 : 5;
}

export function intset(bytes: Bytes): string[] {
  const cursor = new ByteCursor(bytes);
  const size = cursor.uintLittle(4);
  const count = cursor.uintLittle(4);
  if (size !== 2 && size !== 4 && size !== 8) throw new DumpBroken();
  if (count * size !== bytes.length - cursor.at) throw new DumpBroken();
  return Array.from({ length: count }, () =>
    size === 8 ? String(cursor.int64()) : String(cursor.int(size)),
  );
}

/** Names and values in turn. */
export function zipmap(bytes: Bytes): string[] {
  const cursor = new ByteCursor(bytes);
  cursor.skip(1);
  const found: string[] = [];
  for (;;) {
    const name = zipmapLength(cursor);
    if (name === null) break;
    found.push(cursor.text(name));
    const value = zipmapLength(cursor);
    if (value === null) throw new DumpBroken();
    const free = cursor.byte();
    found.push(cursor.text(value));
    cursor.skip(free);
  }
  return found;
}

function zipmapLength(cursor: ByteCursor): number | null {
  const head = cursor.byte();
  if (head === LIST_END) return null;
  return head === 0xfe ? cursor.uintLittle(4) : head;
}
