import { Args, Flags } from '@oclif/core';
import { machineDifferences, workloadDifferences } from '../../bench/likeness.ts';
import type { BenchResult } from '../../bench/result.ts';
import {
  COMPARED_METRICS,
  compareRuns,
  comparisonLines,
  decidingDefault,
  regressionOf,
  type Side,
} from '../../bench/run-comparison.ts';
import { RunStore } from '../../bench/run-store.ts';
import { isLive, planSide, storedSide } from '../../measurements/compared-sides.ts';
import { MeasureCommand, runsDirFlag, shareFlag } from '../../measurements/measure-command.ts';
import { lossOf } from '../../measurements/run-trouble.ts';
import { workloadFlags } from '../../measurements/workload-flags.ts';
import { EXIT, RaftctlError } from '../../std/errors.ts';

interface Sides {
  readonly before: Side;
  readonly after: Side;
  /** Ids of the runs, where they are kept. */
  readonly runs: readonly (readonly string[])[];
  readonly interruptedWith: number | null;
}

export default class BenchCompare extends MeasureCommand {
  static override summary = 'Compare two series of runs, or two targets: is B worse than A?';
  static override description =
    'A and B are runs that are kept (id, tag, name, last, a capsule; with all that were repeated ' +
    'with them), or targets to be measured in turn now: resp://HOST:PORT, cluster:NAME. Two builds ' +
    'are two clusters, each started by its own. Judged by throughput in a closed loop and by p99 in ' +
    'an open one, unless --metric says otherwise: a permutation test over repeats, a bootstrap ' +
    'interval of the change, and a smallest effect. At least 4 repeats of each are needed. Exit ' +
    'code 8: B is worse. 7: the runs are of unlike machines or loads. 10: one cannot be believed.';
  static override examples = [
    '<%= config.bin %> bench --repeat 5 --tag old && raftctl bench --repeat 5 --tag new && raftctl bench compare old new',
    '<%= config.bin %> bench compare cluster:main cluster:tuned --repeat 8 -d 10s --ratio 1:0',
    '<%= config.bin %> bench compare resp://127.0.0.1:6379 cluster:demo --rate 2000 --metric p50 --metric p99',
  ];
  static override args = {
    before: Args.string({ description: 'A: what it was.', required: true }),
    after: Args.string({ description: 'B: what it is now.', required: true }),
  };
  static override flags = {
    ...workloadFlags,
    repeat: Flags.integer({
      summary: 'How often each target is measured.',
      default: 5,
      min: 1,
      max: 1000,
      env: 'RAFTCTL_REPEAT',
    }),
    metric: Flags.string({
      summary: 'What decides; may be repeated, then all share alpha.',
      options: [...COMPARED_METRICS],
      multiple: true,
      multipleNonGreedy: true,
      env: 'RAFTCTL_METRIC',
    }),
    alpha: shareFlag({
      summary: 'How often chance may be taken for a difference.',
      default: 0.05,
      defaultHelp: async () => '0.05',
      env: 'RAFTCTL_ALPHA',
    }),
    'min-effect': shareFlag({
      summary: 'Smaller changes do not matter.',
      default: 0.03,
      defaultHelp: async () => '3%',
      env: 'RAFTCTL_MIN_EFFECT',
    }),
    force: Flags.boolean({
      summary: 'Also when machines or loads are unlike.',
      env: 'RAFTCTL_FORCE',
    }),
    'runs-dir': runsDirFlag,
  };

  async run(): Promise<unknown> {
    const parsed = await this.parse(BenchCompare);
    const { args, flags } = parsed;
    const names = [args.before, args.after] as const;
    if (isLive(names[0]) !== isLive(names[1])) {
      throw new RaftctlError('USAGE', {
        message: `Cannot compare ${names.join(' with ')}: one was measured, the other is to be`,
        hint: 'Measure it first, with bench --repeat 5 --tag WORD',
      });
    }
    const sides = isLive(names[0]) ? await this.#measured(parsed) : await this.#stored(parsed);
    const { before, after, runs, interruptedWith } = sides;
    const [first] = before.results;
    if (first === undefined || after.results.length === 0) {
      throw new RaftctlError('INTERRUPTED', { message: 'Nothing was measured of one of the two' });
    }
    const deciding = (flags.metric ??
      decidingDefault(first)) as (typeof COMPARED_METRICS)[number][];
    const rules = { alpha: flags.alpha, minEffect: flags['min-effect'], seed: 1, deciding };
    const comparison = compareRuns(before, after, rules);
    for (const line of comparisonLines(comparison, this.paintOut)) this.print(line);
    const results = [...before.results, ...after.results];
    const loss = results.map(lossOf).find((one) => one !== null) ?? null;
    const trouble = loss ?? invalidAmong(results) ?? regressionOf(comparison);
    const exit = this.showTrouble(trouble);
    return this.answer('bench.compare', { ...comparison, runs }, interruptedWith ?? exit);
  }

  async #stored({ args, flags }: Parsed): Promise<Sides> {
    const store = new RunStore(flags['runs-dir']);
    const groups = [await storedSide(store, args.before), await storedSide(store, args.after)];
    const [before, after] = groups.map((runs) => runs.map(({ result }) => result));
    const sides = { before: { name: args.before, results: before ?? [] } };
    const runs = groups.map((group) => group.map(({ id }) => id));
    if (!flags.force) checkAlike(before ?? [], after ?? []);
    return {
      ...sides,
      after: { name: args.after, results: after ?? [] },
      runs,
      interruptedWith: null,
    };
  }

  async #measured(parsed: Parsed): Promise<Sides> {
    const { args, flags } = parsed;
    const wish = { input: await this.inputOf(parsed), dir: flags.dir };
    const loads = [];
    for (const name of [args.before, args.after]) {
      loads.push({ plan: await planSide(name, wish), label: name });
    }
    const keeping = { directory: flags['runs-dir'], name: null, tags: [] };
    const { runs, interruptedWith } = await this.measureSeries(loads, flags.repeat, keeping);
    const [before, after] = runs.map((side) => side.map(({ result }) => result));
    return {
      before: { name: args.before, results: before ?? [] },
      after: { name: args.after, results: after ?? [] },
      runs: runs.map((side) => side.flatMap(({ stored }) => stored?.id ?? [])),
      interruptedWith,
    };
  }
}

interface Parsed {
  readonly args: { readonly before: string; readonly after: string };
  readonly flags: {
    readonly dir: string;
    readonly force: boolean;
    readonly repeat: number;
    readonly 'runs-dir': string;
  } & Readonly<Record<string, unknown>> & { readonly profile?: string | undefined };
  readonly metadata: Parameters<MeasureCommand['inputOf']>[0]['metadata'];
}

/** @throws {RaftctlError} RUNS_DIFFER */
function checkAlike(before: readonly BenchResult[], after: readonly BenchResult[]): void {
  const [a] = before;
  if (a === undefined) return;
  for (const b of [...before, ...after]) {
    const differences = [...machineDifferences(a, b), ...workloadDifferences(a, b)];
    if (differences.length === 0) continue;
    throw new RaftctlError('RUNS_DIFFER', {
      message: `Cannot compare unlike runs: ${differences.join('; ')}`,
      hint: 'Measure both alike on one machine, or insist with --force',
    });
  }
}

function invalidAmong(results: readonly BenchResult[]): RaftctlError | null {
  const invalid = results.filter(({ isValid }) => !isValid);
  const [first] = invalid;
  if (first === undefined) return null;
  const reasons = first.invalidReasons.join('; ');
  return new RaftctlError('MEASUREMENT_INVALID', {
    message: `${invalid.length} of ${results.length} runs cannot be believed: ${reasons}`,
    hint: `Repeat them with less load or on a quieter machine (exit ${EXIT.invalid})`,
  });
}
