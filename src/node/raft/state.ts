/**
 * All state of one replica's core in one place, as data: the rules are functions over it, one file
 * each, and the roles' files only call rules (see raft.ts for who calls whom).
 *
 * ```
 *   commitIndex <= lastIndex        durableIndex <= lastIndex
 *   baseIndex <= snapshotIndex      baseIndex <= commitIndex
 *   leadership is not null          exactly while role is leader
 *   following counts                only within `term` and for the leader of that term
 * ```
 */
import { assert } from '../../std/assert.ts';
import type { Prng } from '../../std/prng.ts';
import type { HardState } from '../model/hard-state.ts';
import type { ClusterId, LogIndex, MemberNumber, Term } from '../model/ids.ts';
import { type Membership, outgoingVotersOf, sharesMachine, votersOf } from '../model/membership.ts';
import type { RaftMessage } from '../model/message.ts';
import type { SnapshotPoint } from '../model/snapshot.ts';
import type { RaftConfig, RaftInit } from './config.ts';
import { Durability } from './durability.ts';
import { RaftLog } from './log.ts';
import { Outbox } from './outbox.ts';
import type { Progress } from './progress.ts';
import type {
  LogReadRequest,
  ReadState,
  Role,
  SnapshotArrival,
  SnapshotReadRequest,
  Trace,
} from './ready.ts';

/** A read that waits for the round that proves this replica still leads (thesis 6.4). */
export interface PendingRead {
  /** Who asked: a follower, or this replica itself. */
  readonly from: MemberNumber;
  readonly requestId: number;
  readonly index: LogIndex;
  readonly round: number;
}

/** Leadership is being handed over (transfer.ts): until the end of it nothing is appended. */
export interface Transfer {
  readonly target: MemberNumber;
  /** In the leader's monotonic time. */
  readonly giveUpAtMs: number;
  /** The target had everything, and was asked to stand for election. */
  asked: boolean;
}

/** Rounds of a lease that are under way, each with the time at which it began; oldest first. */
export interface Lease {
  rounds: { readonly round: number; readonly beganMs: number }[];
  /** Not in this term any more: leadership was offered to another member. */
  ended: boolean;
}

/** What only a leader keeps; thrown away as a whole when it steps down. */
export interface Leadership {
  /** Everybody else in the configuration, learners too, and who has just left it. */
  followers: Progress[];
  /** The newest configuration is joint or not committed yet: no other change may begin. */
  changeOpen: boolean;
  /** A configuration without this leader is committed: it hands over, if it can, and steps down. */
  resigns: boolean;
  /** It has asked for a successor. */
  offered: boolean;
  /** The no-op of this term: once it is committed, the leader serves. */
  readonly noopIndex: LogIndex;
  /** ReadIndex rounds and heartbeats share one counter: an echo of it answers both. */
  round: number;
  /** The round was begun in this turn and no message has carried it yet. */
  roundOpen: boolean;
  heartbeatElapsedTicks: number;
  heartbeatDue: boolean;
  /** A tick has passed: whoever does not know the commit index is told. */
  commitNewsDue: boolean;
  /** After a stall of this process: followers are not judged before they could answer. */
  quorumGraceUntilMs: number;
  /** Null: this cluster has no leases. */
  readonly lease: Lease | null;
  /** Reads whose round is under way, oldest first. */
  pendingReads: PendingRead[];
  /** Reads that came before this leader could serve. */
  parkedReads: { readonly from: MemberNumber; readonly requestId: number }[];
  transfer: Transfer | null;
}

/** What a follower keeps about the leader of the current term; cleared with every new term. */
export interface Following {
  /** The one leader this term has had; stays when contact to it is lost. */
  leaderOfTerm: MemberNumber;
  /** Own log is known to equal the leader's up to here, durable or not. */
  verifiedIndex: LogIndex;
  /** It knows that this log is durable and equal up to here: acknowledged, or asked by itself. */
  ackedIndex: LogIndex;
  /** It asked something that brought nothing new: tell it where this log stands. */
  ackWanted: boolean;
  reject: { prevIndex: LogIndex; hintIndex: LogIndex; hintTerm: Term } | null;
  /** How far the leader's snapshot has got here, to be told to it. */
  snapshotReply: { readonly index: LogIndex; readonly offset: number } | null;
  /** Newest round heard, and newest echoed. */
  round: number;
  echoedRound: number;
}

/** A snapshot that comes in from the leader, file part by file part. */
export interface Receiving {
  /** Files of two leaders may differ, even for the same entry: they are never mixed. */
  readonly leaderTerm: Term;
  readonly index: LogIndex;
  /** Everything before it has come in. */
  offset: number;
  /** All of it: the outcome is waited for. */
  complete: boolean;
}

export function newFollowing(): Following {
  return {
    leaderOfTerm: 0,
    verifiedIndex: 0,
    ackedIndex: 0,
    ackWanted: false,
    reject: null,
    snapshotReply: null,
    round: 0,
    echoedRound: 0,
  };
}

export class RaftState {
  readonly self: MemberNumber;
  readonly cluster: ClusterId;
  readonly config: RaftConfig;
  readonly prng: Prng;
  readonly log: RaftLog;
  readonly durability: Durability;
  readonly outbox = new Outbox();
  /** Members with a working connection; nothing is sent to others. */
  readonly connected = new Set<MemberNumber>();

  role: Role = 'follower';
  hardState: HardState;
  /** Whom this replica follows or is; 0: nobody known, or contact lost. */
  leader: MemberNumber = 0;
  commitIndex: LogIndex;
  diskFull = false;
  /** Monotonic time of this turn. */
  nowMs = 0;
  /** Ticks of this life. */
  ticks = 0;

  /** Of the newest configuration in the log, committed or not (paper 6). */
  voters: readonly MemberNumber[] = [];
  /** All members run on one machine. */
  sharesMachine = false;
  /** The voters of the old half of a joint configuration; none: it is not joint. */
  outgoingVoters: readonly MemberNumber[] = [];
  /** Whoever has a vote: `voters` and `outgoingVoters`, each once. */
  electorate: readonly MemberNumber[] = [];

  #membership: Membership | null = null;

  /** Ticks since the election timer was reset, and when it fires. */
  electionElapsedTicks = 0;
  electionTimeoutTicks = 0;
  /** Ticks since the leader was last heard. */
  leaderSilentTicks = 0;
  /** Tries since the leader's connection broke; -1: no such haste (see election-timer.ts). */
  urgentAttempts = -1;
  /** The connection to the leader broke, and no leader was heard since. */
  leaderConnectionLost = false;
  readonly votes = new Map<MemberNumber, boolean>();
  /** See lease.ts; Infinity: from the first turn on. */
  promisedUntilMs: number;
  /** The term in which this replica stands because the leader before asked it to; 0: never. */
  takeOverTerm: Term = 0;

  /** The newest durable snapshot. */
  snapshot: SnapshotPoint | null;
  receiving: Receiving | null = null;

  leadership: Leadership | null = null;
  following: Following = newFollowing();
  /** Reads asked of the leader and not answered yet, oldest first. */
  remoteReads: { readonly requestId: number; readonly sentTick: number }[] = [];

  /** Output of this turn, taken by `ready()`. */
  reads: ReadState[] = [];
  logReads: LogReadRequest[] = [];
  snapshotReads: SnapshotReadRequest[] = [];
  snapshotArrivals: SnapshotArrival[] = [];
  installed: SnapshotPoint | null = null;
  trace: Trace[] = [];

  constructor(init: RaftInit) {
    this.self = init.self;
    this.cluster = init.cluster;
    this.config = init.config;
    this.prng = init.prng;
    this.log = new RaftLog(init);
    this.durability = new Durability(init.lastIndex, init.hardState);
    this.hardState = init.hardState;
    // The founding configuration is the same on every founding member: committed from the start.
    // So is whatever a snapshot holds.
    this.snapshot = init.snapshot;
    this.commitIndex = Math.max(Math.min(1, init.lastIndex), this.snapshotIndex);
    assert(this.log.baseIndex <= this.snapshotIndex, 'what is missing is in a snapshot');
    // In the founders' own term nobody ever led, and a later one is durable before a promise is.
    this.promisedUntilMs = init.hardState.term > 1 ? Number.POSITIVE_INFINITY : 0;
    this.refreshVoters();
  }

  get term(): Term {
    return this.hardState.term;
  }

  get snapshotIndex(): LogIndex {
    return this.snapshot?.index ?? 0;
  }

  get isVoter(): boolean {
    return this.electorate.includes(this.self);
  }

  setHardState(hardState: HardState): void {
    this.hardState = hardState;
    this.durability.hardVersion += 1;
  }

  /** Called whenever the configuration in the log may have changed; gives new lists if it has. */
  refreshVoters(): void {
    const { membership } = this.log;
    if (membership === this.#membership) return;
    this.#membership = membership;
    this.sharesMachine = sharesMachine(membership);
    this.voters = votersOf(membership);
    this.outgoingVoters = outgoingVotersOf(membership);
    const { voters } = this;
    const leaving = this.outgoingVoters.filter((voter) => !voters.includes(voter));
    this.electorate = leaving.length === 0 ? voters : [...voters, ...leaving];
  }

  send(message: RaftMessage): void {
    this.outbox.put(message, this.durability.hardVersion);
  }
}

/** The leader's view of a member; null for strangers and for itself. */
export function progressOf(leadership: Leadership, member: MemberNumber): Progress | null {
  for (const progress of leadership.followers) {
    if (progress.member === member) return progress;
  }
  return null;
}
