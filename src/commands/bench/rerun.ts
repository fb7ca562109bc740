import { Args, Flags } from '@oclif/core';
import { reportLines } from '../../bench/report.ts';
import { judgedLatency } from '../../bench/run-list.ts';
import { RunStore } from '../../bench/run-store.ts';
import { clusterChoice } from '../../cli/flags.ts';
import { planLoad } from '../../measurements/load-plan.ts';
import { MeasureCommand, runsDirFlag } from '../../measurements/measure-command.ts';
import { openRun } from '../../measurements/run-source.ts';
import { troubleOf } from '../../measurements/run-trouble.ts';
import { percentText } from '../../std/units.ts';

export default class BenchRerun extends MeasureCommand {
  static override summary = 'Measure again what a stored run or a capsule measured.';
  static override description =
    'With the same workload and seed, on the same nodes or addresses unless others are named. The ' +
    'new run is kept, with the tag rerun=ID of the old one. One run against another shows ' +
    'differences, not their cause: bench compare repeats and tests.';
  static override examples = [
    '<%= config.bin %> bench rerun last',
    '<%= config.bin %> bench rerun baseline.tar.gz --cluster demo',
  ];
  static override args = {
    run: Args.string({ description: 'Id, tag, name, last, or a capsule.', default: 'last' }),
  };
  static override flags = {
    ...clusterChoice,
    target: Flags.string({
      summary: 'Address, or node of the cluster, instead of those of the run; may be repeated.',
      helpValue: 'resp://HOST:PORT|NAME',
      multiple: true,
      multipleNonGreedy: true,
      env: 'RAFTCTL_TARGET',
    }),
    'runs-dir': runsDirFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(BenchRerun);
    const { run: before } = await openRun(new RunStore(flags['runs-dir']), args.run);
    const { target } = flags;
    const input = target === undefined ? before.input : { ...before.input, target };
    const cluster = flags.cluster ?? before.cluster;
    const plan = await planLoad({ input, cluster, dir: flags.dir });
    const { run, exit, isInterrupted } = await this.measure(plan);
    const { result } = run;
    for (const line of reportLines(result, this.paintOut)) this.print(line);
    const tags = [`rerun=${before.id}`];
    const directory = flags['runs-dir'];
    const stored = await this.keep(plan, run, { directory, name: null, tags, group: null });
    const changes = changesBetween(before.result, result);
    this.print();
    for (const { metric, change } of changes) {
      this.print(`${metric.padEnd(11)} ${percentText(change)} against ${before.id}`);
    }
    const trouble = this.showTrouble(troubleOf(result));
    const data = { before: before.id, run: stored.id, changes, result };
    return this.answer('bench.rerun', data, isInterrupted ? exit : trouble);
  }
}

interface Change {
  readonly metric: string;
  /** Part of the value before; null: that was zero. */
  readonly change: number | null;
}

type Result = Parameters<typeof reportLines>[0];

function changesBetween(before: Result, after: Result): Change[] {
  const [old, now] = [judgedLatency(before), judgedLatency(after)];
  const pairs = [
    ['throughput', before.throughputPerSecond, after.throughputPerSecond],
    ['p50', old.p50Us, now.p50Us],
    ['p99', old.p99Us, now.p99Us],
    ['p99.9', old.p999Us, now.p999Us],
  ] as const;
  return pairs.map(([metric, from, to]) => {
    return { metric, change: from === 0 ? null : to / from - 1 };
  });
}
