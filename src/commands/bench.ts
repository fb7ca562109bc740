import { Flags } from '@oclif/core';
import { checkFolderOf, type HistogramFiles } from '../bench/histogram-files.ts';
import { reportLines } from '../bench/report.ts';
import { repeatLines, repeatRow } from '../bench/run-list.ts';
import { discoverFlags, trustFlags } from '../cli/flags.ts';
import { agentFlags, withAgents } from '../measurements/agent-flags.ts';
import { type LoadPlan, planLoad, withDiscovered } from '../measurements/load-plan.ts';
import {
  checkWords,
  MeasureCommand,
  type Measurement,
  runsDirFlag,
  type SeriesKeeping,
  tagFlag,
} from '../measurements/measure-command.ts';
import { middleOf } from '../measurements/measured-series.ts';
import { troubleOf, worstTrouble } from '../measurements/run-trouble.ts';
import { value, withVariables, workloadFlags } from '../measurements/workload-flags.ts';
import { HistoryClients } from '../scenarios/history-clients.ts';
import { RaftctlError } from '../std/errors.ts';

type OneRunFlags = Readonly<Partial<Record<'hdr-file' | 'hdr-file-prefix', string | undefined>>>;

export default class Bench extends MeasureCommand {
  static override summary = 'Measure a cluster, or any server that speaks RESP or HTTP.';
  static override description =
    'Closed loop by default: each connection waits for its answers before it sends again. With ' +
    '--rate it is an open loop: requests leave when they are due, whether or not earlier ones were ' +
    'answered, and latency counts from the time they were due (corrected) beside the time they ' +
    'were really sent (raw). Latency covers answered requests; refused ones are errors; what has ' +
    'no answer by the end counts with the time it has waited. A cluster that is named runs kvstore ' +
    'or diskstorage, whose keys are numbers without a prefix. ' +
    'Exit code 9: --verify found a key without the value that was acknowledged. ' +
    '6: an objective was missed. 10: the measurement cannot be believed, because the ' +
    'generator was too late or the target was lost. 130: cut short by Ctrl-C, after a report.';
  static override examples = [
    '<%= config.bin %> bench --rate 2000 --duration 60s --slo "p99<10ms" --slo "err<0.1%"',
    '<%= config.bin %> bench --clients 50 --pipeline 16 --ratio 1:0 --target leader',
    '<%= config.bin %> bench -f bench-mixed --duration 10s',
    '<%= config.bin %> bench --target resp://127.0.0.1:6379 --requests 100000 --json',
  ];
  static override flags = {
    ...workloadFlags,
    ...trustFlags,
    ...discoverFlags,
    ...agentFlags,
    ...withVariables({
      'hdr-file': value('Write the percentiles of all requests to this file (.hgrm).', 'FILE'),
      'hdr-file-prefix': value(
        'Write PREFIX.raw.hgrm, .corrected, .write, .read, .lateness.',
        'PREFIX',
      ),
      history: value(
        'Write what a few clients beside the load saw, for check linearizability, to this file.',
        'FILE',
      ),
      verify: Flags.boolean({
        summary:
          'Read back afterwards what was acknowledged as written; exit 9 if it is not there.',
      }),
      phases: Flags.boolean({
        summary: "Keep the servers' phases of a write with the run: queue, sync, quorum, ...",
      }),
      store: Flags.boolean({
        summary: 'Keep the run: raftctl bench list.',
        default: true,
        allowNo: true,
      }),
      name: value('Name of the stored run.', 'NAME'),
      repeat: Flags.integer({
        summary: 'Measure so often; the report is that of the run in the middle.',
        default: 1,
        min: 1,
        max: 1000,
      }),
    }),
    tag: tagFlag,
    'runs-dir': runsDirFlag,
  };

  async run(): Promise<unknown> {
    const parsed = await this.parse(Bench);
    const { flags } = parsed;
    const tags = flags.tag ?? [];
    checkWords([...tags, ...(flags.name === undefined ? [] : [flags.name])]);
    const input = await this.inputOf(parsed);
    const { cluster = null, dir, phases } = flags;
    const found = await withDiscovered(input, flags);
    const local = await planLoad({ input: found, cluster, dir, trust: flags, phases });
    const plan = await withAgents(local, flags);
    if (plan.app === 'diskstorage' && flags.history !== undefined) {
      throw new RaftctlError('USAGE', {
        message: 'Cannot write a history of a diskstorage: its keys are numbers of slots',
        hint: 'Leave --history out',
      });
    }
    const histogramFiles = {
      file: flags['hdr-file'] ?? null,
      prefix: flags['hdr-file-prefix'] ?? null,
    };
    const keeping = flags.store
      ? { directory: flags['runs-dir'], name: flags.name ?? null, tags }
      : null;
    if (flags.repeat > 1) return this.#repeated(plan, parsed.flags, keeping);
    const measurement =
      flags.history === undefined
        ? await this.measure(plan, { histogramFiles })
        : await this.#witnessed(flags.history, plan, histogramFiles);
    const { run, exit, isInterrupted } = measurement;
    const { result } = run;
    for (const text of reportLines(result, this.paintOut)) this.print(text);
    const stored =
      keeping === null ? null : await this.keep(plan, run, { ...keeping, group: null });
    if (stored !== null) this.print(`${this.paintOut('dim', 'run'.padEnd(11))} ${stored.id}`);
    const trouble = this.showTrouble(troubleOf(result));
    const data = { ...result, run: stored?.id ?? null, repeats: [] };
    return this.answer('bench', data, isInterrupted ? exit : trouble);
  }

  async #repeated(
    plan: LoadPlan,
    flags: { readonly repeat: number; readonly history?: string | undefined } & OneRunFlags,
    keeping: SeriesKeeping | null,
  ): Promise<unknown> {
    const single = (['history', 'hdr-file', 'hdr-file-prefix'] as const).find((flag) => {
      return flags[flag] !== undefined;
    });
    if (single !== undefined) {
      throw new RaftctlError('USAGE', {
        message: `Cannot write the one --${single} of ${flags.repeat} repeats`,
        hint: 'Stored runs have their histograms: raftctl bench show last',
      });
    }
    const series = await this.measureSeries([{ plan, label: '' }], flags.repeat, keeping);
    const runs = series.runs[0] ?? [];
    const middle = middleOf(runs);
    if (middle === null) throw new RaftctlError('INTERRUPTED', { message: 'Nothing was measured' });
    const rows = runs.map(({ result, stored }) => repeatRow(result, stored));
    for (const line of repeatLines(rows, this.paintOut)) this.print(line);
    this.print();
    for (const text of reportLines(middle.result, this.paintOut)) this.print(text);
    const exit = this.showTrouble(worstTrouble(runs.map(({ result }) => result)));
    const data = { ...middle.result, run: middle.stored?.id ?? null, repeats: rows };
    return this.answer('bench', data, series.interruptedWith ?? exit);
  }

  /** Measures while other clients write down what they see. */
  async #witnessed(
    file: string,
    plan: LoadPlan,
    histogramFiles: HistogramFiles,
  ): Promise<Measurement> {
    const { workload, targets } = plan;
    if (workload.driver !== 'resp') {
      throw new RaftctlError('USAGE', {
        message: `Cannot write a history over ${workload.driver}: its clients speak RESP`,
        hint: 'Leave --driver out, or name the target resp://HOST:PORT',
      });
    }
    await checkFolderOf(file);
    const { timeoutMs, seed } = workload;
    const endpoints = targets.map(({ address }) => address);
    const clients = new HistoryClients({ endpoints, timeoutMs, seed });
    try {
      return await this.measure(plan, { histogramFiles });
    } finally {
      await clients.stop();
      const count = await clients.write(file);
      this.note(`${count} operations in ${file}: raftctl check linearizability ${file}`);
    }
  }
}
