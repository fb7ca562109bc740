/**
 * Messages between replicas as bytes and back: one `PeerMessage` is one frame (message-frame.ts).
 * Pure.
 *
 * Bulk bytes are never copied to be encoded: `writeHead` writes the fixed part of a frame, and the
 * batches or records go behind it from where they are.
 *
 * The decoder is total: whatever the bytes, it returns a message or a fault, never throws, and
 * never allocates by a length it read.
 */
import { assert } from '../../std/assert.ts';
import { allocBytes, type Bytes, crc32, readU64, writeU64 } from '../../std/bytes.ts';
import { BATCH_BYTES_MAX, BATCH_HEADER_BYTES, type Batch, decodeBatch } from './batch.ts';
import { recordsAreWhole } from './command.ts';
import { decodeElection, writeElectionFields } from './election-message.ts';
import type { ClusterId, MemberNumber, Term } from './ids.ts';
import type { AppendRequest, Forward, PeerMessage } from './message.ts';
import {
  APPEND_FIELDS_BYTES,
  FORWARD_FIELDS_BYTES,
  FRAME_BYTES_MAX,
  FRAME_HEADER_BYTES,
  FRAME_TYPE,
  frameLength,
  HEAD_BYTES,
  headLength,
} from './message-frame.ts';
import { decodeSnapshot, sumSnapshotData, writeSnapshotFields } from './snapshot-message.ts';

const MEMBER_MAX = 0xffff_ffff;

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
  into.writeUInt32LE(FRAME_TYPE[message.type], at + 8); // Also clears the reserved bytes.
  into.writeUInt32LE(message.from, at + 12);
  into.writeUInt32LE(message.to, at + 16);
  writeU64(into, message.term, at + 20);
  writeFields(message, into, at + FRAME_HEADER_BYTES);
  let checksum = crc32(into.subarray(at + 4, end));
  if (message.type === 'forward') checksum = crc32(message.records, checksum);
  if (message.type === 'snapshot') checksum = sumSnapshotData(message, checksum);
  into.writeUInt32LE(checksum, at);
  return end;
}

function writeFields(message: PeerMessage, into: Bytes, at: number): void {
  switch (message.type) {
    case 'preVote':
    case 'vote':
    case 'transferVote':
    case 'preVoteReply':
    case 'voteReply':
    case 'timeoutNow':
      writeElectionFields(message, into, at);
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
    case 'clock':
      writeU64(into, message.wallMs, at);
      break;
    case 'readIndex':
      writeU64(into, message.requestId, at);
      break;
    case 'readIndexReply':
      writeU64(into, message.requestId, at);
      writeU64(into, message.index, at + 8);
      break;
    case 'snapshot':
      writeSnapshotFields(message, into, at);
      break;
    case 'snapshotReply':
      writeU64(into, message.index, at);
      writeU64(into, message.offset, at + 8);
      break;
    case 'forward':
    case 'forwardRefused':
      writeU64(into, message.firstSequence, at);
      into.writeUInt32LE(message.count, at + 8);
      break;
  }
}

/** The whole frame in one piece. The transport, which avoids the copy, uses `writeHead`. */
export function encodeMessage(message: PeerMessage): Bytes {
  const bytes = allocBytes(frameLength(message));
  let at = writeHead(message, bytes, 0);
  if (message.type === 'append') {
    for (const batch of message.batches) at += batch.bytes.copy(bytes, at);
  } else if (message.type === 'forward') {
    at += message.records.copy(bytes, at);
  } else if (message.type === 'snapshot') {
    at += message.data.copy(bytes, at);
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
  const hasBody =
    type === FRAME_TYPE.append || type === FRAME_TYPE.forward || type === FRAME_TYPE.snapshot;
  if (hasBody ? end - start < headBytes : end - start !== headBytes) return 'length';
  const summedEnd = type === FRAME_TYPE.append ? start + headBytes : end;
  if (crc32(bytes.subarray(start + 4, summedEnd)) !== bytes.readUInt32LE(start)) return 'checksum';
  if (bytes[start + 9] !== 0 || bytes.readUInt16LE(start + 10) !== 0) return 'field';
  const head: Head = {
    from: bytes.readUInt32LE(start + 12),
    to: bytes.readUInt32LE(start + 16),
    term: readU64(bytes, start + 20),
  };
  if (head.from === 0 || head.to === 0 || head.from === head.to || head.term < 1) return 'field';
  const at = start + FRAME_HEADER_BYTES;
  if (type === FRAME_TYPE.append) return decodeAppend(bytes, at, end, head, cluster);
  if (type === FRAME_TYPE.forward) return decodeForward(bytes, at, end, head);
  if (type === FRAME_TYPE.snapshot) return decodeSnapshot(bytes, at, end, head);
  return decodeFixed(bytes, at, type, head);
}

interface Head {
  readonly from: MemberNumber;
  readonly to: MemberNumber;
  readonly term: Term;
}

/**
 * Messages whose length is known from their type: acknowledgements here, elections in a file of
 * their own, the rest below. NB: `readU64` gives -1 for what no number of ours is.
 */
function decodeFixed(bytes: Bytes, at: number, type: number, head: Head): PeerMessage | 'field' {
  const { from, to, term } = head;
  switch (type) {
    case FRAME_TYPE.appendReply: {
      const matchIndex = readU64(bytes, at);
      return matchIndex < 0 ? 'field' : { type: 'appendReply', from, to, term, matchIndex };
    }
    case FRAME_TYPE.appendReject: {
      const prevIndex = readU64(bytes, at);
      const hintIndex = readU64(bytes, at + 8);
      const hintTerm = readU64(bytes, at + 16);
      if (prevIndex < 0 || hintIndex < 0 || hintTerm < 0) return 'field';
      return { type: 'appendReject', from, to, term, prevIndex, hintIndex, hintTerm };
    }
    default:
      return decodeElection(bytes, at, type, head) ?? decodeRound(bytes, at, type, head);
  }
}

/** Heartbeats, reads, refused forwards and the time. */
function decodeRound(bytes: Bytes, at: number, type: number, head: Head): PeerMessage | 'field' {
  const { from, to, term } = head;
  const first = readU64(bytes, at);
  if (first < 0) return 'field';
  switch (type) {
    case FRAME_TYPE.heartbeat: {
      const round = readU64(bytes, at + 8);
      if (round < 0) return 'field';
      return { type: 'heartbeat', from, to, term, commitIndex: first, round };
    }
    case FRAME_TYPE.heartbeatReply:
      return { type: 'heartbeatReply', from, to, term, round: first };
    case FRAME_TYPE.clock:
      return { type: 'clock', from, to, term, wallMs: first };
    case FRAME_TYPE.readIndex:
      return { type: 'readIndex', from, to, term, requestId: first };
    case FRAME_TYPE.readIndexReply: {
      const index = readU64(bytes, at + 8);
      if (index < 0) return 'field';
      return { type: 'readIndexReply', from, to, term, requestId: first, index };
    }
    case FRAME_TYPE.snapshotReply: {
      const offset = readU64(bytes, at + 8);
      if (offset < 0) return 'field';
      return { type: 'snapshotReply', from, to, term, index: first, offset };
    }
    default: {
      assert(type === FRAME_TYPE.forwardRefused, 'every type has a decoder');
      const count = bytes.readUInt32LE(at + 8);
      if (count < 1) return 'field';
      return { type: 'forwardRefused', from, to, term, firstSequence: first, count };
    }
  }
}

/** Paper 5.3: the batches continue (prevIndex, prevTerm) without a gap, up to the sender's term. */
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
  let offset = at + APPEND_FIELDS_BYTES;
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
  const records = bytes.subarray(at + FORWARD_FIELDS_BYTES, end);
  if (firstSequence < 0 || count < 1) return 'field';
  if (records.length > BATCH_BYTES_MAX - BATCH_HEADER_BYTES) return 'records';
  if (!recordsAreWhole(records, count)) return 'records';
  const { from, to, term } = head;
  return { type: 'forward', from, to, term, firstSequence, count, records };
}

function isMember(number: MemberNumber): boolean {
  return Number.isInteger(number) && number >= 1 && number <= MEMBER_MAX;
}
