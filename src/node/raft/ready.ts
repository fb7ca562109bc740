/**
 * The core's output: everything one turn asks of the outside, in the order it must be done.
 *
 * ```
 *  1  persist   hand `persist` to the log (LogStore.write); do not wait. A leader sends first
 *  2  send      send `messages`, read `logReads` from the log, `snapshotReads` from the snapshot;
 *               write `snapshotArrivals`
 *  3  apply     apply entries up to `commitIndex` (and, for a durable app, up to its durable index)
 *  4  answer    answer the clients whose commands were applied, serve `reads`
 * ```
 *
 * There is no `advance`: the next Ready may be taken while a sync still runs. Messages that promise
 * durability are never in `messages` before `logSynced(sequence)` told the core that what they
 * promise is on disk; a leader's appends are there at once (thesis 10.2.1), and it counts itself
 * towards a majority only after its own sync.
 */

import type { Bytes } from '../../std/bytes.ts';
import type { LogIndex, MemberNumber, Term } from '../model/ids.ts';
import type { LogWrite } from '../model/log-write.ts';
import type { RaftMessage } from '../model/message.ts';
import type { SnapshotPoint } from '../model/snapshot.ts';

export interface LogReadRequest {
  /** For which follower. */
  readonly member: MemberNumber;
  readonly from: LogIndex;
  readonly through: LogIndex;
  readonly bytesMax: number;
}

/** A part of a snapshot's file that a follower needs. */
export interface SnapshotReadRequest {
  readonly member: MemberNumber;
  readonly index: LogIndex;
  readonly offset: number;
  readonly bytesMax: number;
}

export interface SnapshotFilePart {
  /** Length of the whole file. */
  readonly total: number;
  readonly data: Bytes;
}

/** A part of the leader's snapshot that arrived, in order: to be written to a temporary file. */
export interface SnapshotArrival {
  readonly index: LogIndex;
  readonly term: Term;
  /** 0: a new file begins; what was received before is given up. */
  readonly offset: number;
  readonly data: Bytes;
  /** The file is whole with it: to be verified and made durable. */
  readonly last: boolean;
}

/** Reads registered with `readIndex()` that may be served once `index` is applied. */
export interface ReadState {
  readonly requestId: number;
  /** 0: refused; try again when there is a leader. */
  readonly index: LogIndex;
  /** By a lease of this replica, not by a round: it must still hold when the read is served. */
  readonly leased?: boolean;
}

/** Why a transfer was not begun. */
export type TransferRefusal =
  | 'notLeader'
  | 'alreadyLeads'
  | 'notMember'
  | 'notVoter'
  | 'notConnected'
  /** It lacks entries that only a snapshot can give it. */
  | 'needsSnapshot'
  /** Another one is under way, to somebody else. */
  | 'transferring'
  /** Nobody was named, and there is nobody who could take over. */
  | 'noTarget';

/** Why a transfer was given up. */
export type TransferLoss = 'timeout' | 'notVoter' | 'notConnected';

/** Something worth telling, in numbers only; the replica makes events of it. */
export type Trace =
  | {
      readonly type: 'electionStarted';
      readonly kind: 'preVote' | 'vote';
      readonly reason: 'timeout' | 'leaderConnectionLost' | 'retry' | 'transfer';
      readonly term: Term;
      readonly timeoutTicks: number;
    }
  | {
      readonly type: 'voteAnswered';
      readonly kind: 'preVote' | 'vote';
      readonly candidate: MemberNumber;
      readonly term: Term;
      readonly granted: boolean;
      /** One word: granted, leaderAlive, alreadyVoted, logBehind, staleTerm, standing, diskFull. */
      readonly reason: string;
    }
  | {
      readonly type: 'roleChanged';
      readonly from: Role;
      readonly to: Role;
      readonly term: Term;
      /** For leaders: who voted. */
      readonly votes: readonly MemberNumber[];
      /** For step-downs: higherTerm, leaderHeard, checkQuorum, diskFull, lost, gaveWay, removed. */
      readonly reason: string;
    }
  | {
      /** Another configuration counts from now on: one that came, or the one before one cut off. */
      readonly type: 'configurationChanged';
      readonly index: LogIndex;
      readonly voters: readonly MemberNumber[];
      /** None: it is not joint. */
      readonly outgoingVoters: readonly MemberNumber[];
      readonly learners: readonly MemberNumber[];
    }
  | { readonly type: 'leaderKnown'; readonly leader: MemberNumber; readonly term: Term }
  | { readonly type: 'transferStarted'; readonly target: MemberNumber; readonly term: Term }
  | {
      readonly type: 'transferGivenUp';
      readonly target: MemberNumber;
      readonly term: Term;
      readonly reason: TransferLoss;
    }
  | { readonly type: 'snapshotSending'; readonly member: MemberNumber; readonly index: LogIndex }
  | { readonly type: 'snapshotInstalled'; readonly index: LogIndex; readonly term: Term }
  | { readonly type: 'truncated'; readonly from: LogIndex; readonly lastIndex: LogIndex };

export type Role = 'follower' | 'preCandidate' | 'candidate' | 'leader' | 'learner';

export interface Ready {
  readonly persist: LogWrite | null;
  readonly messages: readonly RaftMessage[];
  readonly logReads: readonly LogReadRequest[];
  readonly snapshotReads: readonly SnapshotReadRequest[];
  readonly snapshotArrivals: readonly SnapshotArrival[];
  /** The state must be replaced by that of the store's newest snapshot before more is applied. */
  readonly installed: SnapshotPoint | null;
  readonly reads: readonly ReadState[];
  readonly commitIndex: LogIndex;
  readonly trace: readonly Trace[];
}
