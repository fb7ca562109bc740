/**
 * The core's front door as a type: what `raft.ts` exports as `class Raft`. Pure: no clock, no
 * socket, no promise; equal inputs give equal outputs.
 *
 * A turn: `beginTurn(nowMs)`, then any inputs, then `ready()` once (or until it returns null).
 */
import type { Bytes } from '../../std/bytes.ts';
import type { Batch, BatchKind } from '../model/batch.ts';
import type { LogIndex, MemberNumber, Term } from '../model/ids.ts';
import type { Membership } from '../model/membership.ts';
import type { MemberChange } from '../model/membership-change.ts';
import type { RaftMessage } from '../model/message.ts';
import type { SnapshotPoint } from '../model/snapshot.ts';
import type {
  Ready,
  Role,
  SnapshotFilePart,
  SnapshotReadRequest,
  TransferRefusal,
} from './ready.ts';
import type { ReconfigureResult } from './reconfigure.ts';

export type ProposeRefusal = 'notLeader' | 'diskFull' | 'transferring';

/** What is to become one batch. */
export interface Proposal {
  readonly kind: BatchKind;
  readonly count: number;
  readonly payload: Bytes;
  readonly leaderTimeMs: number;
}

export type ProposeResult =
  | { readonly accepted: true; readonly first: LogIndex; readonly term: Term }
  | { readonly accepted: false; readonly reason: ProposeRefusal };

/** Leader's view of a follower. */
export interface FollowerProgress {
  readonly matchIndex: LogIndex;
  readonly nextIndex: LogIndex;
  readonly inflightBytes: number;
  readonly connected: boolean;
}

export interface RaftFrontDoor {
  /** Monotonic milliseconds of the turn that begins; never falls. */
  beginTurn(nowMs: number): void;
  tick(): void;
  /** So many ticks go by at least until one of them makes this replica do something; 1 or more. */
  readonly idleTicks: number;
  step(message: RaftMessage): void;
  /**
   * Seals `payload` (copied) as one batch of the current term. Only a leader accepts. A time before
   * the log's own (`lastTimeMs`) is raised to it.
   */
  propose(input: Proposal): ProposeResult;
  /**
   * Begins a change of who belongs to the cluster, all of it in one step. Only a leader that serves
   * accepts, and only when no other change is under way. It has ended once `membership` is not
   * joint and `configurationIndex` is committed.
   */
  reconfigure(changes: readonly MemberChange[]): ReconfigureResult;
  /**
   * Asks for an index that is safe to read at; the answer comes in `Ready.reads`. Call at most once
   * a turn: all reads of the turn share it. Without a leader it is refused (index 0) at once.
   */
  readIndex(requestId: number): void;
  /** A command came by way of `member`: while that goes on it hears of every commit at once. */
  servesClients(member: MemberNumber): void;
  /**
   * Hands leadership over (transfer.ts); 0: to the voter that is best prepared. Until that has come
   * about or was given up, after an election timeout at most, `propose` refuses.
   *
   * @returns why nothing of the kind begins, or null.
   */
  transferLeadership(target: MemberNumber): TransferRefusal | null;
  /** The write with this sequence and all before it are durable. */
  logSynced(sequence: number): void;
  /** Answers a LogReadRequest. Null: could not be read (the request is made again later). */
  logRead(member: MemberNumber, batches: readonly Batch[] | null): void;
  /**
   * A snapshot of the own state is durable. Forgets the entries up to `through` of it, which must
   * be the end of a batch at or below the snapshot's index.
   */
  snapshotWritten(snapshot: SnapshotPoint, through: LogIndex): void;
  /** Answers a SnapshotReadRequest. Null: that snapshot is not kept any more. */
  snapshotRead(request: SnapshotReadRequest, part: SnapshotFilePart | null): void;
  /** The arrival that ends at `offset` of that snapshot's file is written. */
  snapshotStored(index: LogIndex, offset: number): void;
  /**
   * What arrived is whole and durable, or (null) it was no sound snapshot or could not be kept:
   * then it is asked for again.
   */
  snapshotReceived(snapshot: SnapshotPoint | null): void;
  /** The disk cannot take more (or can again): a leader steps down, nobody campaigns. */
  diskFull(full: boolean): void;
  peerUp(member: MemberNumber): void;
  /** The connection broke. When it was the leader's, leader contact is cleared (decision 6). */
  peerDown(member: MemberNumber): void;
  /** What is to be done now; null: nothing. */
  ready(): Ready | null;

  readonly role: Role;
  readonly term: Term;
  /** Whom this replica follows or is; 0: nobody known. */
  readonly leader: MemberNumber;
  readonly commitIndex: LogIndex;
  readonly lastIndex: LogIndex;
  /** Highest leader time in the log, Unix milliseconds; never falls. 0: none yet. */
  readonly lastTimeMs: number;
  readonly firstIndex: LogIndex;
  /** Of the newest durable snapshot; 0: none. */
  readonly snapshotIndex: LogIndex;
  /** All members run on one machine, says the newest configuration. */
  readonly sharesMachine: boolean;
  /** Own log is durable up to here. */
  readonly durableIndex: LogIndex;
  /** Monotonic time until which this replica is the only leader for sure; -Infinity: it is not. */
  readonly leaseUntilMs: number;
  /** A leader that has committed an entry of its own term: reads and proposals are served. */
  readonly serving: boolean;
  /** Whom this leader hands over to just now; 0: nobody. */
  readonly transferTarget: MemberNumber;
  /** The newest configuration in the log, committed or not, and where it stands. */
  readonly membership: Membership;
  readonly configurationIndex: LogIndex;
  /** On a leader: whether promoting the learner would make nobody wait for it. */
  hasCaughtUp(member: MemberNumber): boolean;
  termAt(index: LogIndex): Term;
  /** The batch with the newest configuration at or below `index`. */
  configurationAt(index: LogIndex): Batch;
  /** The cached batch that holds `index`, or null: read it from the log. */
  cachedBatch(index: LogIndex): Batch | null;
  /** Leader's view of a follower, or null. */
  progressOf(member: MemberNumber): FollowerProgress | null;
}
