/** The steps of an election: who asked for votes, who answered what. */

export type PollKind = 'preVote' | 'vote';

/** One node asked for votes once. */
export interface Standing {
  readonly node: string;
  readonly kind: PollKind;
  readonly reason: string;
  /** The timeout that had been drawn for it. */
  readonly timeoutMs: number;
  readonly monoMs: number;
}

/** One answer of one voter. */
export interface Ballot {
  readonly voter: string;
  readonly candidate: string;
  readonly kind: PollKind;
  readonly granted: boolean;
  readonly reason: string;
  readonly monoMs: number;
}
