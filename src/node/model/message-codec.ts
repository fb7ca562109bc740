/**
 * Frames between replicas: one `PeerMessage` is one frame. Pure; bytes in docs/wire-protocol.md.
 *
 * ```
 *  offset size  field
 *       0    4  checksum   crc32 of bytes 4.. to the end of the *head*
 *       4    4  length     of the whole frame, this header included
 *       8    1  type       see TYPE
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
 *
 * The decoder is total: whatever the bytes, it returns a message or a fault, never throws, and
 * never allocates by a length it read.
 */
import { assert } from '../../std/assert.ts';
import { allocBytes, type Bytes, crc32, readU64, writeU64 } from '../../std/bytes.ts';
import { BATCH_BYTES_MAX, BATCH_HEADER_BYTES, type Batch, decodeBatch } from './batch.ts';
import { recordsAreWhole } from './command.ts';
import type { ClusterId, MemberNumber, Term } from './ids.ts';
import type { AppendRequest, Forward, PeerMessage } from './message.ts';

export const FRAME_HEADER_BYTES = 28;

/** Checksum and length: what must be there before a frame's end is known. */
export const FRAME_PREFIX_BYTES = 8;

/** No frame is longer: one batch of the largest size and its head fit. */
export const FRAME_BYTES_MAX = BATCH_BYTES_MAX + 64 * 1024;

const APPEND_HEAD_BYTES = FRAME_HEADER_BYTES + 36;
const FORWARD_HEAD_BYTES = FRAME_HEADER_BYTES + 12;

/** The type bytes. Numbers are never reused; 32 and above belong to the connection itself. */
const TYPE = {
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
} as const satisfies Record<PeerMessage['type'], number>;

/** Length of the fixed part by type byte; 0: no such type. */
const HEAD_BYTES: readonly number[] = (() => {
  const fields: Record<PeerMessage['type'], number> = {
    preVote: 16,
    vote: 16,
    preVoteReply: 1,
    voteReply: 1,
    append: APPEND_HEAD_BYTES - FRAME_HEADER_BYTES,
    appendReply: 8,
    appendReject: 24,
    heartbeat: 16,
    heartbeatReply: 8,
    readIndex: 8,
    readIndexReply: 16,
    forward: FORWARD_HEAD_BYTES - FRAME_HEADER_BYTES,
    forwardRefused: 12,
  };
  const table = new Array<number>(256).fill(0);
  for (const type of Object.keys(fields) as PeerMessage['type'][]) {
    table[TYPE[type]] = FRAME_HEADER_BYTES + fields[type];
  }
  return table;
})();

const MEMBER_MAX = 0xffff_ffff;

/** Bytes of the part that `writeHead` writes. */
export function headLength(message: PeerMessage): number {
  return HEAD_BYTES[TYPE[message.type]] as number;
}

/** Length of the whole frame. */
export function frameLength(message: PeerMessage): number {
  let length = headLength(message);
  if (message.type === 'append') {
    for (const batch of message.batches) length += batch.bytes.length;
  } else if (message.type === 'forward') {
    length += message.records.length;
  }
  return length;
}

/**
 * Writes the fixed part at `at`, checksum included; the frame goes on with the batches of an append
 * or the records of a forward.
 * @returns the offset after it.
 */
export function writeHead(message: PeerMessage, into: Bytes, at: number): number {
  const length = frameLength(message);
  const end = at + headLength(message);
  assert(length <= FRAME_BYTES_MAX, `frame of ${length} bytes is over the cap`);
  assert(isMember(message.from) && isMember(message.to), 'a message names both members');
  assert(Number.isSafeInteger(message.term) && message.term >= 1, 'a message has a term');
  into.writeUInt32LE(length, at + 4);
  into.writeUInt32LE(TYPE[message.type], at + 8); // Also clears the reserved bytes.
  into.writeUInt32LE(message.from, at + 12);
  into.writeUInt32LE(message.to, at + 16);
  writeU64(into, message.term, at + 20);
  writeFields(message, into, at + FRAME_HEADER_BYTES);
  let checksum = crc32(into.subarray(at + 4, end));
  if (message.type === 'forward') checksum = crc32(message.records, checksum);
  into.writeUInt32LE(checksum, at);
  return end;
}

function writeFields(message: PeerMessage, into: Bytes, at: number): void {
  switch (message.type) {
    case 'preVote':
    case 'vote':
      writeU64(into, message.lastIndex, at);
      writeU64(into, message.lastTerm, at + 8);
      break;
    case 'preVoteReply':
    case 'voteReply':
      into[at] = message.granted ? 1 : 0;
      break;
    case 'append':
      writeU64(into, message.prevIndex, at);
      writeU64(into, message.prevTerm, at + 8);
      writeU64(into, message.commitIndex, at + 16);
      writeU64(into, message.round, at + 24);
      into.writeUInt32LE(message.batches.length, at + 32);
      break;
    case 'appendReply':
      writeU64(into, message.matchIndex, at);
      break;
    case 'appendReject':
      writeU64(into, message.prevIndex, at);
      writeU64(into, message.hintIndex, at + 8);
      writeU64(into, message.hintTerm, at + 16);
      break;
    case 'heartbeat':
      writeU64(into, message.commitIndex, at);
      writeU64(into, message.round, at + 8);
      break;
    case 'heartbeatReply':
      writeU64(into, message.round, at);
      break;
    case 'readIndex':
      writeU64(into, message.requestId, at);
      break;
    case 'readIndexReply':
      writeU64(into, message.requestId, at);
      writeU64(into, message.index, at + 8);
      break;
    case 'forward':
    case 'forwardRefused':
      writeU64(into, message.firstSequence, at);
      into.writeUInt32LE(message.count, at + 8);
      break;
  }
}

/** The whole frame in one piece of memory. The transport, which avoids the copy, uses `writeHead`. */
export function encodeMessage(message: PeerMessage): Bytes {
  const bytes = allocBytes(frameLength(message));
  let at = writeHead(message, bytes, 0);
  if (message.type === 'append') {
    for (const batch of message.batches) at += batch.bytes.copy(bytes, at);
  } else if (message.type === 'forward') {
    at += message.records.copy(bytes, at);
  }
  assert(at === bytes.length, 'a frame is as long as it says');
  return bytes;
}

export type MessageFault =
  | 'length' // the frame is shorter or longer than its fields
  | 'type' // no message has this type byte
  | 'checksum'
  | 'field' // intact, but with impossible numbers
  | 'batch' // a batch is damaged, of another cluster, or does not continue the one before
  | 'records'; // forwarded records do not fill their frame

/** Whether the frame at `at` is an append: its batches outlive the call that delivers it. */
export function isAppendFrame(bytes: Bytes, at: number): boolean {
  return bytes[at + 8] === TYPE.append;
}

/**
 * Decodes the frame that fills `start..end`. Batches and records share memory with `bytes`.
 * @returns the message, or what is wrong with it.
 */
export function decodeMessage(
  bytes: Bytes,
  range: { readonly start: number; readonly end: number },
  cluster: ClusterId,
): PeerMessage | MessageFault {
  const { start, end } = range;
  if (start < 0 || end > bytes.length || end - start < FRAME_HEADER_BYTES) return 'length';
  if (bytes.readUInt32LE(start + 4) !== end - start) return 'length';
  const type = bytes[start + 8] as number;
  const headBytes = HEAD_BYTES[type] as number;
  if (headBytes === 0) return 'type';
  const hasBody = type === TYPE.append || type === TYPE.forward;
  if (hasBody ? end - start < headBytes : end - start !== headBytes) return 'length';
  const summedEnd = type === TYPE.append ? start + headBytes : end;
  if (crc32(bytes.subarray(start + 4, summedEnd)) !== bytes.readUInt32LE(start)) return 'checksum';
  if (bytes[start + 9] !== 0 || bytes.readUInt16LE(start + 10) !== 0) return 'field';
  const head: Head = {
    from: bytes.readUInt32LE(start + 12),
    to: bytes.readUInt32LE(start + 16),
    term: readU64(bytes, start + 20),
  };
  if (head.from === 0 || head.to === 0 || head.from === head.to || head.term < 1) return 'field';
  const at = start + FRAME_HEADER_BYTES;
  if (type === TYPE.append) return decodeAppend(bytes, at, end, head, cluster);
  if (type === TYPE.forward) return decodeForward(bytes, at, end, head);
  return decodeFixed(bytes, at, type, head);
}

interface Head {
  readonly from: MemberNumber;
  readonly to: MemberNumber;
  readonly term: Term;
}

/** Messages whose length is known from their type. `readU64` says -1 for what no number of ours is. */
function decodeFixed(bytes: Bytes, at: number, type: number, head: Head): PeerMessage | 'field' {
  const { from, to, term } = head;
  switch (type) {
    case TYPE.preVote:
    case TYPE.vote: {
      const lastIndex = readU64(bytes, at);
      const lastTerm = readU64(bytes, at + 8);
      if (lastIndex < 0 || lastTerm < 0 || lastTerm > term) return 'field';
      return { type: type === TYPE.vote ? 'vote' : 'preVote', from, to, term, lastIndex, lastTerm };
    }
    case TYPE.preVoteReply:
    case TYPE.voteReply: {
      const flag = bytes[at] as number;
      if (flag > 1) return 'field';
      const name = type === TYPE.voteReply ? 'voteReply' : 'preVoteReply';
      return { type: name, from, to, term, granted: flag === 1 };
    }
    case TYPE.appendReply: {
      const matchIndex = readU64(bytes, at);
      return matchIndex < 0 ? 'field' : { type: 'appendReply', from, to, term, matchIndex };
    }
    case TYPE.appendReject: {
      const prevIndex = readU64(bytes, at);
      const hintIndex = readU64(bytes, at + 8);
      const hintTerm = readU64(bytes, at + 16);
      if (prevIndex < 0 || hintIndex < 0 || hintTerm < 0) return 'field';
      return { type: 'appendReject', from, to, term, prevIndex, hintIndex, hintTerm };
    }
    case TYPE.heartbeat: {
      const commitIndex = readU64(bytes, at);
      const round = readU64(bytes, at + 8);
      if (commitIndex < 0 || round < 0) return 'field';
      return { type: 'heartbeat', from, to, term, commitIndex, round };
    }
    case TYPE.heartbeatReply: {
      const round = readU64(bytes, at);
      return round < 0 ? 'field' : { type: 'heartbeatReply', from, to, term, round };
    }
    case TYPE.readIndex: {
      const requestId = readU64(bytes, at);
      return requestId < 0 ? 'field' : { type: 'readIndex', from, to, term, requestId };
    }
    case TYPE.readIndexReply: {
      const requestId = readU64(bytes, at);
      const index = readU64(bytes, at + 8);
      if (requestId < 0 || index < 0) return 'field';
      return { type: 'readIndexReply', from, to, term, requestId, index };
    }
    default: {
      assert(type === TYPE.forwardRefused, 'every type has a decoder');
      const firstSequence = readU64(bytes, at);
      const count = bytes.readUInt32LE(at + 8);
      if (firstSequence < 0 || count < 1) return 'field';
      return { type: 'forwardRefused', from, to, term, firstSequence, count };
    }
  }
}

/** Paper 5.3: the batches continue (prevIndex, prevTerm) without a gap, no newer than the sender. */
function decodeAppend(
  bytes: Bytes,
  at: number,
  end: number,
  head: Head,
  cluster: ClusterId,
): AppendRequest | MessageFault {
  const prevIndex = readU64(bytes, at);
  const prevTerm = readU64(bytes, at + 8);
  const commitIndex = readU64(bytes, at + 16);
  const round = readU64(bytes, at + 24);
  const count = bytes.readUInt32LE(at + 32);
  if (prevIndex < 0 || prevTerm < 0 || commitIndex < 0 || round < 0) return 'field';
  if ((prevIndex === 0) !== (prevTerm === 0) || prevTerm > head.term) return 'field';
  let offset = at + 36;
  if (count * BATCH_HEADER_BYTES > end - offset) return 'length';
  // NB: the batches see no byte past this frame, so none can reach into the next.
  const own = end === bytes.length ? bytes : bytes.subarray(0, end);
  const batches: Batch[] = [];
  let last = prevIndex;
  let lastTerm = prevTerm;
  for (let i = 0; i < count; i += 1) {
    const batch = decodeBatch(own, offset, cluster);
    if (typeof batch === 'string') return 'batch';
    if (batch.first !== last + 1 || !Number.isSafeInteger(batch.last)) return 'batch';
    if (batch.term < lastTerm || batch.term > head.term) return 'batch';
    last = batch.last;
    lastTerm = batch.term;
    offset += batch.bytes.length;
    batches.push(batch);
  }
  if (offset !== end) return 'length';
  const { from, to, term } = head;
  return { type: 'append', from, to, term, prevIndex, prevTerm, commitIndex, round, batches };
}

function decodeForward(bytes: Bytes, at: number, end: number, head: Head): Forward | MessageFault {
  const firstSequence = readU64(bytes, at);
  const count = bytes.readUInt32LE(at + 8);
  const records = bytes.subarray(at + 12, end);
  if (firstSequence < 0 || count < 1) return 'field';
  if (records.length > BATCH_BYTES_MAX - BATCH_HEADER_BYTES) return 'records';
  if (!recordsAreWhole(records, count)) return 'records';
  const { from, to, term } = head;
  return { type: 'forward', from, to, term, firstSequence, count, records };
}

function isMember(number: MemberNumber): boolean {
  return Number.isInteger(number) && number >= 1 && number <= MEMBER_MAX;
}
