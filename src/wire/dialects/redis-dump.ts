/**
 * What DUMP of a Redis server gives, from version 6 of its format to that of Redis 7.0: a type, a
 * value in the encoding of RDB files, the version and a checksum over all before it.
 */
import { type Bytes, bytesFrom } from '../../std/bytes.ts';
import { crc64 } from '../../std/crc64.ts';
import { KV_TYPE, PartsWriter } from '../apps/kv-collections.ts';
import { parseScore } from '../apps/score-range.ts';
import { expandLzf } from './lzf.ts';
import { ByteCursor, DumpBroken, intset, listpack, ziplist, zipmap } from './redis-packed.ts';

const VERSION_MAX = 10;
const TRAILER_BYTES = 10;
/** A compressed string announces its length: no larger one is unpacked. */
const STRING_BYTES_MAX = 64 * 1024 * 1024;

export interface DumpedValue {
  /** KV_TYPE */
  readonly type: number;
  /** A string's bytes; else as wire/apps/kv-collections.ts has it. */
  readonly body: Bytes;
}

export type DumpProblem = 'checksum' | 'format';

export function decodeDump(payload: Bytes): DumpedValue | DumpProblem {
  const end = payload.length - TRAILER_BYTES;
  if (end < 1 || payload.readUInt16LE(end) > VERSION_MAX) return 'checksum';
  if (crc64(payload.subarray(0, end + 2)) !== payload.readBigUInt64LE(end + 2)) return 'checksum';
  const cursor = new ByteCursor(payload.subarray(0, end));
  try {
    const value = decodeValue(cursor);
    return cursor.atEnd ? value : 'format';
  } catch (error) {
    if (error instanceof DumpBroken) return 'format';
    throw error;
  }
}

function decodeValue(cursor: ByteCursor): DumpedValue {
  const type = cursor.byte();
  switch (type) {
    case 0:
      return { type: KV_TYPE.string, body: readString(cursor) };
    case 1:
      return plain(KV_TYPE.list, readTexts(cursor, 1));
    case 2:
      return plain(KV_TYPE.set, [...new Set(readTexts(cursor, 1))]);
    case 3:
    case 5:
      return readScores(cursor, type === 5);
    case 4:
      return pairs(readTexts(cursor, 2));
    case 9:
      return pairs(zipmap(readString(cursor)));
    case 10:
      return plain(KV_TYPE.list, ziplist(readString(cursor)));
    case 11:
      return plain(KV_TYPE.set, intset(readString(cursor)));
    case 12:
      return scored(ziplist(readString(cursor)));
    case 13:
      return pairs(ziplist(readString(cursor)));
    case 14:
      return plain(
        KV_TYPE.list,
        readPieces(cursor, () => ziplist(readString(cursor))),
      );
    case 16:
      return pairs(listpack(readString(cursor)));
    case 17:
      return scored(listpack(readString(cursor)));
    case 18:
      return plain(
        KV_TYPE.list,
        readPieces(cursor, () => readNode(cursor)),
      );
  }
  throw new DumpBroken();
}

/** A node of a list: one long item as it is, or several in a listpack. */
function readNode(cursor: ByteCursor): string[] {
  const container = readLength(cursor);
  const bytes = readString(cursor);
  if (container === 1) return [bytes.toString('latin1')];
  if (container === 2) return listpack(bytes);
  throw new DumpBroken();
}

function plain(type: number, texts: readonly string[]): DumpedValue {
  if (texts.length === 0) throw new DumpBroken();
  const writer = new PartsWriter();
  for (const text of texts) writer.text(text);
  return { type, body: writer.view() };
}

function pairs(texts: readonly string[]): DumpedValue {
  if (texts.length % 2 !== 0) throw new DumpBroken();
  return plain(KV_TYPE.hash, texts);
}

/** Members and scores in turn. */
function scored(texts: readonly string[]): DumpedValue {
  if (texts.length === 0 || texts.length % 2 !== 0) throw new DumpBroken();
  const writer = new PartsWriter();
  for (let i = 0; i < texts.length; i += 2) {
    const score = parseScore(texts[i + 1] as string);
    if (score === null) throw new DumpBroken();
    writer.score(score);
    writer.text(texts[i] as string);
  }
  return { type: KV_TYPE.zset, body: writer.view() };
}

function readScores(cursor: ByteCursor, binary: boolean): DumpedValue {
  const count = readLength(cursor);
  if (count === 0) throw new DumpBroken();
  const writer = new PartsWriter();
  for (let i = 0; i < count; i += 1) {
    const member = readString(cursor).toString('latin1');
    const score = binary ? cursor.bytes.readDoubleLE(cursor.skip(8)) : readOldScore(cursor);
    if (Number.isNaN(score)) throw new DumpBroken();
    writer.score(score);
    writer.text(member);
  }
  return { type: KV_TYPE.zset, body: writer.view() };
}

function readOldScore(cursor: ByteCursor): number {
  const length = cursor.byte();
  if (length === 254) return Number.POSITIVE_INFINITY;
  if (length === 255) return Number.NEGATIVE_INFINITY;
  const score = length === 253 ? null : parseScore(cursor.text(length));
  if (score === null) throw new DumpBroken();
  return score;
}

/** As many texts as a length says, times `each`. */
function readTexts(cursor: ByteCursor, each: number): string[] {
  const count = readLength(cursor) * each;
  const texts: string[] = [];
  for (let i = 0; i < count; i += 1) texts.push(readString(cursor).toString('latin1'));
  return texts;
}

function readPieces(cursor: ByteCursor, piece: () => string[]): string[] {
  const count = readLength(cursor);
  const texts: string[] = [];
  for (let i = 0; i < count; i += 1) for (const text of piece()) texts.push(text);
  return texts;
}

function readLength(cursor: ByteCursor): number {
  const length = lengthOrEncoding(cursor);
  if (length < 0) throw new DumpBroken();
  return length;
}

/** Negative: not a length but the number of an encoding, less one. */
function lengthOrEncoding(cursor: ByteCursor): number {
  const head = cursor.byte();
  if (head < 0x40) return head;
  if (head < 0x80) return ((head & 0x3f) << 8) | cursor.byte();
  if (head >= 0xc0) return -1 - (head & 0x3f);
  if (head === 0x80) return cursor.uintBig(4);
  if (head !== 0x81) throw new DumpBroken();
  const high = cursor.uintBig(4);
  if (high !== 0) throw new DumpBroken();
  return cursor.uintBig(4);
}

function readString(cursor: ByteCursor): Bytes {
  const length = lengthOrEncoding(cursor);
  if (length >= 0) {
    const from = cursor.skip(length);
    return cursor.bytes.subarray(from, cursor.at);
  }
  switch (-1 - length) {
    case 0:
      return bytesFrom(String(cursor.int(1)));
    case 1:
      return bytesFrom(String(cursor.int(2)));
    case 2:
      return bytesFrom(String(cursor.int(4)));
    case 3:
      return readPacked(cursor);
  }
  throw new DumpBroken();
}

function readPacked(cursor: ByteCursor): Bytes {
  const packed = readLength(cursor);
  const length = readLength(cursor);
  if (length > STRING_BYTES_MAX) throw new DumpBroken();
  const from = cursor.skip(packed);
  const bytes = expandLzf(cursor.bytes.subarray(from, cursor.at), length);
  if (bytes === null) throw new DumpBroken();
  return bytes;
}
