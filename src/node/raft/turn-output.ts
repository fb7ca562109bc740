/** Gathers what a turn's rules have left in the state into the Ready that is handed out. */
import type { LogIndex } from '../model/ids.ts';
import type { LogReadRequest, ReadState, Ready, Trace } from './ready.ts';
import type { RaftState } from './state.ts';

const NO_LOG_READS: readonly LogReadRequest[] = [];
const NO_READS: readonly ReadState[] = [];
const NO_TRACE: readonly Trace[] = [];

/** @returns null when there is nothing to do, and `reportedCommit` is what the last one told. */
export function takeReady(s: RaftState, reportedCommit: LogIndex): Ready | null {
  const persist = s.durability.takeWrite(s.hardState, s.log);
  const messages = s.outbox.release(s.durability.durableHardVersion, s.term);
  s.log.evict(Math.min(s.commitIndex, s.durability.durableIndex), s.config.cacheBytesMax);
  const idle =
    persist === null &&
    messages.length === 0 &&
    s.logReads.length === 0 &&
    s.snapshotReads.length === 0 &&
    s.snapshotArrivals.length === 0 &&
    s.installed === null &&
    s.reads.length === 0 &&
    s.trace.length === 0 &&
    s.commitIndex === reportedCommit;
  if (idle) return null;
  const ready: Ready = {
    persist,
    messages,
    logReads: s.logReads.length === 0 ? NO_LOG_READS : s.logReads,
    snapshotReads: s.snapshotReads,
    snapshotArrivals: s.snapshotArrivals,
    installed: s.installed,
    reads: s.reads.length === 0 ? NO_READS : s.reads,
    commitIndex: s.commitIndex,
    trace: s.trace.length === 0 ? NO_TRACE : s.trace,
  };
  if (s.logReads.length > 0) s.logReads = [];
  if (s.snapshotReads.length > 0) s.snapshotReads = [];
  if (s.snapshotArrivals.length > 0) s.snapshotArrivals = [];
  s.installed = null;
  if (s.reads.length > 0) s.reads = [];
  if (s.trace.length > 0) s.trace = [];
  return ready;
}
