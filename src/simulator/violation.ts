/** What the simulator is for: a promise was broken. Names the oracle that saw it. */

import { AssertionError } from '../std/assert.ts';

/** Numbers I.. are the invariants of docs/testing.md; the others are explained by their words. */
export const ORACLE_NAMES = [
  'I1 election safety',
  'I2 one vote per term',
  'I3 persist before reply',
  'I4 term monotone',
  'I4 terms begun by candidates',
  'I6 log matching',
  'I7 leader completeness',
  'I8 state machine safety',
  'I9 committed is durable',
  'I10 no ack before commit',
  'I11 current-term rule',
  'I12 commit monotone',
  'I13 match accuracy',
  'I14 progress sanity',
  'I15 config safety',
  'I16 joint quorums',
  'I17 roles',
  'I18 snapshot equivalence',
  'I19 log shape',
  'I20 recovery',
  'I21 corruption is loud',
  'I22 fail-stop disk',
  'I23 read value',
  'I23 linearizability',
  'I24 at most once',
  'I26 stale read',
  'I27 bounded resources',
  'I29 liveness',
  'I29 check-quorum',
  'I29 pre-vote',
  'I29 transfer',
  'I29 election timeouts',
  'I30 determinism',
  'I31 retained log',
  'cluster time',
  'core invariants',
  'assertion',
  'node failed',
  'hung',
] as const;
export type OracleName = (typeof ORACLE_NAMES)[number];

export class Violation extends Error {
  override readonly name = 'Violation';
  readonly oracle: OracleName;
  readonly detail: string;

  constructor(oracle: OracleName, detail: string) {
    super(`${oracle}: ${detail}`);
    this.oracle = oracle;
    this.detail = detail;
  }
}

/** What production code asserts is an oracle too. */
export function asViolation(error: unknown): Violation {
  if (error instanceof Violation) return error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new Violation(error instanceof AssertionError ? 'assertion' : 'node failed', text);
}
