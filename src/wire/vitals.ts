/**
 * How a node is, for those who ask often: `GET /v1/vitals`, schema raftctl/admin.vitals/v1.
 * Everything that counts or measures does so since the start of the process and is never reset, so
 * any number of readers can each take the difference between their own two looks.
 */
import type { HistogramJson } from '../std/histogram.ts';
import type { NodeStatus } from './status.ts';

export interface ProcessVitals {
  /** Monotonic milliseconds of this look; comparable between processes of one machine. */
  readonly monoMs: number;
  /** User and system time together. */
  readonly cpuUs: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  /** Memory of buffers. */
  readonly externalBytes: number;
  /** How long the event loop was busy; the rest of the time it waited. */
  readonly loopActiveMs: number;
  /** How late the loop came to a task that was due, looked at 20 times a second. */
  readonly loopDelay: HistogramJson;
  /** Pauses of the garbage collector. */
  readonly gcPauses: HistogramJson;
}

export interface PeerVitals {
  readonly member: number;
  readonly connected: boolean;
  readonly queuedBytes: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly droppedMessages: number;
  readonly reconnects: number;
  readonly rttMs: number | null;
}

export interface NodeVitals {
  readonly status: NodeStatus;
  readonly process: ProcessVitals;
  readonly peers: readonly PeerVitals[];
  /** As in `/metrics`, without prefix and suffix; those split by a label are left out. */
  readonly counters: Readonly<Record<string, number>>;
  /** Duration of each sync of the log. */
  readonly syncs: HistogramJson;
  /** By phase of a write: what this node measured while it led. */
  readonly phases: Readonly<Record<string, HistogramJson>>;
}
