/** Where the time of writes goes, as `GET /v1/phases` gives it: schema raftctl/admin.phases/v1. */
import type { HistogramJson } from '../std/histogram.ts';

/** Percentiles are good to 1 %, the rest is exact. All zero when nothing was measured. */
export interface PhaseStats {
  readonly count: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  /** Can be merged with that of other nodes or times (`Histogram.fromJSON`), percentiles cannot. */
  readonly histogram: HistogramJson;
}

export interface NodePhases {
  readonly cluster: string;
  readonly clusterId: string;
  readonly id: string;
  /** Since this start of the node. Measured on the leader, so empty on one that never led. */
  readonly phases: Readonly<Record<string, PhaseStats>>;
}
