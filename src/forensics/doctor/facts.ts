/** What the doctor judges: everything that could be learned of a cluster, at one time. */
import type { NodeEvent } from '../../wire/events.ts';
import type { NodeConfig } from '../../wire/node-config.ts';
import type { ClusterStatus } from '../../wire/status.ts';
import type { NodeVitals } from '../../wire/vitals.ts';

/** What became of a connection to a node's client port; `client/port-probe.ts` says it. */
export type PortAnswer = 'open' | 'refused' | 'silent';

/** A node's `node.json`; where it keeps the cluster's secret is nobody's business here. */
export type ToldConfig = Omit<NodeConfig, 'secretFile'>;

/** Of a node of this machine; what is null could not be learned. */
export interface NodeFacts {
  readonly id: string;
  readonly vitals: NodeVitals | null;
  /** An earlier look, when a span of time is judged and not the life of the process. */
  readonly vitalsBefore: NodeVitals | null;
  /** Null: not tried, as the node does not run. */
  readonly clientPort: PortAnswer | null;
  readonly config: ToldConfig | null;
  /** With all links followed. */
  readonly dataDir: string | null;
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number } | null;
}

export interface DoctorFacts {
  /** Of the shape of these facts, as bundles keep them. */
  readonly v: 1;
  readonly atWallMs: number;
  /** How long was measured; null: since the processes started. */
  readonly spanMs: number | null;
  readonly status: ClusterStatus;
  readonly nodes: readonly NodeFacts[];
  readonly events: readonly NodeEvent[];
  /** Nodes whose events are missing. */
  readonly silent: readonly string[];
}
