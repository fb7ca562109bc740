/** Writes commands of the kvstore; their layout is described in kvstore.ts. */
import { allocBytes, type Bytes, copyBytes } from '../../std/bytes.ts';
import { KV_FORMAT, KV_OP, KV_READ, type KvOp, type KvQuery } from './kvstore.ts';

/** Longer ones are worth a view of their own. */
const VIEWS_LENGTH_MAX = 1024;

/** Encodes one command after the other into the same memory. */
export class KvEncoder {
  #bytes: Bytes = allocBytes(4096);
  #length = 0;
  /** By length: views of `#bytes`. Commands are of few lengths, and a view costs as much as one. */
  #views: (Bytes | undefined)[] = [];

  begin(op: KvOp): void {
    // A rare giant must not pin its memory for ever.
    if (this.#bytes.length > 4 * 1024 * 1024) this.#replace(allocBytes(4096));
    this.#bytes[0] = KV_FORMAT;
    this.#bytes[1] = op;
    this.#length = 2;
  }

  flags(flags: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = flags;
    this.#length += 1;
  }

  number(value: number): void {
    this.#reserve(8);
    this.#bytes.writeDoubleLE(value, this.#length);
    this.#length += 8;
  }

  count(value: number): void {
    this.#reserve(4);
    this.#bytes.writeUInt32LE(value, this.#length);
    this.#length += 4;
  }

  field(from: Bytes, start: number, end: number): void {
    this.#reserve(4);
    this.#bytes.writeUInt32LE(end - start, this.#length);
    this.#length += 4;
    this.rest(from, start, end);
  }

  /** The last part of a command: its length is what remains. */
  rest(from: Bytes, start: number, end: number): void {
    const size = end - start;
    this.#reserve(size);
    copyBytes(from, start, end, this.#bytes, this.#length);
    this.#length += size;
  }

  /** A field from a latin1 string. */
  fieldText(text: string): void {
    this.#reserve(4);
    this.#bytes.writeUInt32LE(text.length, this.#length);
    this.#length += 4;
    this.restText(text);
  }

  restText(text: string): void {
    this.#reserve(text.length);
    this.#bytes.write(text, this.#length, 'latin1');
    this.#length += text.length;
  }

  /** The command so far. Valid until the next `begin`. */
  view(): Bytes {
    const length = this.#length;
    if (length > VIEWS_LENGTH_MAX) return this.#bytes.subarray(0, length);
    const view = this.#views[length] ?? this.#bytes.subarray(0, length);
    this.#views[length] = view;
    return view;
  }

  #replace(bytes: Bytes): void {
    this.#bytes = bytes;
    this.#views = [];
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = allocBytes(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#replace(grown);
  }
}

/** Encodes a read as a command of a transaction. */
export function encodeRead(encoder: KvEncoder, query: KvQuery): Bytes {
  const {
    op,
    keys = [],
    x = 0,
    y = 0,
  } = typeof query === 'string' ? { op: 'get' as const, keys: [query] } : query;
  encoder.begin(KV_OP.read);
  encoder.flags(KV_READ[op]);
  encoder.number(x);
  encoder.number(y);
  for (const key of keys) encoder.fieldText(key);
  return encoder.view();
}
