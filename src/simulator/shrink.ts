/**
 * From a seed that fails to the shortest plan that fails in the same way: first the time behind the
 * violation goes, then whole kinds of trouble and members, then fault by fault, then request by
 * request. A shorter plan changes what chance does in the rest of the run, so each is tried with a
 * few seeds for what the plan leaves to chance.
 */
import { RaftctlError } from '../std/errors.ts';
import { minimise } from './delta-debugging.ts';
import type { FaultPlan } from './fault-plan.ts';
import { makePlan, type SimPlan, worldOf } from './plan-file.ts';
import { nodesOf, type RunOptions, type SeedResult } from './run.ts';
import type { TaskRunner } from './sim-pool.ts';
import { START_MS } from './world.ts';

/** Seeds that each plan is tried with. */
const TRIES = 4;
const RUNS_MAX_DEFAULT = 3000;

export interface ShrinkInit {
  readonly mutant: string | null;
  /** Ends with what has been reached. */
  readonly signal: AbortSignal;
  readonly runsMax?: number;
  readonly onProgress: (progress: ShrinkProgress) => void;
}

export interface ShrinkProgress {
  readonly runs: number;
  readonly faults: number;
  readonly operations: number;
  readonly seconds: number;
}

export interface ShrinkResult extends ShrinkProgress {
  readonly plan: SimPlan;
  readonly result: SeedResult;
  /** Before. */
  readonly faultsBefore: number;
  readonly operationsBefore: number;
}

/** @throws {RaftctlError} USAGE when the seed does not fail. */
export async function planOfSeed(
  pool: TaskRunner,
  asked: { readonly seed: number; readonly options: RunOptions; readonly mutant: string | null },
): Promise<SimPlan> {
  const { seed, options, mutant } = asked;
  const { result, plan, operations } = await pool.run({ type: 'seed', seed, options }, true);
  if (result.violation === null || plan === null) {
    throw new RaftctlError('USAGE', {
      message: `Cannot shrink seed ${seed}: ${plan === null ? 'its run ended without a word' : 'it does not fail'}`,
      hint: 'Look for one that does: raftctl sim --seeds 1000',
    });
  }
  const { seconds, profile } = options;
  return makePlan({
    ...{ seed, seconds, profile, mutant, oracle: result.violation.oracle },
    ...{ nodes: nodesOf(seed, options), faults: plan, operations },
  });
}

/** @throws {RaftctlError} USAGE when the plan does not fail. */
export async function shrink(
  pool: TaskRunner,
  plan: SimPlan,
  init: ShrinkInit,
): Promise<ShrinkResult> {
  const shrinker = new Shrinker(pool, plan, init);
  return await shrinker.run();
}

interface Failing {
  readonly plan: SimPlan;
  readonly result: SeedResult;
}

class Shrinker {
  readonly #pool: TaskRunner;
  readonly #first: SimPlan;
  readonly #init: ShrinkInit;
  #best: Failing | null = null;
  #runs = 0;

  constructor(pool: TaskRunner, plan: SimPlan, init: ShrinkInit) {
    this.#pool = pool;
    this.#first = plan;
    this.#init = init;
  }

  async run(): Promise<ShrinkResult> {
    if (!(await this.#accept([this.#first], 4 * TRIES))) {
      throw new RaftctlError('USAGE', {
        message: `Cannot shrink the plan of seed ${this.#first.seed} as it does not fail with ${this.#first.oracle}`,
      });
    }
    await this.#cutTime();
    await this.#simplify();
    for (let before = -1; before !== this.#size && !this.#over; ) {
      before = this.#size;
      await this.#shrinkFaults();
      await this.#shrinkOperations();
      await this.#simplify();
    }
    const { plan, result } = this.#failing;
    return {
      ...{ plan, result, ...this.#progress },
      faultsBefore: this.#first.faults.events.length,
      operationsBefore: this.#first.operations.length,
    };
  }

  get #failing(): Failing {
    return this.#best as Failing;
  }

  get #size(): number {
    const { faults, operations, nodes } = this.#failing.plan;
    return faults.events.length + operations.length + nodes;
  }

  get #over(): boolean {
    const { signal, runsMax } = this.#init;
    return signal.aborted || this.#runs >= (runsMax ?? RUNS_MAX_DEFAULT);
  }

  get #progress(): ShrinkProgress {
    const { faults, operations, seconds } = this.#failing.plan;
    const counts = { faults: faults.events.length, operations: operations.length };
    return { runs: this.#runs, ...counts, seconds };
  }

  /** Half of the time, as long as that fails. */
  async #cutTime(): Promise<void> {
    for (;;) {
      const { plan } = this.#failing;
      const halves = [0.25, 0.5, 0.75].map((part) => cutAt(plan, plan.seconds * part));
      if (plan.seconds < 0.1 || !(await this.#accept(halves))) return;
    }
  }

  async #simplify(): Promise<void> {
    for (const change of SIMPLER) {
      const { plan } = this.#failing;
      const simpler = change(plan);
      if (simpler !== null) await this.#accept([simpler]);
    }
  }

  async #shrinkFaults(): Promise<void> {
    await minimise(this.#failing.plan.faults.events, async (candidates) => {
      const { plan } = this.#failing;
      const plans = candidates.map((events) => ({ ...plan, faults: { ...plan.faults, events } }));
      return (await this.#accept(plans)) ? this.#failing.plan.faults.events : null;
    });
  }

  async #shrinkOperations(): Promise<void> {
    await minimise(this.#failing.plan.operations, async (candidates) => {
      const { plan } = this.#failing;
      const plans = candidates.map((operations) => ({ ...plan, operations }));
      return (await this.#accept(plans)) ? this.#failing.plan.operations : null;
    });
  }

  /** Keeps the first of these plans that fails as the first one did. */
  async #accept(plans: readonly SimPlan[], tries = TRIES): Promise<boolean> {
    const all = plans.flatMap((plan) =>
      Array.from({ length: tries }, (_, at) => ({ ...plan, seed: plan.seed + at * 1_000_003 })),
    );
    for (let at = 0; at < all.length && !this.#over; at += this.#pool.width) {
      const some = all.slice(at, at + this.#pool.width);
      const results = await Promise.all(some.map((plan) => this.#try(plan)));
      const found = results.find((failing) => failing !== null);
      if (found === undefined) continue;
      this.#best = found;
      this.#init.onProgress(this.#progress);
      return true;
    }
    return false;
  }

  async #try(plan: SimPlan): Promise<Failing | null> {
    this.#runs += 1;
    const { result } = await this.#pool.run({ type: 'world', init: worldOf(plan) });
    if (result.violation?.oracle !== plan.oracle) return null;
    return { plan: withoutRest(plan, result.violation.atMs), result };
  }
}

/** What lies behind the violation never happened. */
function withoutRest(plan: SimPlan, atMs: number): SimPlan {
  const events = plan.faults.events.filter((event) => START_MS + event.atMs <= atMs);
  const operations = plan.operations.filter((operation) => operation.atMs <= atMs);
  return { ...plan, faults: { ...plan.faults, events }, operations };
}

function cutAt(plan: SimPlan, seconds: number): SimPlan {
  return { ...withoutRest(plan, START_MS + seconds * 1000), seconds };
}

/** @returns null where it is as simple as that already. */
type Change = (plan: SimPlan) => SimPlan | null;

function setting(isSimple: (faults: FaultPlan) => boolean, simpler: Partial<FaultPlan>): Change {
  return (plan) => {
    return isSimple(plan.faults) ? null : { ...plan, faults: { ...plan.faults, ...simpler } };
  };
}

function weather(change: Partial<FaultPlan['weather']>): Change {
  return (plan) => {
    const { faults } = plan;
    const simpler = { ...faults.weather, ...change };
    const isSimple = Object.entries(change).every(
      ([name, value]) => faults.weather[name as keyof typeof faults.weather] === value,
    );
    return isSimple ? null : { ...plan, faults: { ...faults, weather: simpler } };
  };
}

const SIMPLER: readonly Change[] = [
  ({ nodes, ...plan }) => {
    if (nodes <= 1) return null;
    const operations = plan.operations.filter(({ member }) => member < nodes);
    return { ...plan, operations, nodes: nodes - 1 };
  },
  weather({ dropChance: 0 }),
  weather({ duplicateChance: 0 }),
  weather({ reorderChance: 0 }),
  weather({ delayMsMin: 1, delayMsMean: 0 }),
  setting((f) => f.learners === 0, { learners: 0 }),
  setting((f) => !f.sharesMachine, { sharesMachine: false }),
  setting((f) => !f.leases, { leases: false }),
  setting((f) => f.clockRates.every((rate) => rate === 1), { clockRates: [] }),
  setting((f) => f.wallOffsetsMs.every((ms) => ms === 0), { wallOffsetsMs: [] }),
  setting((f) => f.diskMsMean <= 0.3, { diskMsMean: 0.3 }),
];
