/**
 * Hunts planted bugs, several at a time, each on a thread of its own from seed 1 on until an oracle
 * fires. What a hunt has found so far is told as it goes, so that one that was interrupted can go
 * on where it stopped (hunt-state.ts).
 */
import { type HuntResult, hunt } from './hunt.ts';
import type { Mutant } from './mutant.ts';
import { withBuild } from './mutant-build.ts';
import type { MutantRow } from './mutant-report.ts';
import { RUN_OPTIONS_DEFAULT, type RunOptions } from './run.ts';
import { SimPool } from './sim-pool.ts';

/** A hunt tells how far it is after so many seeds. */
const TELL_EVERY_SEEDS = 25;
/** A run takes seconds; what needs so long hangs, also on a busy machine. */
const TASK_MS_MAX = 60_000;
/** Where a test finds a bug by itself, seeds are tried for a share of the time only. */
const DIRECTED_SHARE = 0.05;

export interface HuntBudget {
  /** Of bugs, and of controls. */
  readonly seedsMax: number;
  readonly controlSeeds: number;
  readonly seconds: number;
}

export interface MutantsProgress {
  readonly done: number;
  readonly wanted: number;
  /** What is hunted now, and the seed it is at. */
  readonly now: readonly string[];
  /** Null: nobody can tell yet. */
  readonly restMs: number | null;
}

export interface ReportInit extends HuntBudget {
  readonly mutants: readonly Mutant[];
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  /** From an earlier hunt, whole or not. */
  readonly known?: readonly MutantRow[];
  /** How far a hunt is; it has ended when `isWhole` says so. */
  readonly onRow: (row: MutantRow) => void;
  readonly onProgress?: (progress: MutantsProgress) => void;
}

/** @returns what is known of each, in their order; of an interrupted hunt perhaps nothing. */
export async function huntMutants(init: ReportInit): Promise<readonly MutantRow[]> {
  const hunter = new MutantHunter(init);
  return await hunter.run();
}

/** Seeds that a mutant is hunted for. */
export function seedsFor({ kind, directed }: Mutant, budget: HuntBudget): number {
  if (kind === 'control') return budget.controlSeeds;
  return directed === undefined ? budget.seedsMax : Math.ceil(budget.seedsMax * DIRECTED_SHARE);
}

/** Whether no more seeds have to be tried. */
export function isWhole(row: MutantRow, mutant: Mutant, budget: HuntBudget): boolean {
  return row.oracle !== null || row.seeds >= seedsFor(mutant, budget);
}

class MutantHunter {
  readonly #init: ReportInit;
  readonly #rows = new Map<string, MutantRow>();
  readonly #waiting: Mutant[];
  readonly #running = new Map<string, number>();

  constructor(init: ReportInit) {
    this.#init = init;
    for (const row of init.known ?? []) this.#rows.set(row.id, row);
    // The long ones first: at the end no thread waits for another.
    this.#waiting = init.mutants
      .filter((mutant) => !this.#isDone(mutant))
      .sort((a, b) => Number(b.kind === 'control') - Number(a.kind === 'control'));
  }

  async run(): Promise<readonly MutantRow[]> {
    const { workers, mutants } = this.#init;
    await Promise.all(Array.from({ length: workers }, () => this.#work()));
    return mutants.flatMap(({ id }) => this.#rows.get(id) ?? []);
  }

  async #work(): Promise<void> {
    const { signal } = this.#init;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (signal.aborted) return;
      await this.#hunt(next);
    }
  }

  async #hunt(mutant: Mutant): Promise<void> {
    const { signal, nowMs } = this.#init;
    const before = this.#rows.get(mutant.id) ?? null;
    const first = (before?.seeds ?? 0) + 1;
    const row = new RowInMaking(mutant, before, nowMs);
    this.#running.set(mutant.id, first);
    await withBuild(mutant.id, async (build) => {
      const pool = new SimPool({ build, width: 1, taskMsMax: TASK_MS_MAX });
      try {
        await hunt(pool, {
          ...{ first, last: seedsFor(mutant, this.#init), goOn: false, signal, nowMs },
          options: optionsOf(mutant, this.#init.seconds),
          onResult: (result) => {
            row.add(result);
            this.#running.set(mutant.id, result.seed + 1);
            if (row.seeds % TELL_EVERY_SEEDS === 0) this.#tell(row.get());
            else this.#show();
          },
        });
      } finally {
        await pool.close();
      }
    });
    this.#running.delete(mutant.id);
    this.#tell(row.get());
  }

  #tell(row: MutantRow): void {
    this.#rows.set(row.id, row);
    this.#init.onRow(row);
    this.#show();
  }

  #show(): void {
    const { mutants, onProgress } = this.#init;
    onProgress?.({
      done: mutants.filter((mutant) => this.#isDone(mutant)).length,
      wanted: mutants.length,
      now: [...this.#running].map(([id, seed]) => `${id} at seed ${seed}`),
      restMs: this.#restMs(),
    });
  }

  #isDone(mutant: Mutant): boolean {
    const row = this.#rows.get(mutant.id);
    return row !== undefined && isWhole(row, mutant, this.#init);
  }

  /** Controls take the time of their seeds, bugs as long as the others did. */
  #restMs(): number | null {
    const { mutants, workers } = this.#init;
    const rows = [...this.#rows.values()];
    const done = mutants.filter((mutant) => this.#isDone(mutant) && mutant.kind !== 'control');
    const bugsMs = rows.filter(({ id }) => done.some((mutant) => mutant.id === id));
    const seeds = rows.reduce((sum, row) => sum + row.seeds, 0);
    if (seeds === 0) return null;
    const seedMs = rows.reduce((sum, row) => sum + row.wallMs, 0) / seeds;
    const bugMs =
      bugsMs.length === 0
        ? 10 * seedMs
        : bugsMs.reduce((sum, row) => sum + row.wallMs, 0) / bugsMs.length;
    let restMs = 0;
    for (const mutant of mutants) {
      if (this.#isDone(mutant)) continue;
      const left = seedsFor(mutant, this.#init) - (this.#rows.get(mutant.id)?.seeds ?? 0);
      restMs += mutant.kind === 'control' ? left * seedMs : bugMs;
    }
    return restMs / workers;
  }
}

/** The row of a hunt that goes on. */
class RowInMaking {
  readonly #mutant: Mutant;
  readonly #startedMs: number;
  readonly #nowMs: () => number;
  readonly #wallMsBefore: number;
  #found: HuntResult['violations'][number] | null = null;
  #simulatedMs: number;
  seeds: number;

  constructor(mutant: Mutant, before: MutantRow | null, nowMs: () => number) {
    this.#mutant = mutant;
    this.#nowMs = nowMs;
    this.#startedMs = nowMs();
    this.seeds = before?.seeds ?? 0;
    this.#simulatedMs = (before?.simSeconds ?? 0) * 1000;
    this.#wallMsBefore = before?.wallMs ?? 0;
  }

  add(result: HuntResult['violations'][number]): void {
    this.seeds += 1;
    this.#simulatedMs += result.simulatedMs;
    if (result.violation !== null) this.#found ??= result;
  }

  get(): MutantRow {
    const { id, kind, bug, directed, nodes, profile } = this.#mutant;
    return {
      ...{ id, kind, bug, directed: directed ?? null },
      profile: profile ?? RUN_OPTIONS_DEFAULT.profile,
      nodes: nodes ?? null,
      oracle: this.#found?.violation?.oracle ?? null,
      seed: this.#found?.seed ?? null,
      seeds: this.seeds,
      simSeconds: Math.round(this.#simulatedMs / 1000),
      wallMs: this.#wallMsBefore + Math.round(this.#nowMs() - this.#startedMs),
    };
  }
}

function optionsOf({ nodes, profile }: Mutant, seconds: number): RunOptions {
  const defaults = RUN_OPTIONS_DEFAULT;
  return { ...defaults, seconds, nodes: nodes ?? null, profile: profile ?? defaults.profile };
}
