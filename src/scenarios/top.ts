/**
 * The dashboard over a local cluster: looks at it on a beat, keeps and records what it saw, and
 * runs `raftctl` itself for whatever is done from the screen.
 */
import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LogFollower } from '../cluster/log-follower.ts';
import { partsOfLogLine } from '../cluster/log-line.ts';
import { fileSize } from '../cluster/node-log.ts';
import { silenceOf } from '../cluster/silence.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { ClusterSpec } from '../cluster/topology.ts';
import { Collector } from '../tui/collector.ts';
import { Flight } from '../tui/flight.ts';
import { isNews } from '../tui/panels/events.ts';
import { changes, SUMMARY_MS, summary } from '../tui/plain.ts';
import type { Recorder } from '../tui/recording.ts';
import type { Sample } from '../tui/sample.ts';
import type { ProfileEntry } from '../tui/scene.ts';
import { Top } from '../tui/tui.ts';
import type { Ui } from '../tui/ui.ts';

/** After an event worth seeing the next look does not wait for the beat. */
const EARLY_LOOK_MS = 150;
/** Of each log, what was written before counts too. Bytes. */
const LOG_TAIL_BYTES = 64 * 1024;

export interface TopTarget {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
}

export function collectorFor({ store, spec }: TopTarget): Collector {
  return new Collector({
    cluster: {
      name: spec.name,
      app: spec.app,
      nodes: spec.nodes.map(({ id, member, adminAddress }) => ({ id, member, adminAddress })),
    },
    silenceOf: (id) => silenceOf(store, spec, id),
  });
}

/** Looks on a beat that can be changed, one look at a time. */
class Beat {
  readonly #task: () => Promise<void>;
  #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  #busy = false;
  #ended = false;

  constructor(everyMs: number, task: () => Promise<void>) {
    this.#everyMs = everyMs;
    this.#task = task;
    this.soon(0);
  }

  set everyMs(ms: number) {
    this.#everyMs = ms;
    this.soon(ms);
  }

  soon(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#busy || this.#ended) return;
    this.#timer = setTimeout(() => void this.#run(), ms);
  }

  end(): void {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#busy = true;
    const startedMs = performance.now();
    await this.#task();
    this.#busy = false;
    this.soon(Math.max(0, this.#everyMs - (performance.now() - startedMs)));
  }
}

export interface LiveInit extends TopTarget {
  readonly ui: Ui;
  readonly isAscii: boolean;
  readonly hasColour: boolean;
  readonly version: string;
  readonly recorder: Recorder | null;
}

/** Shows the screen until the person leaves it. @returns the exit code. */
export async function runTop(init: LiveInit): Promise<number> {
  const collector = collectorFor(init);
  const flight = new Flight();
  const { recorder, ui, isAscii, hasColour, version } = init;
  const beat = new Beat(ui.refreshMs, async () => {
    const sample = await collector.look();
    flight.add(sample);
    recorder?.add(sample);
    if (top.ui.view === 'log') top.setBatches(await collector.batches());
    top.changed();
  });
  const top = new Top({
    ...{ flight, ui, isAscii, hasColour, version },
    replay: null,
    recordedBytes: () => recorder?.bytes ?? null,
    look: () => beat.soon(0),
    setRefresh: (ms) => {
      beat.everyMs = ms;
    },
    run: async (words) => {
      const outcome = await runLine(words);
      if (words[0] === 'profile') top.setProfiles(await profilesIn(ui.profileDirectory));
      return outcome;
    },
  });
  top.setProfiles(await profilesIn(ui.profileDirectory));
  collector.onEvent = (event) => {
    if (isNews(event)) beat.soon(EARLY_LOOK_MS);
  };
  collector.start();
  const logs = await followLogs(init, top);
  try {
    return await top.done;
  } finally {
    logs.abort();
    beat.end();
    collector.close();
    await recorder?.close();
  }
}

/** Shows a recording. @returns the exit code. */
export function runReplay(
  init: Omit<LiveInit, 'store' | 'spec' | 'recorder'> & {
    readonly flight: Flight;
    readonly file: string;
  },
): Promise<number> {
  const { flight, ui, isAscii, hasColour, version, file } = init;
  const nothing = (): void => {};
  const top = new Top({
    ...{ flight, ui, isAscii, hasColour, version },
    replay: file,
    recordedBytes: () => null,
    look: nothing,
    setRefresh: nothing,
    run: async () => ({ isOk: false, said: 'this is a recording' }),
  });
  return top.done;
}

/** Two looks, so that there are rates. */
export async function lookTwice(target: TopTarget, apartMs: number): Promise<Flight> {
  const collector = collectorFor(target);
  const flight = new Flight();
  collector.start();
  try {
    flight.add(await collector.look());
    await new Promise((resolve) => setTimeout(resolve, apartMs));
    flight.add(await collector.look());
    return flight;
  } finally {
    collector.close();
  }
}

/** Says what changes, line by line, until it is told to stop. */
export async function speak(
  target: TopTarget & { readonly recorder: Recorder | null },
  options: { readonly everyMs: number; readonly signal: AbortSignal },
  say: (line: string) => void,
): Promise<void> {
  const collector = collectorFor(target);
  collector.start();
  let before: Sample | null = null;
  let window: Sample[] = [];
  let saidMs = Number.NEGATIVE_INFINITY;
  await new Promise<void>((resolve) => {
    const beat = new Beat(options.everyMs, async () => {
      const sample = await collector.look();
      target.recorder?.add(sample);
      for (const line of changes(before, sample)) say(line);
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
    options.signal.addEventListener('abort', () => {
      beat.end();
      resolve();
    });
  });
  collector.close();
  await target.recorder?.close();
}

async function followLogs({ store, spec }: TopTarget, top: Top): Promise<AbortController> {
  const files = await Promise.all(
    spec.nodes.map(async ({ id }) => {
      const path = store.logFileOf(spec.name, id);
      return { id, path, offset: Math.max(0, (await fileSize(path)) - LOG_TAIL_BYTES) };
    }),
  );
  const end = new AbortController();
  const follower = new LogFollower(files, (node, line) => {
    top.addLog({ node, ...partsOfLogLine(line) });
  });
  void follower.follow(end.signal);
  return end;
}

/** Captures that lie in a folder, the newest first. */
async function profilesIn(directory: string): Promise<ProfileEntry[]> {
  const names = await readdir(directory).catch((): string[] => []);
  const found: ProfileEntry[] = [];
  for (const name of names) {
    const match = /^(.+?)\.(?:CPU|Heap)\..*\.(cpuprofile|heapprofile|heapsnapshot)$/.exec(name);
    const file = join(directory, name);
    const facts = match === null ? null : await stat(file).catch(() => null);
    if (match === null || facts === null) continue;
    const [, node = '', kind = ''] = match;
    found.push({ node, kind, file, atMs: facts.mtimeMs, bytes: facts.size });
  }
  return found.sort((a, b) => b.atMs - a.atMs);
}

/** Runs this very program. @returns whether it ended well, and its last line. */
function runLine(words: readonly string[]): Promise<{ isOk: boolean; said: string }> {
  return new Promise((resolve) => {
    const program = process.argv[1] ?? 'raftctl';
    const child = spawn(process.execPath, [program, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, RAFTCTL_NO_COLOR: '1' },
    });
    let said = '';
    const take = (piece: Buffer): void => {
      said = (said + piece.toString('utf8')).slice(-4096);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => resolve({ isOk: false, said: error.message }));
    child.on('close', (code) => {
      const lines = said.split('\n').filter((line) => line.trim() !== '');
      const shown = code === 0 ? lines.at(-1) : lines[0];
      resolve({ isOk: code === 0, said: shown ?? '' });
    });
  });
}
