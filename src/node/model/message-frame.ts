/**
 * The frame around one `PeerMessage`: its layout, its limits and its length. The bytes are written
 * and read in message-codec.ts; docs/wire-protocol.md has them for people.
 *
 * ```
 *  offset size  field
 *       0    4  checksum   crc32 of bytes 4.. to the end of the *head*
 *       4    4  length     of the whole frame, this header included
 *       8    1  type       see FRAME_TYPE
 *       9    3  0          reserved
 *      12    4  from       member number
 *      16    4  to         member number
 *      20    8  term
 *      28    -  fields of the type
 * ```
 *
 * The head is the whole frame, except for appends: there it ends before the batches, which carry
 * checksums of their own. Bulk bytes are therefore summed once where they were made and once where
 * they arrive, and never copied to be encoded: `writeHead` writes the fields, `bodyParts` names the
 * bytes that follow.
 */
import type { Bytes } from '../../std/bytes.ts';
import { BATCH_BYTES_MAX } from './batch.ts';
import type { PeerMessage } from './message.ts';

export const FRAME_HEADER_BYTES = 28;

/** Checksum and length: what must be there before a frame's end is known. */
export const FRAME_PREFIX_BYTES = 8;

/** No frame is longer: one batch of the largest size and its head fit. */
export const FRAME_BYTES_MAX = BATCH_BYTES_MAX + 64 * 1024;

/** Fields of an append before its batches. */
export const APPEND_FIELDS_BYTES = 36;

/** Fields of a forward before its records. */
export const FORWARD_FIELDS_BYTES = 12;

/** Fields of a part of a snapshot before its data. */
export const SNAPSHOT_FIELDS_BYTES = 36;

/** The type bytes. Numbers are never reused; 32 and above belong to the connection itself. */
export const FRAME_TYPE = {
  preVote: 1,
  vote: 2,
  preVoteReply: 3,
  voteReply: 4,
  append: 5,
  appendReply: 6,
  appendReject: 7,
  heartbeat: 8,
  heartbeatReply: 9,
  readIndex: 10,
  readIndexReply: 11,
  forward: 12,
  forwardRefused: 13,
  clock: 20,
  snapshot: 15,
  snapshotReply: 16,
  timeoutNow: 17,
  transferVote: 18,
} as const satisfies Record<PeerMessage['type'], number>;

/** Length of the fixed part by type byte; 0: no such type. */
export const HEAD_BYTES: readonly number[] = (() => {
  const fields: Record<PeerMessage['type'], number> = {
    preVote: 16,
    vote: 16,
    preVoteReply: 1,
    voteReply: 1,
    append: APPEND_FIELDS_BYTES,
    appendReply: 8,
    appendReject: 24,
    heartbeat: 16,
    heartbeatReply: 8,
    readIndex: 8,
    readIndexReply: 16,
    forward: FORWARD_FIELDS_BYTES,
    forwardRefused: 12,
    clock: 8,
    snapshot: SNAPSHOT_FIELDS_BYTES,
    snapshotReply: 16,
    timeoutNow: 8,
    transferVote: 16,
  };
  const table = new Array<number>(256).fill(0);
  for (const type of Object.keys(fields) as PeerMessage['type'][]) {
    table[FRAME_TYPE[type]] = FRAME_HEADER_BYTES + fields[type];
  }
  return table;
})();

/** Bytes of the part that `writeHead` writes. */
export function headLength(message: PeerMessage): number {
  return HEAD_BYTES[FRAME_TYPE[message.type]] as number;
}

/** Length of the whole frame. */
export function frameLength(message: PeerMessage): number {
  let length = headLength(message);
  if (message.type === 'append') {
    for (const batch of message.batches) length += batch.bytes.length;
  } else if (message.type === 'forward') {
    length += message.records.length;
  } else if (message.type === 'snapshot') {
    length += message.data.length;
  }
  return length;
}

/** Whether what the frame at `at` carries outlives the call that delivers it. */
export function outlivesDelivery(bytes: Bytes, at: number): boolean {
  const type = bytes[at + 8];
  return type === FRAME_TYPE.append || type === FRAME_TYPE.snapshot;
}
