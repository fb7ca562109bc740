/**
 * Snapshots in the core (paper 7): a leader whose follower needs entries it has forgotten sends the
 * file of its newest snapshot, in parts; the follower takes them in order and, once the file is
 * whole and durable, begins its log anew behind it.
 *
 * ```
 *   ask ---> snapshotReply(offset) ---> parts from there, a window at a time ---> appendReply
 *    ^                                        |
 *    +---- nothing heard for a while ---------+       (also after a lost connection)
 * ```
 * The answer that ends it is the ordinary acknowledgement: whoever holds the snapshot's entry
 * durably, by whatever way, says so when it is asked. So a lost answer leaves nobody waiting.
 */
import { assert } from '../../std/assert.ts';
import { type Bytes, NO_BYTES } from '../../std/bytes.ts';
import type { LogIndex } from '../model/ids.ts';
import type { SnapshotReply, SnapshotRequest } from '../model/message.ts';
import type { SnapshotPoint } from '../model/snapshot.ts';
import { commitThrough, hearLeader } from './follower.ts';
import type { Progress, Sending } from './progress.ts';
import type { SnapshotFilePart, SnapshotReadRequest } from './ready.ts';
import { configurationChanged } from './roles.ts';
import type { RaftState } from './state.ts';

/** Whether the follower needs entries that were forgotten here. */
export function needsSnapshot(s: RaftState, progress: Progress): boolean {
  return progress.nextIndex <= s.log.baseIndex;
}

/** Asks for parts from the disk as far as the window allows; `onSnapshotRead` sends them. */
export function sendSnapshot(s: RaftState, progress: Progress): void {
  const sending = progress.sending ?? beginSending(s, progress);
  if (sending.askDue) {
    sending.askDue = false;
    sending.asked = true;
    sendPart(s, progress, { offset: 0, total: 0, data: NO_BYTES });
    return;
  }
  if (sending.asked) return;
  const { snapshotPartBytes, snapshotPartsMax } = s.config;
  const windowEnd = sending.acked + snapshotPartBytes * snapshotPartsMax;
  // The first part tells how many there are.
  const end = sending.total === 0 ? sending.acked + 1 : Math.min(sending.total, windowEnd);
  while (sending.next < end) {
    s.snapshotReads.push({
      ...{ member: progress.member, index: sending.index },
      ...{ offset: sending.next, bytesMax: snapshotPartBytes },
    });
    sending.next += snapshotPartBytes;
  }
}

function beginSending(s: RaftState, progress: Progress): Sending {
  const { snapshot } = s;
  assert(snapshot !== null, 'what was forgotten is in a snapshot');
  const { index, term } = snapshot;
  const facts = { index, term, total: 0, next: 0, acked: 0, askDue: true, asked: false };
  progress.sending = facts;
  s.trace.push({ type: 'snapshotSending', member: progress.member, index });
  return facts;
}

function sendPart(
  s: RaftState,
  progress: Progress,
  part: { readonly offset: number; readonly total: number; readonly data: Bytes },
): void {
  const { index, term: indexTerm } = progress.sending as Sending;
  const { self: from, term } = s;
  s.send({ type: 'snapshot', from, to: progress.member, term, index, indexTerm, ...part });
}

/** A part was read from disk; null: that snapshot is gone, a newer one takes its place. */
export function onSnapshotRead(
  s: RaftState,
  progress: Progress,
  request: SnapshotReadRequest,
  part: SnapshotFilePart | null,
): void {
  const { sending } = progress;
  if (progress.mode !== 'snapshot' || sending === null || sending.index !== request.index) return;
  if (part === null) {
    progress.sending = null;
    return;
  }
  sending.total = part.total;
  sending.next = Math.min(sending.next, part.total);
  if (part.data.length === 0) return;
  sendPart(s, progress, { offset: request.offset, total: part.total, data: part.data });
}

export function onSnapshotReply(progress: Progress, message: SnapshotReply): void {
  const { sending } = progress;
  if (progress.mode !== 'snapshot' || sending?.index !== message.index) return;
  if (message.offset > sending.acked) {
    // What is under way gets there: on a slow link the answer to a question comes behind it.
    sending.asked = false;
    sending.acked = message.offset;
    sending.next = Math.max(sending.next, message.offset);
    progress.heardProgress();
  } else if (sending.asked) {
    sending.asked = false;
    sending.acked = message.offset;
    sending.next = message.offset;
    progress.ackIdleTicks = 0;
  }
}

/** Requires: the message is of the current term. */
export function onSnapshot(s: RaftState, message: SnapshotRequest): void {
  hearLeader(s, message.from);
  const { index, indexTerm } = message;
  if (index <= s.commitIndex || s.log.termAt(index) === indexTerm) {
    holdAlready(s, index);
    return;
  }
  if (!takePart(s, message)) {
    // What came of another leader's file is of no use to this one.
    const { receiving } = s;
    const goesOn = receiving?.index === index && receiving.leaderTerm === s.term;
    s.following.snapshotReply = { index, offset: goesOn ? receiving.offset : 0 };
  }
}

/** The leader's snapshot holds nothing new; it only has to hear so. */
function holdAlready(s: RaftState, index: LogIndex): void {
  const { following } = s;
  // What is committed is in every leader's log; and so is what its snapshot holds.
  commitThrough(s, index);
  following.verifiedIndex = Math.max(following.verifiedIndex, index);
  following.ackWanted = true;
}

/** @returns whether the part was the next one, and taken. */
function takePart(s: RaftState, message: SnapshotRequest): boolean {
  const { index, indexTerm: term, offset, data } = message;
  let { receiving } = s;
  if (receiving?.complete === true) return false;
  // A snapshot on disk before its term: a crash would leave entries of a term we never entered.
  if (s.diskFull || s.durability.durableHardState.term < s.term) return false;
  if (receiving === null || receiving.leaderTerm !== s.term || receiving.index < index) {
    receiving = { leaderTerm: s.term, index, offset: 0, complete: false };
    s.receiving = receiving;
  }
  if (receiving.index !== index || data.length === 0 || offset !== receiving.offset) return false;
  receiving.offset += data.length;
  receiving.complete = receiving.offset === message.total;
  s.snapshotArrivals.push({ index, term, offset, data, last: receiving.complete });
  return true;
}

/** What arrived up to `offset` is written: the leader may send more. */
export function onSnapshotStored(s: RaftState, index: LogIndex, offset: number): void {
  const { receiving, following } = s;
  if (receiving?.index !== index || offset > receiving.offset) return;
  following.snapshotReply = { index, offset };
}

/** A received snapshot is durable; null: it came to nothing. */
export function onSnapshotReceived(s: RaftState, snapshot: SnapshotPoint | null): void {
  s.receiving = null;
  if (snapshot === null) return;
  const { index, term } = snapshot;
  if (index > s.snapshotIndex) s.snapshot = snapshot;
  if (index <= s.commitIndex || s.log.termAt(index) === term) {
    if (s.leadership === null) holdAlready(s, index);
    return;
  }
  assert(s.leadership === null, 'a leader lacks what was committed before');
  s.log.beginBehind(snapshot);
  s.durability.beginBehind({ index, term });
  s.commitIndex = index;
  s.installed = snapshot;
  s.following.verifiedIndex = Math.max(s.following.verifiedIndex, index);
  s.following.ackWanted = true;
  s.following.reject = null;
  s.trace.push({ type: 'snapshotInstalled', index, term });
  configurationChanged(s);
}

/** A snapshot of the own state is durable: entries up to `through` are forgotten. */
export function onSnapshotWritten(s: RaftState, snapshot: SnapshotPoint, through: LogIndex): void {
  assert(snapshot.index <= s.commitIndex, 'a snapshot holds committed entries only');
  if (snapshot.index <= s.snapshotIndex) return;
  assert(through <= snapshot.index, 'only what a snapshot holds is forgotten');
  s.snapshot = snapshot;
  if (through > s.log.baseIndex) s.log.forgetThrough(through);
}
