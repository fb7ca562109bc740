/** What the admin server asks of the process it runs in: one of these for each replica hosted. */
import type { Bytes } from '../../std/bytes.ts';
import type { ErrorCode } from '../../std/errors.ts';
import type { Histogram } from '../../std/histogram.ts';
import type { EventData, NodeEvent } from '../../wire/events.ts';
import type { BatchView } from '../../wire/log-view.ts';
import type { MemberChangeReply, NamedChange } from '../../wire/member-change.ts';
import type { ProfileKind } from '../../wire/profiles.ts';
import type { NodeSnapshots, SnapshotRow } from '../../wire/snapshots.ts';
import type { NodeStatus } from '../../wire/status.ts';
import type { NodeTrace } from '../../wire/traces.ts';
import type { TransferResult } from '../replica/contract.ts';

/** The part of an EventRing that a stream needs. */
export interface EventSource {
  readonly cluster: string;
  readonly node: string;
  readonly incarnation: string;
  readonly lastSeq: number;
  readonly firstSeq: number;
  since(
    position: { readonly incarnation: string; readonly seq: number } | null,
    countMax?: number,
  ): { readonly gap: boolean; readonly events: readonly NodeEvent[] };
  subscribe(listener: (event: NodeEvent) => void): () => void;
}

/** Traffic with one other member: what a Network port's `stats().peers` holds. */
export interface PeerTraffic {
  readonly member: number;
  readonly connected: boolean;
  readonly queuedBytes: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly droppedMessages: number;
  readonly reconnects: number;
  readonly rttMs: number | null;
}

/** A number that only rises, whole or split by one label: outcomes, commands, ... */
export type AdminCounter =
  | { readonly help: string; readonly value: number }
  | {
      readonly help: string;
      readonly label: string;
      readonly values: Readonly<Record<string, number>>;
    };

/** How a transfer of leadership ended: a replica's result with names. */
export interface NamedTransfer {
  readonly outcome: TransferResult['outcome'];
  readonly reason: TransferResult['reason'];
  /** Empty: nobody was named, and nobody was found. */
  readonly to: string;
  readonly durationMs: number;
}

/** An orderly end of the node, and what somebody wants of it. */
export interface StopWish {
  readonly reason: string;
  /** Whether a leader hands over first. */
  readonly handOver: boolean;
}
/** A change that is committed, or why there is none. */
export type MembersAnswer =
  | { readonly ok: true; readonly reply: MemberChangeReply }
  | {
      readonly ok: false;
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint?: string;
    };

/** The file of a snapshot, open until it is closed. */
export interface SnapshotDownload {
  readonly bytes: number;
  read(offset: number, length: number): Promise<Bytes>;
  close(): Promise<void>;
}

export interface AdminSnapshots {
  /** Begins one of all that is applied now. @returns the entry that it will reach at least. */
  take(): number;
  progress(): Pick<NodeSnapshots, 'taking' | 'failures' | 'failure'>;
  /** The oldest first. */
  list(): Promise<readonly SnapshotRow[]>;
  /** Null: none is kept at that entry. */
  open(index: number): Promise<SnapshotDownload | null>;
}

/** Takes profiles of the process, one at a time. */
export interface ProfileTaker {
  readonly isBusy: boolean;
  /** Tells when it has begun, then gives the profile piece by piece, then is done. */
  capture(
    wish: {
      readonly kind: ProfileKind;
      readonly durationMs: number;
      /** Monotonic milliseconds of the machine at which to begin; 0: at once. */
      readonly startMonoMs: number;
      /** Begin to sample so long before, and leave that out. */
      readonly warmMs: number;
      readonly intervalUs: number;
    },
    sink: { started(monoMs: number): void; write(text: string): void },
  ): Promise<void>;
}

export interface AdminHistory {
  readonly through: number;
  readonly batches: AsyncIterable<{ readonly bytes: Bytes }>;
}

/** Follows one request through the node. */
export interface AdminTracer {
  arm(marker: string, ms: number): void;
  seen(): Pick<NodeTrace, 'monoMs' | 'marks' | 'dropped' | 'batch'>;
}

export interface AdminReplica {
  readonly clusterId: string;
  readonly memberName: string;
  readonly events: EventSource;
  /** Must be cheap: it is asked many times a second. */
  status(): NodeStatus;
  phases(): ReadonlyMap<string, Histogram>;
  /** The newest batches of the log, newest first. */
  batches(countMax: number): readonly BatchView[];
  /**
   * The entries from there on that the log has forgotten, up to the last of them; null: this member
   * does not have them all.
   */
  history(from: number): Promise<AdminHistory | null>;
  /** How long each sync of the log took, on whatever role. */
  syncs(): Histogram;
  peers(): readonly PeerTraffic[];
  /** Connections closed for what they sent: port (`peer`, `client`) to reason to count. */
  rejectedConnections(): Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** By name, without the prefix `raftctl_` and the suffix `_total`. */
  counters(): Readonly<Record<string, AdminCounter>>;
  /** Hands leadership over; null: to whoever is best prepared. `done` is called once. */
  transferLeadership(target: string | null, done: (ended: NamedTransfer) => void): void;
  readonly snapshots: AdminSnapshots;
  readonly tracer: AdminTracer;
  /** The process stood still: the replica tells those who follow its events. */
  stalled(stall: Omit<EventData['process.stalled'], 'syncMs'>): void;
  /** Changes who belongs to the cluster, all in one step; answers once that is committed. */
  changeMembers(changes: readonly NamedChange[], done: (answer: MembersAnswer) => void): void;
  /** Begins the orderly end of the process and returns. */
  stop(wish: StopWish): void;
}
