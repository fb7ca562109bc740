/**
 * How much of the log stays behind a snapshot.
 *
 * Usually a little, for members that are a bit late, and what a connected follower still needs as
 * long as it is in memory anyway. Where the cluster retains all (`Membership.retain`), learners
 * are *loggers*, which must get every entry as an entry: the log is held back for them,
 *
 * - on a leader, which knows how far they are, from their durable index on;
 * - on the others, one of which may lead next, altogether;
 *
 * but never more of it than `loggerHoldBytes`: a logger that is away for longer must not fill the
 * disks of all. It is sent a snapshot then, and the gap is plain to see in its log.
 */
import { assert } from '../../std/assert.ts';
import type { LogIndex } from '../model/ids.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';

export interface TrailingConfig {
  /** So much log is kept behind a snapshot for followers that are a bit late: both bounds hold. */
  readonly trailingLogBytes: number;
  readonly trailingLogEntries: number;
  /** A log of more than that is not held back for a logger. */
  readonly loggerHoldBytes: number;
}

interface TrailingParts {
  readonly raft: RaftFrontDoor;
  readonly log: Pick<LogStore, 'stats'>;
}

/** @returns the end of the last batch that may be forgotten behind a snapshot of `index`. */
export function keepTrailing(
  { raft, log }: TrailingParts,
  config: TrailingConfig,
  index: LogIndex,
): LogIndex {
  const { trailingLogBytes, trailingLogEntries } = config;
  let through = index;
  let bytes = 0;
  while (through > 0 && index - through < trailingLogEntries) {
    const batch = raft.cachedBatch(through);
    if (batch === null) break;
    assert(batch.last === through, 'a snapshot ends with a batch');
    bytes += batch.bytes.length;
    if (bytes > trailingLogBytes) break;
    through = batch.first - 1;
  }
  through = keepForFollowers(raft, through);
  const mayHold = log.stats().logBytes <= config.loggerHoldBytes;
  if (mayHold) through = Math.min(through, loggersHave(raft));
  return Math.max(through, raft.firstIndex - 1);
}

/** What a connected follower still needs stays, as long as it is in memory anyway. */
function keepForFollowers(raft: RaftFrontDoor, index: LogIndex): LogIndex {
  let through = index;
  for (const { number } of raft.membership.members) {
    const progress = raft.progressOf(number);
    const match = progress?.connected === true ? progress.matchIndex : index;
    if (match >= through) continue;
    const batch = raft.cachedBatch(match + 1);
    if (batch !== null) through = batch.first - 1;
  }
  return through;
}

/** Every logger has all up to there, as far as this member knows. */
function loggersHave(raft: RaftFrontDoor): LogIndex {
  const { membership } = raft;
  if (membership.retain !== 'all') return Number.POSITIVE_INFINITY;
  let through = Number.POSITIVE_INFINITY;
  for (const { number, voter } of membership.members) {
    // Acknowledged are whole batches: what lies behind one can be forgotten.
    if (!voter) through = Math.min(through, raft.progressOf(number)?.matchIndex ?? 0);
  }
  return through;
}
