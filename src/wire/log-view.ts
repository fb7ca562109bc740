/** The newest batches of a node's log, `GET /v1/log`: schema raftctl/admin.log/v1. */

export interface BatchView {
  readonly first: number;
  readonly last: number;
  readonly term: number;
  readonly kind: string;
  readonly bytes: number;
  /** In hex, over header and payload: equal batches have equal ones. */
  readonly checksum: string;
}

export interface NodeLogView {
  readonly id: string;
  /** Newest first; only what the node holds in memory. */
  readonly batches: readonly BatchView[];
}

/** Of the answer to `GET /v1/log/entries`: the last entry that is sent. */
export const THROUGH_HEADER = 'x-raftctl-through';
