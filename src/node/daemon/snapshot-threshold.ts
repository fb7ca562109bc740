/**
 * Snapshots after a number of entries, where `snapshotEntries` of node.json asks for them: most
 * nodes only count bytes (replica/compaction.ts), and so keep the work in proportion to the state.
 * Here a rest does that: ten times as long as the last snapshot took.
 */
import type { Replica } from '../replica/replica.ts';

const LOOK_MS = 50;
/** Between two attempts when the disk was full. */
const RETRY_MS = 10_000;
const REST_PER_WORK = 10;

/** What is looked at and asked for. */
export interface Counted {
  readonly applier: Pick<Replica['applier'], 'appliedIndex'>;
  readonly raft: Pick<Replica['raft'], 'snapshotIndex'>;
  readonly snapshotProgress: Replica['snapshotProgress'];
  takeSnapshot(): unknown;
}

/** Begins to count, when there is something to count to. @returns what ends it. */
export function countEntries(replica: Counted, entries: number | undefined): () => void {
  if (entries === undefined) return () => {};
  let failures = 0;
  let notBeforeMs = 0;
  let takingSinceMs: number | null = null;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const progress = replica.snapshotProgress;
    if (progress.taking !== null) {
      takingSinceMs ??= nowMs;
      return;
    }
    if (takingSinceMs !== null) notBeforeMs = nowMs + REST_PER_WORK * (nowMs - takingSinceMs);
    if (progress.failures > failures) notBeforeMs = nowMs + RETRY_MS;
    takingSinceMs = null;
    failures = progress.failures;
    const since = replica.applier.appliedIndex - replica.raft.snapshotIndex;
    if (since > entries && nowMs >= notBeforeMs) replica.takeSnapshot();
  }, LOOK_MS);
  return () => clearInterval(timer);
}
