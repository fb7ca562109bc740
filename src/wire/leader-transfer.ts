/**
 * A transfer of leadership that came about, as `POST /v1/leader/transfer` answers. Schema
 * raftctl/leader.transfer/v1; fields are only ever added within v1.
 */
export interface LeaderTransfer {
  readonly from: string;
  readonly to: string;
  /** In which `to` leads. */
  readonly term: number;
  /** From the wish to the first commit of the new leader; 0 when `to` led already. */
  readonly durationMs: number;
}
