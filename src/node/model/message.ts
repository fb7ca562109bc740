/**
 * What replicas say to each other. The first are Raft's own and go through the core
 * (`RaftMessage`); the others move clients' commands to the leader or tell the time, and belong to
 * the replica.
 * Encoding: message-codec.ts; bytes: docs/wire-protocol.md.
 */
import type { Bytes } from '../../std/bytes.ts';
import type { Batch } from './batch.ts';
import type { LogIndex, MemberNumber, Term } from './ids.ts';

interface Addressed {
  readonly from: MemberNumber;
  readonly to: MemberNumber;
  /** Sender's term. For a pre-vote and its granting reply: the term that would be stood for. */
  readonly term: Term;
}

/**
 * Paper 5.2, thesis 9.6: asks for a vote; a pre-vote asks whether one would be granted. With a
 * transfer vote the candidate says that the leader itself asked it to stand (thesis 3.10): then
 * nobody refuses because that leader is alive.
 */
export interface VoteRequest extends Addressed {
  readonly type: 'preVote' | 'vote' | 'transferVote';
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
}

export interface VoteReply extends Addressed {
  readonly type: 'preVoteReply' | 'voteReply';
  readonly granted: boolean;
}

/** Paper 5.3. Without batches it probes: does the follower's log hold (prevIndex, prevTerm)? */
export interface AppendRequest extends Addressed {
  readonly type: 'append';
  readonly prevIndex: LogIndex;
  readonly prevTerm: Term;
  readonly commitIndex: LogIndex;
  /** ReadIndex round: echoed in `heartbeatReply`, proves the sender still led when it was asked. */
  readonly round: number;
  readonly batches: readonly Batch[];
}

/** The follower's log is durable and equal to the leader's up to `matchIndex`. */
export interface AppendReply extends Addressed {
  readonly type: 'appendReply';
  readonly matchIndex: LogIndex;
}

/** (prevIndex, prevTerm) is not in the follower's log; the hint lets a leader skip whole terms. */
export interface AppendReject extends Addressed {
  readonly type: 'appendReject';
  /** The `prevIndex` refused, so that a late reject can be told from a fresh one. */
  readonly prevIndex: LogIndex;
  /** No index above this one can match, */
  readonly hintIndex: LogIndex;
  /** and this is the follower's term there (0: its log is empty there). */
  readonly hintTerm: Term;
}

/** Carries leadership, commit index and ReadIndex round; never batches, so it is never late. */
export interface Heartbeat extends Addressed {
  readonly type: 'heartbeat';
  /** At most what the follower is known to hold. */
  readonly commitIndex: LogIndex;
  readonly round: number;
}

export interface HeartbeatReply extends Addressed {
  readonly type: 'heartbeatReply';
  readonly round: number;
}

/** Thesis 6.4: a follower asks the leader for an index that is safe to read at. */
export interface ReadIndexRequest extends Addressed {
  readonly type: 'readIndex';
  readonly requestId: number;
}

export interface ReadIndexReply extends Addressed {
  readonly type: 'readIndexReply';
  readonly requestId: number;
  /** 0: refused (not the leader, or not yet able to serve). */
  readonly index: LogIndex;
}

/**
 * Paper 7, in parts: bytes of the leader's snapshot file. A part without data asks how far the
 * follower has got. Answered by `snapshotReply`, or by `appendReply` once the snapshot's entry is
 * durable there, installed or not.
 */
export interface SnapshotRequest extends Addressed {
  readonly type: 'snapshot';
  /** The last entry the snapshot includes. */
  readonly index: LogIndex;
  readonly indexTerm: Term;
  readonly offset: number;
  /** Length of the file; 0 in a part that only asks. */
  readonly total: number;
  readonly data: Bytes;
}

/** The follower has written the snapshot of `index` up to `offset`, and waits for what follows. */
export interface SnapshotReply extends Addressed {
  readonly type: 'snapshotReply';
  readonly index: LogIndex;
  readonly offset: number;
}

/** Thesis 3.10: the leader asks the follower to stand for election at once and to take over. */
export interface TimeoutNow extends Addressed {
  readonly type: 'timeoutNow';
  /** Where both logs end. A follower whose log has grown since got this too late to obey it. */
  readonly lastIndex: LogIndex;
}

export type RaftMessage =
  | VoteRequest
  | VoteReply
  | AppendRequest
  | AppendReply
  | AppendReject
  | Heartbeat
  | HeartbeatReply
  | ReadIndexRequest
  | ReadIndexReply
  | SnapshotRequest
  | SnapshotReply
  | TimeoutNow;

/** Commands for the leader to propose: records with origins (command.ts), sent exactly once. */
export interface Forward extends Addressed {
  readonly type: 'forward';
  readonly firstSequence: number;
  readonly count: number;
  readonly records: Bytes;
}

/** None of the commands `firstSequence..+count` entered the log here: safe to try elsewhere. */
export interface ForwardRefused extends Addressed {
  readonly type: 'forwardRefused';
  readonly firstSequence: number;
  readonly count: number;
}

/** What the sender's wall clock shows: cluster time is made of a majority's (cluster-clock.ts). */
export interface ClockReading extends Addressed {
  readonly type: 'clock';
  /** Unix milliseconds. */
  readonly wallMs: number;
}

export type PeerMessage = RaftMessage | Forward | ForwardRefused | ClockReading;
