import { basename, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { entryOf } from '../../cli/entry.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { LiveLine } from '../../cli/live-line.ts';
import { versionInfo } from '../../cli/version.ts';
import type { ExperimentPlan } from '../../config/experiment-schema.ts';
import { loadExperiment } from '../../config/profile.ts';
import { loadReference } from '../../config/reference.ts';
import { type ExperimentProgress, runExperiment } from '../../scenarios/experiment/experiment.ts';
import { troubleOf } from '../../scenarios/experiment/floors.ts';
import { EXPERIMENTS } from '../../scenarios/experiment/points.ts';
import { progressLine, progressText } from '../../scenarios/experiment/progress.ts';
import { Records } from '../../scenarios/experiment/records.ts';
import { readReport } from '../../scenarios/experiment/report.ts';
import { reportLines } from '../../scenarios/experiment/report-text.ts';
import { plural } from '../../std/units.ts';

const REPAINT_MS = 500;
const PLAIN_PROGRESS_EVERY_MS = 10_000;

export default class ExperimentRun extends BaseCommand {
  static override summary = 'Run a published experiment again: clusters, loads, files, numbers.';
  static override description =
    'PROFILE names a profile with a table [experiment], or its file. Each point starts clusters of ' +
    'its own on this machine, loads them, and leaves a directory with the files of its servers, ' +
    'loggers and clients. Points that are measured already are kept: the same command goes on ' +
    'where it was interrupted. Exit code 6: a floor of the profile was missed. ' +
    'raftctl experiment report prints the numbers again and draws the figures.';
  static override examples = [
    '<%= config.bin %> experiment run thesis --output thesis-results',
    '<%= config.bin %> experiment run thesis --only sweep --points "kvstore/*/1024/*" --seconds 10',
    '<%= config.bin %> experiment run ./mine.toml --restart --json',
  ];
  static override args = {
    profile: Args.string({ description: 'Profile, by its name or its file.', required: true }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      summary: "Directory of the results. [default: the profile's name]",
      helpValue: 'DIR',
      env: 'RAFTCTL_OUTPUT',
    }),
    only: Flags.string({
      summary: `Experiments of the profile: ${EXPERIMENTS.join(', ')}. [default: all]`,
      helpValue: 'NAME,...',
      env: 'RAFTCTL_ONLY',
    }),
    points: Flags.string({
      summary: 'Points by patterns of their paths; may be repeated. [default: all]',
      helpValue: 'PATTERN',
      multiple: true,
      multipleNonGreedy: true,
      env: 'RAFTCTL_POINTS',
    }),
    seconds: Flags.integer({
      summary: 'Length of each point; a warm-up is no longer, a minute of log as much shorter.',
      min: 1,
      env: 'RAFTCTL_SECONDS',
    }),
    restart: Flags.boolean({
      summary: 'Remove what was measured before.',
      env: 'RAFTCTL_RESTART',
    }),
    'port-base': Flags.integer({
      summary:
        'First client port; up to 1300 above, and 1000 and 2000 above the first 100, are used.',
      default: 26_000,
      min: 1024,
      max: 60_000,
      env: 'RAFTCTL_PORT_BASE',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ExperimentRun);
    const { path, plan } = await loadExperiment(args.profile, this.config.root);
    const reference =
      plan.reference === undefined ? null : await loadReference(path, plan.reference);
    const directory = resolve(flags.output ?? basename(path, '.toml'));
    const records = new Records(directory);
    const end = await this.#run({
      plan: shortened(plan, flags.seconds),
      ...{ reference, profile: path, records, restart: flags.restart },
      wish: { only: namesOf(flags.only), points: flags.points ?? [] },
      portBase: flags['port-base'],
    });
    const { report } = await readReport(records);
    for (const line of reportLines(report, this.paintOut)) this.print(line);
    this.note(`${plural(end.measured, 'point')} measured, ${end.kept} kept: ${directory}`);
    const exit = this.showTrouble(troubleOf(report.floors));
    return this.answer('experiment.run', { ...end, ...report }, exit);
  }

  async #run(
    wish: Omit<
      Parameters<typeof runExperiment>[0],
      'entry' | 'formatNode' | 'program' | 'signal' | 'onProgress'
    >,
  ) {
    const line = new LiveLine({
      ...{ isQuiet: this.isQuiet, stream: process.stderr },
      plainEveryMs: PLAIN_PROGRESS_EVERY_MS,
    });
    const interrupts = new Interrupts(() => line.say('Stopping and cleaning up'));
    const paint = this.paintErr;
    let now: { readonly progress: ExperimentProgress; readonly sinceMs: number } | null = null;
    const show = (): void => {
      if (now === null) return;
      const { progress, sinceMs } = now;
      const elapsedMs = performance.now() - sinceMs;
      line.show(
        () => progressLine(progress, elapsedMs, paint),
        () => progressText(progress, elapsedMs),
      );
    };
    const timer = setInterval(show, REPAINT_MS);
    try {
      return await runExperiment({
        ...wish,
        entry: entryOf(this.config.root),
        formatNode: async (init) => (await import('../../node/format.ts')).formatNode(init),
        program: versionInfo().raftctl,
        signal: interrupts.signal,
        onProgress: (progress) => {
          now = { progress, sinceMs: performance.now() };
          show();
        },
      });
    } finally {
      clearInterval(timer);
      line.end();
      interrupts.release();
    }
  }
}

function shortened(plan: ExperimentPlan, seconds: number | undefined): ExperimentPlan {
  if (seconds === undefined) return plan;
  const duration = seconds * 1000;
  return { ...plan, duration, warmup: Math.min(plan.warmup, duration) };
}

function namesOf(only: string | undefined): string[] {
  return only === undefined ? [] : only.split(',');
}
