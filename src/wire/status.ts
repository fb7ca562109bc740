/**
 * Status of one node and of a cluster, as the admin API and `--json` give them. Numbers are
 * numbers, units last, absent values null; fields are only ever added within v1.
 */

export type NodeState = 'up' | 'down' | 'starting' | 'paused' | 'removed';
export type RoleName = 'leader' | 'candidate' | 'preCandidate' | 'follower' | 'learner';
export type FsyncName = 'always' | 'batch' | 'none';

export interface MemberStatus {
  readonly member: number;
  readonly id: string;
  readonly voter: boolean;
  /** On the leader, of a learner: whether it could be promoted now; null elsewhere. */
  readonly caughtUp: boolean | null;
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly adminAddress: string;
  /** On the leader, what it knows of its followers; null elsewhere. */
  readonly matchIndex: number | null;
  readonly nextIndex: number | null;
  readonly connected: boolean;
  readonly rttMs: number | null;
}

/** `GET /v1/status` of a node's admin port. Schema raftctl/admin.status/v1. */
export interface NodeStatus {
  readonly id: string;
  readonly member: number;
  readonly cluster: string;
  readonly clusterId: string;
  readonly app: string;
  readonly version: string;
  readonly pid: number;
  readonly incarnation: string;
  readonly uptimeMs: number;
  readonly role: RoleName;
  readonly voter: boolean;
  readonly term: number;
  /** Name and member number of the leader this node knows; null: none. */
  readonly leader: string | null;
  readonly leaderMember: number | null;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly durableIndex: number;
  readonly lastIndex: number;
  readonly firstIndex: number;
  /** Whether this node, as leader, has committed an entry of its own term (can serve). */
  readonly serving: boolean;
  /** Whether the leader answers reads by a lease: a property of the whole cluster. */
  readonly leases: boolean;
  readonly fsync: FsyncName;
  /** In words: what the fsync mode promises. */
  readonly durability: string;
  readonly logBytes: number;
  readonly freeBytes: number;
  /** Last entry of the newest snapshot and the length of its file; 0: there is none. */
  readonly snapshotIndex: number;
  readonly snapshotBytes: number;
  readonly diskFull: boolean;
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly adminAddress: string;
  readonly connections: number;
  /** Of the newest configuration this node knows; while it changes, of what it changes to. */
  readonly members: readonly MemberStatus[];
  /** A change of the members has not ended yet. */
  readonly changing: boolean;
  readonly error: string | null;
}

/** One row of `raftctl cluster status --json`. */
export interface ClusterNodeRow {
  readonly id: string;
  readonly member: number;
  readonly state: NodeState;
  readonly role: RoleName | null;
  readonly voter: boolean;
  readonly term: number | null;
  readonly commitIndex: number | null;
  readonly appliedIndex: number | null;
  readonly lastIndex: number | null;
  /** Entries behind the leader's commit index; null when either is unknown. */
  readonly lag: number | null;
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly adminAddress: string;
  readonly pid: number | null;
  readonly uptimeMs: number | null;
  /** Milliseconds since the node last answered; 0 when it just did; null: never seen. */
  readonly lastSeenMs: number | null;
  readonly fsync: FsyncName;
  readonly logBytes: number | null;
  readonly freeBytes: number | null;
  readonly snapshotIndex: number | null;
  readonly snapshotBytes: number | null;
  readonly error: string | null;
}

/** `raftctl cluster status --json`: schema raftctl/cluster.status/v1. */
export interface ClusterStatus {
  readonly name: string;
  readonly app: string;
  readonly leader: string | null;
  readonly term: number | null;
  readonly quorum: number;
  /** How many more voters may fail before writes stop. */
  readonly tolerance: number;
  /** Writes are acknowledged: the leader has committed in its term and reaches a majority. */
  readonly serving: boolean;
  /** It serves, and every node is up and well. */
  readonly healthy: boolean;
  /** Whether its leader answers reads by a lease. */
  readonly leases: boolean;
  readonly fsync: FsyncName;
  readonly durability: string;
  readonly nodes: readonly ClusterNodeRow[];
}

/** More entries behind than this is worth a word: a follower under load is always a few behind. */
export const LAG_ENTRIES_MAX = 10_000;

const DURABILITY: Readonly<Record<FsyncName, string>> = {
  always: 'acknowledged writes are synced to disk on a majority',
  batch: 'WEAK: acknowledged writes are synced within 100 ms; a power cut may lose the last ones',
  none: 'WEAK: acknowledged writes are never synced; a power cut may lose any of them',
};

export function durabilityOf(fsync: FsyncName): string {
  return DURABILITY[fsync];
}
