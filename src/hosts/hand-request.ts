/** What is asked of a machine's own raftctl, and what it answers: one JSON object each. */
import type { StoppedNode } from '../cluster/down.ts';
import type { LogLine } from '../cluster/log-tail.ts';
import type { NodeDisk } from '../cluster/node-disk.ts';
import type { NodeResult } from '../cluster/nodes.ts';
import type { ClusterSpec, UnitManager } from '../cluster/topology.ts';
import type { ToldError } from '../std/errors.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import type { FolderOfSnapshots } from '../wire/snapshots.ts';

/** A program of another version may not understand what it is asked. */
export const HAND_VERSION = 3;

interface OfCluster {
  readonly version: typeof HAND_VERSION;
  /** The folder that holds clusters there. */
  readonly directory: string;
  readonly cluster: string;
  /** Another cluster may bear the name there. */
  readonly clusterId: string;
  readonly ids: readonly string[];
}

export interface MakeRequest extends OfCluster {
  readonly verb: 'make';
  /** With all nodes; only those of `ids` are made. */
  readonly spec: ClusterSpec;
  readonly secret: string;
  /** Files of the folder `tls`, by name. */
  readonly tls: Readonly<Record<string, string>>;
  /** Of nodes that join a cluster: what its leader answered. */
  readonly joined?: Pick<NodeConfig, 'members' | 'founding'>;
  /** A file there: the state that the cluster begins with. */
  readonly snapshot?: string;
  readonly timeoutMs?: number;
}

export interface ActRequest extends OfCluster {
  /**
   * `ended` waits a little for processes to end by themselves; `forget` removes nodes that have
   * left their cluster, `destroy` all that there is of it.
   */
  readonly verb: 'start' | 'stop' | 'kill' | 'pause' | 'resume' | 'ended' | 'forget' | 'destroy';
  /** For what has to end or to begin. */
  readonly timeoutMs: number;
  /** Absent: nodes are processes that nobody looks after. */
  readonly units?: UnitManager;
}

/** Replaces the files of the folder `tls`. */
export interface KeysRequest extends OfCluster {
  readonly verb: 'keys';
  readonly tls: Readonly<Record<string, string>>;
}

/** The last lines of the nodes' logs; `follow` prints them, and those that come, one by one. */
export interface LogsRequest extends OfCluster {
  readonly verb: 'logs' | 'follow';
  /** Of each node. */
  readonly lines: number;
}

/** What lies on the nodes' disk. */
export interface DisksRequest extends OfCluster {
  readonly verb: 'disks';
}

/** What snapshots lie in the nodes' folders. */
export interface SnapshotsRequest extends OfCluster {
  readonly verb: 'snapshots';
}

/** Whether the data of a node is damaged, and how; `down` asks only whether it does not run. */
export interface DamageRequest extends OfCluster {
  readonly verb: 'down' | 'damage';
  readonly timeoutMs: number;
}

/** Puts a snapshot in the place of a node's damaged data. */
export interface RepairRequest extends OfCluster {
  readonly verb: 'repair';
  /** A file there. */
  readonly snapshot: string;
  readonly term: number;
  readonly timeoutMs: number;
}

/** Removes programs that nobody uses there any more. */
export interface TidyRequest extends OfCluster {
  readonly verb: 'tidy';
}

export type HandRequest =
  | MakeRequest
  | ActRequest
  | KeysRequest
  | LogsRequest
  | DisksRequest
  | SnapshotsRequest
  | DamageRequest
  | RepairRequest
  | TidyRequest;

/** A row a node. */
export type Acted = NodeResult | StoppedNode;

export interface SnapshotsOfNode extends FolderOfSnapshots {
  readonly id: string;
}

export interface NodeDamage {
  /** Null: it is sound. */
  readonly damage: ToldError | null;
}

export interface NodeRepaired {
  /** Where what was there is kept. */
  readonly kept: string;
}

/** What is answered to a request of that kind. */
export type AnswerTo<R extends HandRequest> = R extends LogsRequest
  ? readonly LogLine[]
  : R extends DisksRequest
    ? readonly NodeDisk[]
    : R extends SnapshotsRequest
      ? readonly SnapshotsOfNode[]
      : R extends DamageRequest
        ? NodeDamage
        : R extends RepairRequest
          ? NodeRepaired
          : R extends TidyRequest
            ? readonly string[]
            : readonly Acted[];

export type HandAnswer = { readonly answer: AnswerTo<HandRequest> } | { readonly error: ToldError };
