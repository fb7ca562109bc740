/** The part of a snapshot as bytes and back: fields and data of its frame. Pure. */
import { type Bytes, crc32, readU64, writeU64 } from '../../std/bytes.ts';
import type { MemberNumber, Term } from './ids.ts';
import type { SnapshotRequest } from './message.ts';
import { SNAPSHOT_FIELDS_BYTES } from './message-frame.ts';

export function writeSnapshotFields(message: SnapshotRequest, into: Bytes, at: number): void {
  writeU64(into, message.index, at);
  writeU64(into, message.indexTerm, at + 8);
  writeU64(into, message.offset, at + 16);
  writeU64(into, message.total, at + 24);
  into.writeUInt32LE(message.data.length, at + 32);
}

/** NB: zlib gives 0 for no bytes at all, whatever it is to start from. */
export function sumSnapshotData({ data }: SnapshotRequest, checksum: number): number {
  return data.length === 0 ? checksum : crc32(data, checksum);
}

/** Decodes what follows the frame's header at `at`, up to `end`. */
export function decodeSnapshot(
  bytes: Bytes,
  at: number,
  end: number,
  head: { readonly from: MemberNumber; readonly to: MemberNumber; readonly term: Term },
): SnapshotRequest | 'field' | 'length' {
  const index = readU64(bytes, at);
  const indexTerm = readU64(bytes, at + 8);
  const offset = readU64(bytes, at + 16);
  const total = readU64(bytes, at + 24);
  const data = bytes.subarray(at + SNAPSHOT_FIELDS_BYTES, end);
  if (data.length !== bytes.readUInt32LE(at + 32)) return 'length';
  if (index < 1 || indexTerm < 1 || indexTerm > head.term) return 'field';
  if (offset < 0 || total < 0 || offset + data.length > total) return 'field';
  const { from, to, term } = head;
  return { type: 'snapshot', from, to, term, index, indexTerm, offset, total, data };
}
