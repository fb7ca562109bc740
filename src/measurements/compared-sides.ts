/** What `bench compare` is given: runs that are kept, or loads to be measured. */

import type { RunStore, StoredRun } from '../bench/run-store.ts';
import { parseTarget } from '../bench/target.ts';
import type { WorkloadInput } from '../bench/workload-fields.ts';
import { RaftctlError } from '../std/errors.ts';
import { type LoadPlan, planLoad } from './load-plan.ts';
import { readRecordedRuns } from './run-source.ts';

const CLUSTER = 'cluster:';

/** `resp://HOST:PORT` or `cluster:NAME`: it is to be measured. */
export function isLive(text: string): boolean {
  return text.startsWith(CLUSTER) || /^[a-z]+:\/\//.test(text);
}

export interface LiveWish {
  readonly input: WorkloadInput;
  /** The folder that holds clusters. */
  readonly dir: string;
}

/** @throws {RaftctlError} USAGE, CLUSTER_NOT_FOUND, UNREACHABLE, NO_LEADER */
export async function planSide(text: string, { input, dir }: LiveWish): Promise<LoadPlan> {
  if (text.startsWith(CLUSTER)) {
    return planLoad({ input, cluster: text.slice(CLUSTER.length), dir });
  }
  if (parseTarget(text) === null || input['target'] !== undefined) {
    throw new RaftctlError('USAGE', {
      message: `Cannot measure ${text} and what --target names as well`,
      hint: 'Leave --target out; nodes of a cluster: cluster:NAME --target leader',
    });
  }
  return planLoad({ input: { ...input, target: [text] }, cluster: null, dir });
}

/**
 * All runs with that tag or name; else the run and those it was repeated with.
 *
 * @throws {RaftctlError} RUN_NOT_FOUND, RUN_INVALID
 */
export async function storedSide(store: RunStore, text: string): Promise<StoredRun[]> {
  const all = await store.list();
  const named = all.filter(({ name, tags }) => name === text || tags.includes(text));
  if (named.length > 0) return named.reverse();
  return readRecordedRuns(store, text);
}
