import { Args, Flags } from '@oclif/core';
import { type IntervalLog, readIntervalLog } from '../../bench/interval-log.ts';
import { readKnee } from '../../bench/knee.ts';
import { kneeLines } from '../../bench/knee-picture.ts';
import { reportLines } from '../../bench/report.ts';
import { drawReport, type ReportedRun } from '../../bench/report-page.ts';
import { heatMapLines } from '../../bench/report-pictures.ts';
import { INTERVAL_LOG, KNEE_FILE, RunStore } from '../../bench/run-store.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { writeWhole } from '../../cli/text-files.ts';
import { runsDirFlag } from '../../measurements/measure-command.ts';
import { openRun } from '../../measurements/run-source.ts';

const COLUMNS_DEFAULT = 80;

export default class BenchReport extends BaseCommand {
  static override summary = 'Draw a stored run, or two side by side: in the terminal, or as HTML.';
  static override description =
    'The page is one file that loads nothing: latency by time, percentiles, throughput, what ' +
    'happened, load and machine, and the command that made the run; of a knee latency by rate.';
  static override examples = [
    '<%= config.bin %> bench report',
    '<%= config.bin %> bench report baseline last --html report.html',
  ];
  static override args = {
    run: Args.string({ description: 'Id, tag, name, last, or a capsule.', default: 'last' }),
    second: Args.string({ description: 'Another run, to be drawn beside it.' }),
  };
  static override flags = {
    html: Flags.string({
      summary: 'Write a page to this file.',
      helpValue: 'FILE',
      env: 'RAFTCTL_HTML',
    }),
    ascii: Flags.boolean({
      summary: 'Draw with letters only.',
      env: 'RAFTCTL_ASCII',
    }),
    'runs-dir': runsDirFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(BenchReport);
    const store = new RunStore(flags['runs-dir']);
    const first = await reported(store, args.run);
    const second = args.second === undefined ? null : await reported(store, args.second);
    const html = flags.html ?? null;
    if (html !== null) {
      await writeWhole(html, drawReport(first, second));
      this.print(`drawn in ${html}`);
    } else {
      const paint = this.paintOut;
      const columns = Math.min(160, process.stdout.columns ?? COLUMNS_DEFAULT);
      const style = { columns, isAscii: flags.ascii, paint };
      for (const { run, log, knee } of second === null ? [first] : [first, second]) {
        const lines = [
          ...(knee ? [...kneeLines(knee, style), ''] : []),
          ...[...reportLines(run.result, paint), '', ...heatMapLines(log, style), ''],
        ];
        for (const line of lines) this.print(line);
      }
    }
    const runs = [first.run.id, ...(second === null ? [] : [second.run.id])];
    return this.answer('bench.report', { runs, html });
  }
}

/** @throws {RaftctlError} RUN_NOT_FOUND, RUN_INVALID, HISTOGRAM_INVALID */
async function reported(store: RunStore, text: string): Promise<ReportedRun> {
  const { run, files } = await openRun(store, text);
  const empty: IntervalLog = { startedAtMs: 0, intervals: [] };
  const written = files.get(INTERVAL_LOG);
  const log = written === undefined ? empty : readIntervalLog(written, `${run.id}/${INTERVAL_LOG}`);
  return { run, log, knee: readKnee(files.get(KNEE_FILE)) };
}
