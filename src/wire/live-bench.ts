/** What a running `raftctl bench` tells of itself, in a file beside the cluster it measures. */

/** Microseconds. */
export interface LiveLatency {
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
}

/** By the times requests were due, and by those they were sent. */
export interface LiveLatencies {
  /** Null: a closed loop plans no times. */
  readonly corrected: LiveLatency | null;
  /** Null: nothing was answered yet. */
  readonly raw: LiveLatency | null;
}

export interface LiveSlo {
  readonly slo: string;
  readonly isMet: boolean;
  /** In its unit; null: not known yet. */
  readonly actual: number | null;
  readonly unit: 'us' | 'share' | 'perSecond';
}

export interface LiveBench {
  readonly v: 1;
  readonly pid: number;
  /** What it was told to do, for a person. */
  readonly plan: string;
  /** `2 of 5`; empty: it is one run. */
  readonly label: string;
  readonly updatedAtMs: number;
  /** Since the end of the warm-up; below zero: still warming up. */
  readonly elapsedMs: number;
  /** Null: it ends by count. */
  readonly durationMs: number | null;
  /** From 0 to 1. */
  readonly doneShare: number;
  /** Each second; null: closed loop. */
  readonly askedPerS: number | null;
  /** The last full second. */
  readonly answeredPerS: number;
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly errors: Readonly<Record<string, number>>;
  /** Of the whole run, and of the last second. */
  readonly latency: LiveLatencies;
  readonly recent: LiveLatencies;
  /** How late the generator sent; null: closed loop. */
  readonly latenessP99Us: number | null;
  readonly slos: readonly LiveSlo[];
}
