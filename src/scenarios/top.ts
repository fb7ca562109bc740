/**
 * The dashboard over clusters: looks at each on a beat, keeps and records what it saw, and runs
 * `raftctl` itself for whatever is done from the screen.
 */
import { Flight } from '../tui/flight.ts';
import type { Beside } from '../tui/once.ts';
import { isNews } from '../tui/panels/events.ts';
import { changes, SUMMARY_MS, summary } from '../tui/plain.ts';
import type { Recorder } from '../tui/recording.ts';
import type { Sample } from '../tui/sample.ts';
import type { LogLine } from '../tui/scene.ts';
import { TopCluster } from '../tui/top-cluster.ts';
import { Top, type TopInit } from '../tui/tui.ts';
import { Beat } from './beat.ts';
import {
  collectorFor,
  followLogs,
  profileFolderOf,
  profilesIn,
  runLine,
  type TopTarget,
} from './top-sources.ts';

/** After an event worth seeing the next look does not wait for the beat. */
const EARLY_LOOK_MS = 150;
/** A cluster that is not shown is looked at no more often: its line needs no more. */
const HIDDEN_MS_MIN = 1000;

/** One of the clusters to be shown. */
export interface LiveTarget extends TopTarget {
  /** Flags that name it to `raftctl`. */
  readonly scope: readonly string[];
  readonly context: string | null;
}

type Look = Pick<TopInit, 'ui' | 'isAscii' | 'hasColour' | 'version'>;

export interface LiveInit extends Look {
  readonly targets: readonly LiveTarget[];
  readonly recorder: Recorder | null;
}

/** A cluster that is looked at while the screen is open. */
class LiveCluster {
  readonly target: LiveTarget;
  readonly shown: TopCluster;
  readonly #collector;
  readonly #beat: Beat;
  #logs: AbortController | null = null;
  /** After each look. */
  onLook: (sample: Sample) => Promise<void> = async () => {};

  constructor(target: LiveTarget, everyMs: number) {
    this.target = target;
    const { scope, context, spec } = target;
    const profileDirectory = profileFolderOf(target);
    const flight = new Flight();
    this.shown = new TopCluster({ name: spec.name, flight, scope, context, profileDirectory });
    this.#collector = collectorFor(target);
    this.#beat = new Beat(everyMs, async () => {
      const sample = await this.#collector.look();
      flight.add(sample);
      await this.onLook(sample);
    });
    this.#collector.onEvent = (event) => {
      if (isNews(event)) this.#beat.soon(EARLY_LOOK_MS);
    };
    this.#collector.start();
  }

  look(): void {
    this.#beat.soon(0);
  }

  set everyMs(ms: number) {
    this.#beat.everyMs = ms;
  }

  async readBatches(): Promise<void> {
    this.shown.batches = await this.#collector.batches();
  }

  async readProfiles(): Promise<void> {
    this.shown.profiles = await profilesIn(this.shown.profileDirectory);
  }

  /** Follows its logs from the first time on that it is shown. */
  async readLogs(onLine: () => void): Promise<void> {
    if (this.#logs !== null) return;
    this.#logs = new AbortController();
    await followLogs(this.target, this.#logs.signal, (line) => {
      this.shown.addLog(line);
      onLine();
    });
  }

  close(): void {
    this.#logs?.abort();
    this.#beat.end();
    this.#collector.close();
  }
}

/** Shows the screen until the person leaves it. @returns the exit code. */
export async function runTop(init: LiveInit): Promise<number> {
  const { recorder, targets, ...look } = init;
  let { refreshMs } = look.ui;
  let chosen = 0;
  const paceOf = (at: number): number =>
    at === chosen ? refreshMs : Math.max(refreshMs, HIDDEN_MS_MIN);
  const clusters = targets.map((target, at) => new LiveCluster(target, paceOf(at)));
  const shown = (): LiveCluster => clusters[chosen] as LiveCluster;
  const setPaces = (): void => {
    for (const [at, cluster] of clusters.entries()) cluster.everyMs = paceOf(at);
  };
  const show = async (): Promise<void> => {
    const cluster = shown();
    await cluster.readProfiles();
    await cluster.readLogs(() => {
      if (top.ui.view === 'logs' && cluster === shown()) top.changed();
    });
    top.changed();
  };
  const top = new Top({
    ...look,
    clusters: clusters.map((cluster) => cluster.shown),
    replay: null,
    recordedBytes: () => recorder?.bytes ?? null,
    look: () => shown().look(),
    choose: (index) => {
      chosen = index;
      setPaces();
      shown().look();
      void show();
    },
    setRefresh: (ms) => {
      refreshMs = ms;
      setPaces();
    },
    run: async (words, { name }) => {
      const cluster = clusters.find((one) => one.shown.name === name) ?? shown();
      const outcome = await runLine(words, cluster.target);
      if (words[0] === 'profile') await cluster.readProfiles();
      return outcome;
    },
  });
  for (const cluster of clusters) {
    cluster.onLook = async (sample) => {
      recorder?.add(sample);
      if (top.ui.view === 'log' && cluster === shown()) await cluster.readBatches();
      top.changed();
    };
  }
  await show();
  try {
    return await top.done;
  } finally {
    for (const cluster of clusters) cluster.close();
    await recorder?.close();
  }
}

/** Shows a recording. @returns the exit code. */
export function runReplay(
  init: Look & { readonly clusters: readonly TopCluster[]; readonly file: string },
): Promise<number> {
  const { file, ...look } = init;
  const nothing = (): void => {};
  const top = new Top({
    ...look,
    replay: file,
    recordedBytes: () => null,
    look: nothing,
    choose: nothing,
    setRefresh: nothing,
    run: async () => ({ isOk: false, said: 'this is a recording' }),
  });
  return top.done;
}

/** Two looks, so that there are rates, and what views show beside them. */
export async function lookTwice(
  target: TopTarget,
  apartMs: number,
): Promise<{ readonly flight: Flight; readonly beside: Beside }> {
  const collector = collectorFor(target);
  const flight = new Flight();
  const logs: LogLine[] = [];
  const end = new AbortController();
  await followLogs(target, end.signal, (line) => logs.push(line));
  collector.start();
  try {
    flight.add(await collector.look());
    await new Promise((resolve) => setTimeout(resolve, apartMs));
    flight.add(await collector.look());
    const profiles = await profilesIn(profileFolderOf(target));
    return { flight, beside: { logs, profiles, batches: await collector.batches() } };
  } finally {
    end.abort();
    collector.close();
  }
}

export interface SpeakOptions {
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly recorder: Recorder | null;
}

/** Says what changes, line by line, until it is told to stop. */
export async function speak(
  targets: readonly TopTarget[],
  options: SpeakOptions,
  say: (line: string) => void,
): Promise<void> {
  const isNamed = targets.length > 1;
  await Promise.all(targets.map((target) => speakOf(target, { ...options, isNamed }, say)));
  await options.recorder?.close();
}

async function speakOf(
  target: TopTarget,
  options: SpeakOptions & { readonly isNamed: boolean },
  say: (line: string) => void,
): Promise<void> {
  const { everyMs, signal, recorder, isNamed } = options;
  const collector = collectorFor(target);
  collector.start();
  let before: Sample | null = null;
  let window: Sample[] = [];
  let saidMs = Number.NEGATIVE_INFINITY;
  await new Promise<void>((resolve) => {
    const beat = new Beat(everyMs, async () => {
      const sample = await collector.look();
      recorder?.add(sample);
      for (const line of changes(before, sample, isNamed)) say(line);
      window = [...window, sample].filter(({ atMs }) => atMs > sample.atMs - SUMMARY_MS);
      // The second look is the first with rates.
      if (before !== null && sample.atMs - saidMs >= SUMMARY_MS) {
        saidMs = sample.atMs;
        for (const line of summary(window)) say(line);
      }
      before = sample;
    });
    collector.onEvent = (event) => {
      if (isNews(event)) beat.soon(EARLY_LOOK_MS);
    };
    signal.addEventListener('abort', () => {
      beat.end();
      resolve();
    });
  });
  collector.close();
}
