/**
 * What one node saw go past while a request was traced: `GET /v1/trace`, schema
 * raftctl/admin.trace/v1. Times are monotonic milliseconds of the node's machine.
 */

/** A message, a sync or a turn. What a kind of mark does not have is left out. */
export interface TraceMark {
  readonly monoMs: number;
  readonly what: 'send' | 'receive' | 'sync' | 'turn';
  /** Type of the message. */
  readonly message?: string;
  readonly peer?: string;
  /** append: its last entry; appendReply: durable up to there; turn: applied up to there. */
  readonly index?: number;
  /** Of the questions whether the leader still leads. */
  readonly round?: number;
  /** Of a follower's question for an index to read at. */
  readonly request?: number;
  /** It holds the request that is looked for. */
  readonly isTraced?: boolean;
  /** Of a write to the log with its sync. */
  readonly tookMs?: number;
}

/** The batch that holds the request: its first entry and its last. */
export interface TracedBatch {
  readonly first: number;
  readonly last: number;
}

export interface NodeTrace {
  readonly cluster: string;
  readonly id: string;
  readonly term: number;
  readonly leader: string | null;
  /** Of this answer. */
  readonly monoMs: number;
  readonly marks: readonly TraceMark[];
  /** Marks that did not fit. */
  readonly dropped: number;
  /** Null: it did not go past. */
  readonly batch: TracedBatch | null;
}

/** Characters that a request to be traced bears in its value. */
export const TRACE_MARKER = /^trace-[0-9a-f]{16}$/;
/** How long a node looks out for it, at most. */
export const TRACE_MS_MAX = 10_000;
