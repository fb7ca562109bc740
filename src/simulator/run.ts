/**
 * One seed from start to end. First everything breaks as the plan says, under load, with every
 * oracle looking on; then all is healed and the cluster must show that it is alive and whole.
 */
import { Prng } from '../std/prng.ts';
import { asViolation, type OracleName, type Violation } from './violation.ts';
import { type SeedOptions, World } from './world.ts';

export const SEED_OPTIONS_DEFAULT: SeedOptions = { seconds: 20, nodes: 3, profile: 'swarm' };

/** How often what happened: a row of zeros shows a simulator that never gets anywhere. */
export type SeedCounts = Readonly<Record<string, number>>;

export interface SeedResult {
  readonly seed: number;
  readonly violation: {
    readonly oracle: OracleName;
    readonly atMs: number;
    readonly detail: string;
  } | null;
  /** Equal for equal seeds and programs. */
  readonly traceHash: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly counts: SeedCounts;
}

export async function runSeed(
  seed: number,
  options: SeedOptions = SEED_OPTIONS_DEFAULT,
): Promise<SeedResult> {
  const world = new World(new Prng(seed), options);
  let violation: Violation | null = null;
  try {
    await world.run();
  } catch (error) {
    violation = asViolation(error);
  }
  const { scheduler } = world;
  return {
    seed,
    violation:
      violation === null
        ? null
        : { oracle: violation.oracle, atMs: scheduler.nowMs, detail: violation.detail },
    traceHash: world.traceHash,
    simulatedMs: scheduler.nowMs,
    events: scheduler.eventCount,
    counts: world.counts(),
  };
}
