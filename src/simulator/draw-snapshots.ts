/** Draws how often snapshots are taken, what log stays behind them, and whether all of it does. */
import { RAFT_CONFIG_DEFAULT } from '../node/raft/config.ts';
import type { Prng } from '../std/prng.ts';
import type { FaultPlan } from './fault-plan.ts';

/** Who was away for long must be sent a snapshot. */
export const EAGER_COMPACTION = {
  snapshotLogBytes: 2048,
  trailingLogBytes: 0,
  trailingLogEntries: 0,
};

/** Half of the seeds take snapshots, most of them all the time and in tiny pieces. */
export function drawSnapshots(prng: Prng) {
  const on = prng.chance(0.5);
  const snapshotLogBytes = prng.pick([2 * 1024, 2 * 1024, 16 * 1024]);
  return {
    parts: {
      snapshotPartBytes: prng.pick([256, 2048, RAFT_CONFIG_DEFAULT.snapshotPartBytes]),
      snapshotPartsMax: prng.pick([1, 2, 8]),
    },
    compaction: {
      snapshotLogBytes: on ? snapshotLogBytes : Number.MAX_SAFE_INTEGER,
      trailingLogBytes: prng.pick([0, 1024, 16 * 1024]),
      trailingLogEntries: prng.pick([0, 5, 50]),
      pieceBytes: prng.pick([128, 1024]),
      loggerHoldBytes: 0,
    },
  };
}

/** A fifth of the clusters forget nothing, and wait for their learners with what is left. */
export function withRetained(prng: Prng, plan: FaultPlan): FaultPlan {
  if (!prng.chance(0.2)) return plan;
  const loggerHoldBytes = prng.pick([0, 16 * 1024, Number.MAX_SAFE_INTEGER]);
  return { ...plan, retain: true, compaction: { ...plan.compaction, loggerHoldBytes } };
}
