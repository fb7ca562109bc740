/**
 * The catalogue of events: one list for the log file, the admin stream, the dashboard and reports.
 * Sequence numbers have no gaps within one incarnation (one life of a process).
 */

export interface EventData {
  readonly 'node.started': { readonly app: string; readonly version: string; readonly pid: number };
  readonly 'node.ready': { readonly clientAddress: string };
  readonly 'node.stopping': { readonly reason: string };
  readonly 'role.changed': { readonly from: string; readonly to: string };
  readonly 'election.started': {
    readonly kind: 'preVote' | 'vote';
    readonly reason: 'timeout' | 'leaderConnectionLost' | 'retry' | 'transfer';
    readonly timeoutMs: number;
  };
  readonly 'vote.answered': {
    readonly kind: 'preVote' | 'vote';
    readonly candidate: string;
    readonly granted: boolean;
    readonly reason: string;
  };
  readonly 'leader.elected': { readonly votes: readonly string[]; readonly durationMs: number };
  readonly 'leader.known': { readonly leader: string | null };
  readonly 'leader.steppedDown': { readonly reason: string };
  readonly 'transfer.started': { readonly to: string };
  readonly 'transfer.ended': {
    readonly to: string;
    readonly outcome: string;
    readonly reason: string | null;
    readonly durationMs: number;
  };
  readonly 'membership.changed': {
    readonly index: number;
    readonly voters: readonly string[];
    /** Voters of the old half while the configuration is joint. */
    readonly outgoingVoters: readonly string[];
    readonly learners: readonly string[];
  };
  readonly 'peer.connected': { readonly peer: string };
  readonly 'peer.disconnected': { readonly peer: string };
  readonly 'commit.advanced': { readonly commitIndex: number; readonly chainHash: string };
  readonly 'log.truncated': { readonly fromIndex: number; readonly lastIndex: number };
  readonly 'snapshot.taken': {
    readonly index: number;
    readonly bytes: number;
    readonly durationMs: number;
  };
  readonly 'snapshot.sending': { readonly to: string; readonly index: number };
  readonly 'snapshot.installed': { readonly index: number };
  readonly 'disk.full': { readonly freeBytes: number };
  readonly 'disk.room': { readonly freeBytes: number };
  readonly 'disk.warning': { readonly usedPercent: number; readonly freeBytes: number };
  readonly 'loop.stalled': { readonly delayMs: number };
  readonly 'sync.slow': { readonly durationMs: number };
  /** What the node did just before, as a `.cpuprofile` on its disk. */
  readonly 'profile.kept': {
    readonly file: string;
    readonly bytes: number;
    /** Type and sequence number of the event that it is about. */
    readonly cause: string;
    readonly causeSeq: number;
  };
  /** Where the time of a standstill went, as far as the process can tell. */
  readonly 'process.stalled': {
    readonly delayMs: number;
    readonly cpuMs: number;
    readonly gcMs: number;
    /** It could have run, and had no processor; absent, or 0: not known. */
    readonly waitMs?: number;
    /** Of the longest write with its sync that ended meanwhile; absent: none took long. */
    readonly syncMs?: number;
    /** The system had stopped the process, and let it go on. */
    readonly resumed?: boolean;
  };
}

export type EventType = keyof EventData;

export interface NodeEvent<T extends EventType = EventType> {
  /** Version of the event format. */
  readonly v: 1;
  readonly cluster: string;
  readonly node: string;
  /** Which life of the node's process: random, fixed from start to end. */
  readonly incarnation: string;
  /** From 1, without gaps within an incarnation. */
  readonly seq: number;
  /** Monotonic nanoseconds as a decimal string: comparable between nodes of one machine. */
  readonly monoNs: string;
  readonly wallMs: number;
  readonly term: number;
  readonly type: T;
  readonly data: EventData[T];
}

/** What a node leaves in its data directory at its orderly end: its last events, one a line. */
export const LAST_EVENTS_NAME = 'last-events.ndjson';

/** A line of the event stream that is no event: the reader lost what came before `nextSeq`. */
export interface EventGap {
  readonly v: 1;
  readonly type: 'gap';
  readonly cluster: string;
  readonly node: string;
  readonly incarnation: string;
  /** Sequence number of the first event that can follow. */
  readonly nextSeq: number;
}

const KNOWN_TYPES: Readonly<Record<EventType, true>> = {
  'node.started': true,
  'node.ready': true,
  'node.stopping': true,
  'role.changed': true,
  'election.started': true,
  'vote.answered': true,
  'leader.elected': true,
  'leader.known': true,
  'leader.steppedDown': true,
  'transfer.started': true,
  'transfer.ended': true,
  'membership.changed': true,
  'peer.connected': true,
  'peer.disconnected': true,
  'commit.advanced': true,
  'log.truncated': true,
  'snapshot.taken': true,
  'snapshot.sending': true,
  'snapshot.installed': true,
  'disk.full': true,
  'disk.room': true,
  'disk.warning': true,
  'loop.stalled': true,
  'process.stalled': true,
  'sync.slow': true,
  'profile.kept': true,
};

export const EVENT_TYPES = Object.keys(KNOWN_TYPES) as readonly EventType[];

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(KNOWN_TYPES, text);
}
