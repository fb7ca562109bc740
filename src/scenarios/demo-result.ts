/** What the demo tells while it runs and at its end. */
import type { Timeline } from './demo-timeline.ts';

export interface DemoProgress {
  readonly elapsedMs: number;
  readonly acknowledged: number;
  readonly unknown: number;
  /** Acknowledged writes in each grain of time so far. */
  readonly buckets: readonly number[];
  readonly bucketMs: number;
  readonly leader: string | null;
}

export interface DemoResult {
  readonly acknowledged: number;
  readonly unknown: number;
  readonly refused: number;
  /** Acknowledged writes that some node does not return. */
  readonly lost: number;
  /** Keys of some of them. */
  readonly lostSample: readonly string[];
  readonly readsAnswered: number;
  /** Null: no write was acknowledged after the kill. */
  readonly failoverMs: number | null;
  /** Acknowledged writes and answered reads. */
  readonly opsPerSecond: number;
  readonly leaderBefore: string;
  readonly leaderAfter: string | null;
  readonly termBefore: number;
  readonly termAfter: number | null;
  readonly startMs: number;
  readonly loadMs: number;
  /** From the start of the killed node to its having caught up. */
  readonly catchUpMs: number;
  readonly verifyMs: number;
  readonly durationMs: number;
  /** Since the start of the load. */
  readonly killedAtMs: number;
  readonly restartedAtMs: number;
  /** The whole load. */
  readonly timeline: Timeline;
  /** The moments around the kill. */
  readonly closeUp: Timeline;
}
