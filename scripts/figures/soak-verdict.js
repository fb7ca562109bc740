/**
 * Whether a long load left the cluster as it was. Pure.
 *
 * The first third of the run fills what has its size by design (keys, heaps, the log up to its
 * first snapshot); the last third is compared with the middle one. The log and the disk are saw
 * teeth, so their peaks count; memory is noisy, so its middle does.
 */
import { median } from './statistics.js';

const PEAK_GROWTH_MAX = 1.25;
const MEMORY_GROWTH_MAX = 1.1;
const SNAPSHOT_P99_RATIO_MAX = 2;
const SNAPSHOTS_IN_THIRD_MIN = 2;

/** By name: what is looked at of each node, and how much of it is too much. */
const MEASURES = {
  log: { field: 'logBytes', of: (values) => Math.max(...values), max: PEAK_GROWTH_MAX },
  disk: { field: 'diskBytes', of: (values) => Math.max(...values), max: PEAK_GROWTH_MAX },
  memory: { field: 'residentBytes', of: median, max: MEMORY_GROWTH_MAX },
};

/**
 * @param rows one an interval: `{ nodes: { n1: { logBytes, diskBytes, residentBytes }, ... } }`.
 * @returns by measure: how much the worst node has of the middle third's in the last third.
 */
export function growthOf(rows) {
  const third = Math.floor(rows.length / 3);
  const middle = rows.slice(third, 2 * third);
  const last = rows.slice(-third);
  const growth = {};
  for (const [name, { field, of, max }] of Object.entries(MEASURES)) {
    const ratios = Object.keys(rows[0].nodes).map((id) => {
      const values = (some) => some.map((row) => row.nodes[id][field]);
      return of(values(last)) / of(values(middle));
    });
    const ratio = Math.max(...ratios);
    growth[name] = { ratio, max, isMet: ratio <= max };
  }
  return growth;
}

/**
 * Memory and log fill up to a snapshot and are freed by it. Thirds that hold less than two such
 * rounds of each node compare parts of a round with each other.
 */
export function isLongEnough(rows) {
  const third = Math.floor(rows.length / 3);
  const needed = SNAPSHOTS_IN_THIRD_MIN * Object.keys(rows[0].nodes).length;
  return [rows.slice(third, 2 * third), rows.slice(-third)].every(
    (some) => some.reduce((sum, row) => sum + row.snapshots, 0) >= needed,
  );
}

/**
 * @param slices `{ fromNs, toNs }` each.
 * @param windows `{ fromNs, toNs }` of each snapshot of any node.
 * @returns the slices in which some node wrote a snapshot, and the others.
 */
export function splitBySnapshots(slices, windows) {
  const during = [];
  const without = [];
  for (const slice of slices) {
    const isDuring = windows.some(({ fromNs, toNs }) => fromNs < slice.toNs && slice.fromNs < toNs);
    (isDuring ? during : without).push(slice);
  }
  return { during, without };
}

/** null: there was nothing to compare, which is not met either. */
export function judgeSnapshots(p99DuringMs, p99WithoutMs) {
  const ratio = p99DuringMs === null || p99WithoutMs === null ? null : p99DuringMs / p99WithoutMs;
  return {
    ratio,
    max: SNAPSHOT_P99_RATIO_MAX,
    isMet: ratio !== null && ratio <= SNAPSHOT_P99_RATIO_MAX,
  };
}
