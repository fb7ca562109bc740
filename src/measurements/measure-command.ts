/** What commands that measure share: flags read, a run with progress, and where it is kept. */
import { Flags } from '@oclif/core';
import { type BenchRun, runBench } from '../bench/bench.ts';
import type { HistogramFiles } from '../bench/histogram-files.ts';
import { progressLine, progressText } from '../bench/progress.ts';
import { newRunId } from '../bench/run-id.ts';
import { RunStore, type StoredRun } from '../bench/run-store.ts';
import { WORKLOAD_KEYS } from '../bench/workload.ts';
import type { WorkloadInput } from '../bench/workload-fields.ts';
import { WORKLOAD_RULES } from '../bench/workload-rules.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { runsDirectory } from '../cli/directories.ts';
import { Interrupts } from '../cli/interrupts.ts';
import { LiveLine } from '../cli/live-line.ts';
import { versionInfo } from '../cli/version.ts';
import { LiveBenchFile } from '../cluster/live-benches.ts';
import { loadWorkloadProfile } from '../config/profile.ts';
import { EXIT, RaftctlError } from '../std/errors.ts';
import type { LoadPlan } from './load-plan.ts';
import { interleaved, type MeasuredRun, type MeasuredSeries } from './measured-series.ts';
import { troubleOf } from './run-trouble.ts';

const PLAIN_PROGRESS_EVERY_MS = 10_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._=:-]{0,63}$/;

export const runsDirFlag = Flags.string({
  summary: 'Folder that holds stored runs.',
  helpValue: 'DIR',
  env: 'RAFTCTL_RUNS_DIR',
  default: async () => runsDirectory(),
  defaultHelp: async () => '$XDG_STATE_HOME/raftctl/runs',
  noCacheDefault: true,
});

export const tagFlag = Flags.string({
  summary: 'A word to find the stored run by; may be repeated.',
  helpValue: 'WORD',
  multiple: true,
  multipleNonGreedy: true,
  env: 'RAFTCTL_TAG',
});

/** A part of one: `0.05` or `5%`. */
export const shareFlag = Flags.custom<number>({
  helpValue: 'SHARE',
  parse: async (text) => {
    const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
    const share = Number(match?.[1] ?? Number.NaN) / (match?.[2] === '%' ? 100 : 1);
    if (share >= 0 && share < 1) return share;
    throw new RaftctlError('USAGE', {
      message: `Cannot read ${JSON.stringify(text)} as a share: it is not like 0.05 or 5%`,
    });
  },
});

/** What `parse` knows of flags, as far as it matters here. */
export interface ParsedFlags {
  readonly flags: Readonly<Record<string, unknown>> & { readonly profile?: string | undefined };
  readonly metadata: {
    readonly flags: Readonly<Record<string, { readonly setFromDefault?: boolean } | undefined>>;
  };
}

export interface Measurement {
  readonly run: BenchRun;
  /** Of the measurement itself, or of the signal that ended it. */
  readonly exit: number;
  readonly isInterrupted: boolean;
}

export interface MeasureOptions {
  readonly histogramFiles?: HistogramFiles;
  /** In front of the progress: `2 of 5`. */
  readonly label?: string;
}

export interface SeriesLoad {
  readonly plan: LoadPlan;
  /** In the progress; empty: there is only one. */
  readonly label: string;
}

export interface SeriesKeeping {
  readonly directory: string;
  readonly name: string | null;
  readonly tags: readonly string[];
}

export interface Keeping extends SeriesKeeping {
  /** The first run of a series; null: this one is the first. */
  readonly group: string | null;
}

export abstract class MeasureCommand extends BaseCommand {
  /** What flags, variables, files and the profile say together. @throws {RaftctlError} */
  protected async inputOf({ flags, metadata }: ParsedFlags): Promise<WorkloadInput> {
    const profile =
      flags.profile === undefined
        ? {}
        : await loadWorkloadProfile(flags.profile, this.config.root, WORKLOAD_RULES);
    const said = Object.entries(flags).filter(([key, value]) => {
      if (value === undefined || !WORKLOAD_KEYS.includes(key)) return false;
      // What a configuration file says goes behind the profile.
      return metadata.flags[key]?.setFromDefault !== true || !(key in profile);
    });
    return { ...profile, ...Object.fromEntries(said) } as WorkloadInput;
  }

  /** One run. @throws {RaftctlError} UNREACHABLE, USAGE */
  protected async measure(plan: LoadPlan, options: MeasureOptions = {}): Promise<Measurement> {
    const line = new LiveLine({
      isQuiet: this.isQuiet,
      stream: process.stderr,
      plainEveryMs: PLAIN_PROGRESS_EVERY_MS,
    });
    const paint = this.paintErr;
    const label = options.label === undefined ? '' : `${options.label}  `;
    const interrupts = new Interrupts(() => line.say('Stopping: a report of what was measured'));
    const file = plan.clusterFolder === null ? null : new LiveBenchFile(plan.clusterFolder);
    interrupts.hurry.addEventListener('abort', () => process.exit(EXIT.interrupted));
    try {
      const run = await runBench({
        workload: plan.workload,
        ...{ targets: plan.targets, watched: plan.watched },
        ...(plan.agents === undefined ? {} : { agents: plan.agents }),
        histogramFiles: options.histogramFiles ?? { file: null, prefix: null },
        program: versionInfo().raftctl,
        signal: interrupts.signal,
        onLive: (figures) => file?.show({ ...figures, label: options.label ?? '' }),
        onProgress: (progress) => {
          line.show(
            () => label + progressLine(progress, paint),
            () => label + progressText(progress),
          );
        },
      });
      const { exitCode } = interrupts;
      const exit = exitCode ?? troubleOf(run.result)?.exitCode ?? EXIT.ok;
      return { run, exit, isInterrupted: exitCode !== null };
    } finally {
      line.end();
      interrupts.release();
      await file?.remove();
    }
  }

  /** Loads in turn, each as often. @throws {RaftctlError} UNREACHABLE, USAGE, DISK_FAILED */
  protected async measureSeries(
    loads: readonly SeriesLoad[],
    repeats: number,
    keeping: SeriesKeeping | null,
  ): Promise<MeasuredSeries> {
    const runs: MeasuredRun[][] = loads.map(() => []);
    const order = interleaved(loads.length, repeats);
    for (const [at, which] of order.entries()) {
      const { plan, label } = loads[which] as SeriesLoad;
      const done = runs[which] as MeasuredRun[];
      const { run, exit, isInterrupted } = await this.measure(plan, {
        label: `${at + 1} of ${order.length}${label === '' ? '' : `, ${label}`}`,
      });
      const group = done[0]?.stored?.id ?? null;
      const stored = keeping === null ? null : await this.keep(plan, run, { ...keeping, group });
      done.push({ result: run.result, stored });
      if (isInterrupted) return { runs, interruptedWith: exit };
    }
    return { runs, interruptedWith: null };
  }

  /** @throws {RaftctlError} DISK_FAILED */
  protected async keep(plan: LoadPlan, run: BenchRun, keeping: Keeping): Promise<StoredRun> {
    const id = newRunId();
    const { name, tags, group } = keeping;
    const { input, cluster } = plan;
    const words = (this.id ?? '').split(':');
    const record = {
      ...{ formatVersion: 1, id, name, tags, group: group ?? id, input, cluster },
      command: [...words, ...this.argv],
      result: run.result,
    };
    await new RunStore(keeping.directory).save(record, run.files);
    return record;
  }
}

/** @throws {RaftctlError} USAGE when one of them could be mistaken for something else. */
export function checkWords(words: readonly string[]): void {
  const wrong = words.find((word) => !NAME.test(word) || word === 'last');
  if (wrong === undefined) return;
  throw new RaftctlError('USAGE', {
    message:
      `Cannot name a run ${JSON.stringify(wrong)}: a name or tag is up to 64 letters, digits ` +
      'and . _ = : -, and not the word last',
  });
}
