/** Two logs compared by the terms of their entries alone, for the invariants. Slow and obvious. */
import type { LogIndex, Term } from '../model/ids.ts';
import type { TermRun } from '../model/log-write.ts';

export interface LogTerms {
  readonly baseIndex: LogIndex;
  readonly baseTerm: Term;
  readonly termRuns: readonly TermRun[];
}

export function termIn(s: LogTerms, index: LogIndex): Term {
  let term = index >= s.baseIndex ? s.baseTerm : 0;
  for (const run of s.termRuns) {
    if (run.first <= index) term = run.term;
  }
  return term;
}

/** Whether both logs have the same terms up to `through`, as far as both still know them. */
export function sharePrefix(a: LogTerms, b: LogTerms, through: LogIndex): boolean {
  const from = Math.max(a.baseIndex, b.baseIndex);
  const left = runsWithin(a, from, through);
  const right = runsWithin(b, from, through);
  return (
    left.length === right.length &&
    left.every((run, at) => run.term === right[at]?.term && run.first === right[at]?.first)
  );
}

/** The term runs of entries `from + 1..through`. */
function runsWithin(s: LogTerms, from: LogIndex, through: LogIndex): readonly TermRun[] {
  return s.termRuns
    .filter(
      (run, at) =>
        run.first <= through && (s.termRuns[at + 1]?.first ?? Number.POSITIVE_INFINITY) > from + 1,
    )
    .map((run) => ({ term: run.term, first: Math.max(run.first, from + 1) }))
    .filter((run) => run.first <= through);
}
