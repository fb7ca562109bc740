/** What one replica's core is told at its start, and the named bounds of everything it keeps. */
import type { Prng } from '../../std/prng.ts';
import type { Batch } from '../model/batch.ts';
import type { HardState } from '../model/hard-state.ts';
import type { ClusterId, LogIndex, MemberNumber, Term } from '../model/ids.ts';
import type { TermRun } from '../model/log-write.ts';
import type { SnapshotPoint } from '../model/snapshot.ts';

export interface RaftConfig {
  /** A follower that hears nothing for a random time in this range stands for election. */
  readonly electionTimeoutTicksMin: number;
  readonly electionTimeoutTicksMax: number;
  readonly heartbeatTicks: number;
  /** Milliseconds of one tick: check-quorum is judged by the clock, not by counting ticks. */
  readonly tickMs: number;
  /** After the leader's connection broke: ticks between pre-votes, drawn from this range. */
  readonly reconnectVoteTicksMin: number;
  readonly reconnectVoteTicksMax: number;
  /** Unacknowledged batches under way to one follower. Too small: idle links; too large: memory. */
  readonly inflightBatchesMax: number;
  readonly inflightBytesMax: number;
  /** Batches in one append message: at least one batch, then as many as fit. */
  readonly appendBytesMax: number;
  /** Where members share a machine: how long entries for a patient follower are gathered. */
  readonly patienceMs: number;
  /** Recent batches kept in memory for followers and the applier; older ones are read from disk. */
  readonly cacheBytesMax: number;
  /** ReadIndex requests waiting for their round; over it they are refused. */
  readonly pendingReadsMax: number;
  /** Bytes of a snapshot in one message, and how many messages are under way to one follower. */
  readonly snapshotPartBytes: number;
  readonly snapshotPartsMax: number;
}

/** The core's timers as people say them. */
export interface Timeouts {
  readonly electionTimeoutMsMin: number;
  readonly electionTimeoutMsMax: number;
  readonly heartbeatMs: number;
}

type Timers = Pick<
  RaftConfig,
  'electionTimeoutTicksMin' | 'electionTimeoutTicksMax' | 'heartbeatTicks'
>;

/** The same in ticks: election timeouts are never shorter than asked for. */
export function timersOf(timeouts: Timeouts, tickMs: number): Timers {
  return {
    electionTimeoutTicksMin: Math.ceil(timeouts.electionTimeoutMsMin / tickMs),
    electionTimeoutTicksMax: Math.ceil(timeouts.electionTimeoutMsMax / tickMs),
    heartbeatTicks: Math.max(1, Math.round(timeouts.heartbeatMs / tickMs)),
  };
}

/** Every tick wakes an idle process: as rare as a quick failover allows. */
const TICK_MS = 25;

export const RAFT_CONFIG_DEFAULT: RaftConfig = {
  tickMs: TICK_MS,
  ...timersOf({ electionTimeoutMsMin: 500, electionTimeoutMsMax: 1000, heartbeatMs: 100 }, TICK_MS),
  reconnectVoteTicksMin: 1,
  reconnectVoteTicksMax: 2,
  inflightBatchesMax: 256,
  inflightBytesMax: 8 * 1024 * 1024,
  appendBytesMax: 1024 * 1024,
  patienceMs: 20,
  cacheBytesMax: 8 * 1024 * 1024,
  pendingReadsMax: 4096,
  snapshotPartBytes: 256 * 1024,
  snapshotPartsMax: 8,
};

export interface RaftInit {
  readonly self: MemberNumber;
  readonly cluster: ClusterId;
  readonly config: RaftConfig;
  /** Draws election timeouts. */
  readonly prng: Prng;
  readonly hardState: HardState;
  /** The newest durable snapshot; null: none. The log holds its entry, or begins behind it. */
  readonly snapshot: SnapshotPoint | null;
  /** The entry before the first one the log holds. */
  readonly baseIndex: LogIndex;
  readonly baseTerm: Term;
  readonly lastIndex: LogIndex;
  readonly termRuns: readonly TermRun[];
  readonly configurations: readonly Batch[];
  readonly tail: readonly Batch[];
}
