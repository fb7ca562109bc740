/**
 * What a leader sends at the end of a turn (paper 5.3): to each connected follower the entries it
 * lacks, as far as its window allows, and a heartbeat where something must be said and no append
 * says it: a heartbeat is due, a ReadIndex round began, or the commit index moved.
 *
 * That the commit index moved, a follower mostly learns from the next append: a message of its own
 * would cost two processes a wake-up for every commit. Only one through which clients work hears
 * it at once, for their answers wait for it there; the others do so with the next tick at the
 * latest.
 */
import type { Batch } from '../model/batch.ts';
import type { LogIndex } from '../model/ids.ts';
import type { Progress } from './progress.ts';
import { needsSnapshot, sendSnapshot } from './snapshots.ts';
import type { Leadership, RaftState } from './state.ts';
import { mayWait } from './thrift.ts';
import { driveTransfer } from './transfer.ts';

/** A probe may miss, so it carries no more than this; without a small batch it goes empty. */
const PROBE_BYTES_MAX = 64 * 1024;

export function replicate(s: RaftState, lead: Leadership): void {
  for (const progress of lead.followers) {
    if (!s.connected.has(progress.member) || mayWait(s, lead, progress)) continue;
    const appended = sendEntries(s, lead, progress);
    const commitMoved = progress.sentCommit < Math.min(s.commitIndex, progress.matchIndex);
    const commitDue = commitMoved && (lead.commitNewsDue || s.ticks <= progress.clientsUntilTick);
    const news = progress.sentRound < lead.round || commitDue;
    if (lead.heartbeatDue || (news && !appended)) sendHeartbeat(s, lead, progress);
  }
  lead.heartbeatDue = false;
  lead.commitNewsDue = false;
  lead.roundOpen = false;
  driveTransfer(s, lead);
}

/**
 * Takes the batches that were read from disk for a follower; `replicate` sends them.
 * A read that nobody waits for any more (the connection broke meanwhile) is ignored.
 */
export function onLogRead(
  s: RaftState,
  progress: Progress,
  batches: readonly Batch[] | null,
): void {
  if (progress.readFrom === 0) return;
  const first = batches?.[0];
  if (batches === null || first === undefined) {
    progress.readFrom = 0;
    progress.readFailed = true;
    return;
  }
  if (progress.readFrom < first.first || progress.readFrom > first.last) return;
  progress.readFrom = 0;
  const held = batches.every((batch) => s.log.termAt(batch.last) === batch.term);
  progress.readBatches = held ? batches : null;
}

/** @returns whether an append was sent. */
function sendEntries(s: RaftState, lead: Leadership, progress: Progress): boolean {
  if (progress.mode !== 'snapshot' && needsSnapshot(s, progress)) {
    progress.becomeSnapshot(s.log.baseIndex);
  }
  switch (progress.mode) {
    case 'probe':
      return sendProbe(s, lead, progress);
    case 'replicate':
      return fillWindow(s, lead, progress);
    case 'snapshot':
      sendSnapshot(s, progress);
      return false;
  }
}

function sendProbe(s: RaftState, lead: Leadership, progress: Progress): boolean {
  if (progress.probeSent) return false;
  const batches = s.log.collect(progress.nextIndex, PROBE_BYTES_MAX, 1);
  const [first] = batches;
  // A hint of another log may lie inside a batch of this one: batches travel whole.
  if (first !== undefined) progress.nextIndex = Math.min(progress.nextIndex, first.first);
  const small = first !== undefined && first.bytes.length <= PROBE_BYTES_MAX;
  progress.probeSent = true;
  sendAppend(s, lead, {
    progress,
    prevIndex: progress.nextIndex - 1,
    batches: small ? batches : [],
  });
  return true;
}

/** @returns whether anything was sent. */
function fillWindow(s: RaftState, lead: Leadership, progress: Progress): boolean {
  let sent = false;
  while (progress.nextIndex <= s.log.lastIndex && !progress.inflights.full) {
    const batches = nextBatches(s, progress);
    const last = batches.at(-1);
    if (last === undefined) break;
    const prevIndex = (batches[0] as Batch).first - 1;
    sendAppend(s, lead, { progress, prevIndex, batches });
    progress.sent(last.last, batches.length, byteLength(batches));
    sent = true;
  }
  return sent;
}

/** The follower's next batches from the cache or a finished read; none: a read is under way. */
function nextBatches(s: RaftState, progress: Progress): readonly Batch[] {
  const { nextIndex } = progress;
  const read = progress.readBatches;
  if (read !== null) {
    const { batchRoom } = progress.inflights;
    const fitting = read.slice(0, batchRoom);
    progress.readBatches = read.length > batchRoom ? read.slice(batchRoom) : null;
    const covers =
      (fitting[0]?.first ?? 0) <= nextIndex && (fitting.at(-1)?.last ?? 0) >= nextIndex;
    if (covers) return fitting;
    progress.readBatches = null;
  }
  if (progress.readFrom !== 0 || progress.readFailed) return [];
  const { cachedFrom } = s.log;
  if (nextIndex < cachedFrom) {
    progress.readFrom = nextIndex;
    s.logReads.push({
      member: progress.member,
      from: nextIndex,
      through: cachedFrom - 1,
      bytesMax: s.config.appendBytesMax,
    });
    return [];
  }
  return s.log.collect(nextIndex, s.config.appendBytesMax, progress.inflights.batchRoom);
}

function sendAppend(
  s: RaftState,
  lead: Leadership,
  what: {
    readonly progress: Progress;
    readonly prevIndex: LogIndex;
    readonly batches: readonly Batch[];
  },
): void {
  const { progress, prevIndex, batches } = what;
  const last = batches.at(-1)?.last ?? prevIndex;
  progress.sentRound = lead.round;
  progress.sentCommit = Math.max(progress.sentCommit, Math.min(s.commitIndex, last));
  s.send({
    type: 'append',
    from: s.self,
    to: progress.member,
    term: s.term,
    prevIndex,
    prevTerm: s.log.termAt(prevIndex),
    commitIndex: s.commitIndex,
    round: lead.round,
    batches,
  });
}

function sendHeartbeat(s: RaftState, lead: Leadership, progress: Progress): void {
  const commitIndex = Math.min(s.commitIndex, progress.matchIndex);
  progress.sentRound = lead.round;
  progress.sentCommit = Math.max(progress.sentCommit, commitIndex);
  s.send({
    type: 'heartbeat',
    from: s.self,
    to: progress.member,
    term: s.term,
    commitIndex,
    round: lead.round,
  });
}

function byteLength(batches: readonly Batch[]): number {
  let bytes = 0;
  for (const batch of batches) bytes += batch.bytes.length;
  return bytes;
}
