/** What is said of a node's snapshots: by its admin port, or by who looks into its folder. */
import type { ToldError } from '../std/errors.ts';

/** One that lies on disk. */
export interface SnapshotRow {
  /** The last entry of the log that its state includes, and the term of that entry. */
  readonly index: number;
  readonly term: number;
  /** Of the file. */
  readonly bytes: number;
  /** Cluster time of the newest command in it, RFC 3339; null: it holds none. */
  readonly asOf: string | null;
}

/** What a look into a node's folder finds: also what cannot be read. */
export interface FoundSnapshot extends Omit<SnapshotRow, 'index' | 'term'> {
  /** Null: damaged. */
  readonly index: number | null;
  readonly term: number | null;
  readonly state: 'kept' | 'damaged';
  readonly file: string;
}

/** All of a node's folder. */
export interface FolderOfSnapshots {
  readonly rows: readonly FoundSnapshot[];
  /** Of the first that is damaged; null: none is. */
  readonly damage: ToldError | null;
}

export interface NodeSnapshots {
  readonly id: string;
  readonly cluster: string;
  readonly clusterId: string;
  readonly app: string;
  /** The oldest first. */
  readonly snapshots: readonly SnapshotRow[];
  /** The entry that the one being written stands at; null: none is. */
  readonly taking: number | null;
  /** How many came to nothing since the node started, and why the last one did. */
  readonly failures: number;
  readonly failure: string | null;
}

/** The answer to a request for a snapshot: it is begun, or there is one already. */
export interface SnapshotAsked {
  readonly id: string;
  /** What the snapshot will hold at least. */
  readonly index: number;
  /** As in `NodeSnapshots`, at the time of the request. */
  readonly failures: number;
}
