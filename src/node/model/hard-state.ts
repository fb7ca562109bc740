import type { MemberNumber, Term } from './ids.ts';

/**
 * What a replica must remember over a crash besides its log (paper figure 2). Term and vote are one
 * record, because a vote without its term could be cast twice.
 */
export interface HardState {
  readonly term: Term;
  /** Member voted for in `term`; 0: none. */
  readonly vote: MemberNumber;
}

export const INITIAL_HARD_STATE: HardState = { term: 1, vote: 0 };
