/**
 * One run from start to end. First everything breaks as the plan says, under load, with every
 * oracle looking on; then all is healed and the cluster must show that it is alive and whole.
 */
import { Prng } from '../std/prng.ts';
import type { Counts } from './coverage.ts';
import { type FaultPlan, PROFILES } from './fault-plan.ts';
import { asViolation, type OracleName, Violation } from './violation.ts';
import type { PlannedOperation } from './workload.ts';
import { type SeedOptions, World, type WorldInit } from './world.ts';

/** What is drawn from the seed unless somebody says otherwise. */
export interface RunOptions extends Omit<SeedOptions, 'nodes'> {
  /** Null: drawn, mostly three or five. */
  readonly nodes: number | null;
}

export const RUN_OPTIONS_DEFAULT: RunOptions = {
  ...{ seconds: 20, nodes: null, profile: 'swarm', load: null },
};

/** As commands are told. */
export function optionsOf(flags: {
  readonly 'sim-seconds': number;
  readonly nodes?: number | undefined;
  readonly load?: number | undefined;
  readonly profile: string;
}): RunOptions {
  return {
    ...{ seconds: flags['sim-seconds'], nodes: flags.nodes ?? null, load: flags.load ?? null },
    profile: PROFILES.find((name) => name === flags.profile) ?? RUN_OPTIONS_DEFAULT.profile,
  };
}

const DIFFERS = new Violation('I30 determinism', 'the same seed ran another way the second time');
const NODE_COUNTS = [1, 2, 3, 3, 3, 3, 4, 5, 5, 7];

export interface SeedResult {
  readonly seed: number;
  readonly nodes: number;
  readonly violation: {
    readonly oracle: OracleName;
    readonly atMs: number;
    readonly detail: string;
    /** The last things that happened before it, oldest first. */
    readonly events: readonly string[];
  } | null;
  /** Equal for equal seeds and programs. */
  readonly traceHash: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly counts: Counts;
}

/** A result with everything that was decided, to be run again in parts. */
export interface RecordedRun {
  readonly result: SeedResult;
  /** Null: the run ended without a word. */
  readonly plan: FaultPlan | null;
  readonly operations: readonly PlannedOperation[];
}

export function nodesOf(seed: number, options: RunOptions): number {
  return options.nodes ?? new Prng(seed).pick(NODE_COUNTS);
}

export async function runSeed(
  seed: number,
  options: RunOptions = RUN_OPTIONS_DEFAULT,
): Promise<SeedResult> {
  const { result } = await recordSeed(seed, options);
  return result;
}

/** Of so many seeds one is run twice: it must come out the same (I30). */
const TWICE_EVERY = 32;

export async function recordSeed(seed: number, options: RunOptions): Promise<RecordedRun> {
  const init = { ...options, nodes: nodesOf(seed, options), seed, plan: null, operations: null };
  const run = await runWorld(init);
  if (seed % TWICE_EVERY !== 0 || run.result.violation !== null) return run;
  const again = await runWorld(init);
  if (again.result.traceHash === run.result.traceHash) return run;
  const { oracle, detail } = DIFFERS;
  const violation = { oracle, detail, atMs: run.result.simulatedMs, events: [] };
  return { ...run, result: { ...run.result, violation } };
}

export async function runWorld(init: WorldInit): Promise<RecordedRun> {
  const world = new World(init);
  let violation: Violation | null = null;
  try {
    await world.run();
  } catch (error) {
    violation = asViolation(error);
  }
  const { scheduler } = world;
  const seen =
    violation === null
      ? null
      : {
          ...{ oracle: violation.oracle, atMs: scheduler.nowMs, detail: violation.detail },
          events: world.events.lines(),
        };
  const result = {
    ...{ seed: init.seed, nodes: init.nodes, violation: seen, traceHash: world.traceHash },
    ...{ simulatedMs: scheduler.nowMs, events: scheduler.eventCount, counts: world.counts() },
  };
  return { result, plan: world.plan, operations: world.workload.asked };
}
