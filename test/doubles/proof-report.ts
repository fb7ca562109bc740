/** What a process test found, as a line of the report that `npm run proof` makes of all. */
import { appendFileSync } from 'node:fs';

export interface ProofRow {
  /** What was done to real processes, and how often. */
  readonly fault: string;
  readonly count: number;
  /** What must not have happened, and did not. */
  readonly held: string;
  /** Measured on the way; empty: nothing. */
  readonly figures: string;
}

/** Called once the test's own expectations have held. */
export function reportProof(row: ProofRow): void {
  const file = process.env['RAFTCTL_PROOF_FILE'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`);
}

/** `p50 12 ms, p99 80 ms, max 91 ms` */
export function spread(valuesMs: readonly number[]): string {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms`;
}
