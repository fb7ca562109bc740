/** A planted bug, as data. */
import type { Profile } from './fault-plan.ts';

/** A text of the compiled program, there exactly once, and what takes its place. */
export interface Patch {
  /** In the build, like `node/raft/commit.js`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * - `safety`: can lose or forge what was promised.
 * - `liveness`: stops the cluster, or wears it out.
 * - `control`: no bug at all.
 */
export type MutantClass = 'safety' | 'liveness' | 'control';

export interface Mutant {
  readonly id: string;
  readonly bug: string;
  readonly kind: MutantClass;
  readonly patches: readonly Patch[];
  /** Where it shows best; default: swarm, with drawn node counts. */
  readonly profile?: Profile;
  readonly nodes?: number;
  /** A test that fails with it, where so much must come together that seeds hardly find it. */
  readonly directed?: string;
}

/** Code of several lines, each as long as a reader's screen is wide. */
export function code(...lines: readonly string[]): string {
  return lines.join('\n');
}

/** A mutant of one patch. */
export function mutant(
  id: string,
  kind: MutantClass,
  bug: string,
  change: readonly [file: string, find: string, replace: string],
  where: Pick<Mutant, 'profile' | 'nodes' | 'directed'> = {},
): Mutant {
  const [file, find, replace] = change;
  return { id, kind, bug, patches: [{ file, find, replace }], ...where };
}
