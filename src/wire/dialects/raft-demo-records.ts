/**
 * What the application log of raft-demo's programs holds of an entry: records as described in
 * wire/dialects/raft-demo-command.ts. A command of raft-demo's clients is one record, a get too;
 * any other command is told by what became of the keys it names, as sets and deletes. Pure.
 */
import { allocBytes, type Bytes, concatBytes, latin1Slice, NO_BYTES } from '../../std/bytes.ts';
import { readSay } from '../apps/chat.ts';
import { KV_FORMAT, KV_OP, KvError, TIME_FLAG } from '../apps/kvstore.ts';
import {
  type DemoCommand,
  encodeDemoCommand,
  putSetRecord,
  recordBytesMax,
  type SetPlace,
} from './raft-demo-command.ts';
import { decodeDemoEntry, isDemoEntry } from './raft-demo-entry.ts';

/** Commands in commands are not nested deeper. */
const DEPTH_MAX = 2;
/** Most records fit; it stays in the processor's cache. */
const SCRATCH = allocBytes(16 * 1024);
/** What gzip writes first: a value in another form may begin so. */
const GZIP_MAGIC = [0x1f, 0x8b] as const;

export interface RecordSource {
  /** Of the entry. */
  readonly index: number;
  /** A key's value after the entry was applied; null: there is none; else: it is no text. */
  look(key: string): unknown;
  /** The value as the client sent it, when it is kept in another form, which is gzip's. */
  plain?(value: string): string;
}

/**
 * @returns the records, one after the other, until the next call; empty: the entry changes nothing
 *   that they tell.
 */
export function recordsOf(bytes: Bytes, start: number, end: number, source: RecordSource): Bytes {
  if (isDemoEntry(bytes, start, end)) {
    const command = decodeDemoEntry(bytes, start, end);
    return command === null ? NO_BYTES : recordOf(command, source);
  }
  const place = plainSet(bytes, start, end);
  if (place !== null) return recordOfSet(bytes, place, source.index);
  const records: Bytes[] = [];
  for (const key of touchedKeys(bytes, start, end)) {
    const value = source.look(key);
    if (typeof value === 'string') records.push(recordOf({ op: 'set', key, value }, source));
    else if (value === null) records.push(recordOf({ op: 'delete', key }, source));
  }
  return concatBytes(records);
}

/** A line of a chatroom: the room is the key, what was said the value. */
export function recordOfSaying(bytes: Bytes, start: number, end: number, index: number): Bytes {
  const said = readSay(bytes, start, end);
  if (said instanceof KvError) return NO_BYTES;
  const value = latin1Slice(bytes, said.textStart, end);
  return encodeDemoCommand({ id: index, op: 'set', key: said.room, value }, true);
}

function recordOf(
  command: Partial<DemoCommand> & Pick<DemoCommand, 'op'>,
  { index, plain }: RecordSource,
): Bytes {
  const value = command.value ?? '';
  const shown = plain === undefined ? value : plain(value);
  return encodeDemoCommand({ ...command, value: shown, id: index }, true);
}

function recordOfSet(bytes: Bytes, place: SetPlace, index: number): Bytes {
  const size = recordBytesMax(place);
  const record = size <= SCRATCH.length ? SCRATCH : allocBytes(size);
  return record.subarray(0, putSetRecord(record, index, bytes, place));
}

/** The common case, a set of a value as it came, needs no look at the state. */
function plainSet(bytes: Bytes, start: number, end: number): SetPlace | null {
  const isPlain =
    end - start >= 7 &&
    bytes[start] === KV_FORMAT &&
    bytes[start + 1] === KV_OP.set &&
    bytes[start + 2] === 0;
  if (!isPlain) return null;
  const keyStart = start + 7;
  const keyEnd = keyStart + bytes.readUInt32LE(start + 3);
  if (keyEnd > end) return null;
  const isSqueezed = bytes[keyEnd] === GZIP_MAGIC[0] && bytes[keyEnd + 1] === GZIP_MAGIC[1];
  return isSqueezed ? null : { keyStart, keyEnd, valueEnd: end };
}

/** Keys of which a command may have changed the value. */
function touchedKeys(bytes: Bytes, start: number, end: number, depth = 0): readonly string[] {
  if (end - start < 2 || bytes[start] !== KV_FORMAT || depth > DEPTH_MAX) return [];
  const parts = new Parts(bytes, start + 2, end);
  switch (bytes[start + 1]) {
    case KV_OP.set:
    case KV_OP.put:
      parts.skipTime(parts.byte());
      return parts.fields(1);
    case KV_OP.del:
      return parts.fields(Number.POSITIVE_INFINITY);
    case KV_OP.mset:
    case KV_OP.msetnx:
      return parts.fields(Number.POSITIVE_INFINITY).filter((_, i) => i % 2 === 0);
    case KV_OP.incrBy:
    case KV_OP.incrByFloat:
    case KV_OP.append:
      return parts.fields(1);
    case KV_OP.setRange:
      parts.skip(8);
      return parts.fields(1);
    case KV_OP.getDel:
      return [parts.rest()];
    case KV_OP.rename:
    case KV_OP.copy:
      parts.skip(1);
      return [...parts.fields(1), parts.rest()];
    case KV_OP.multi:
      return partsOfMulti(parts, bytes, depth);
    default:
      return [];
  }
}

function partsOfMulti(parts: Parts, bytes: Bytes, depth: number): readonly string[] {
  const watched = parts.count();
  for (let i = 0; i < watched && parts.field() !== null; i += 1) parts.skip(8);
  const keys = new Set<string>();
  for (let field = parts.field(); field !== null; field = parts.field()) {
    for (const key of touchedKeys(bytes, field.start, field.end, depth + 1)) keys.add(key);
  }
  return [...keys];
}

/** Reads the parts of a command; behind its end there is nothing. */
class Parts {
  readonly #bytes: Bytes;
  readonly #end: number;
  #at: number;

  constructor(bytes: Bytes, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  byte(): number {
    this.#at += 1;
    return this.#at <= this.#end ? (this.#bytes[this.#at - 1] as number) : 0;
  }

  count(): number {
    this.#at += 4;
    return this.#at <= this.#end ? this.#bytes.readUInt32LE(this.#at - 4) : 0;
  }

  skip(size: number): void {
    this.#at += size;
  }

  skipTime(flags: number): void {
    if ((flags & (TIME_FLAG.ttl | TIME_FLAG.deadline)) !== 0) this.skip(8);
  }

  field(): { readonly start: number; readonly end: number } | null {
    const start = this.#at + 4;
    if (start > this.#end) return null;
    const end = start + this.count();
    this.#at = end;
    return end > this.#end ? null : { start, end };
  }

  fields(countMax: number): string[] {
    const texts: string[] = [];
    while (texts.length < countMax) {
      const field = this.field();
      if (field === null) break;
      texts.push(latin1Slice(this.#bytes, field.start, field.end));
    }
    return texts;
  }

  rest(): string {
    return this.#at >= this.#end ? '' : latin1Slice(this.#bytes, this.#at, this.#end);
  }
}
