/**
 * The dashboard: shows one of the clusters that are watched, turns keys into choices and choices
 * into frames.
 *
 * ```
 *  collector --samples--> flight --+      (one of each for every cluster)
 *  keys --> update --> ui ---------+--> scene --> frameLines --> screen
 *              |
 *              +--> effects: run a raftctl line, save, copy, quit
 * ```
 * Frames are drawn when something changed, at most ten a second.
 */
import { frameLines } from './frame.ts';
import { glyphsFor } from './glyphs.ts';
import { type Effect, type Key, killWords } from './outcome.ts';
import { isNews } from './panels/events.ts';
import type { Scene, Size } from './scene.ts';
import { Screen } from './screen.ts';
import { saveScreen } from './screen-file.ts';
import { plainText } from './text.ts';
import { ansiText, type Palette } from './theme.ts';
import type { TopCluster } from './top-cluster.ts';
import type { Ui } from './ui.ts';
import { update } from './update.ts';

const DRAW_MS_MIN = 100;
/** Samples that a frame may need: two minutes of columns at four looks a second. */
const HISTORY_COUNT = 720;

export interface TopInit {
  /** At least one; the first is shown first. */
  readonly clusters: readonly TopCluster[];
  /** NB: what it says of a cluster holds for the first one. */
  readonly ui: Ui;
  readonly isAscii: boolean;
  readonly hasColour: boolean;
  /** File of the recording that is shown; null: it is live. */
  readonly replay: string | null;
  readonly recordedBytes: () => number | null;
  /** Asks for a look at the cluster that is shown. */
  readonly look: () => void;
  /** Another cluster is shown from now on. */
  readonly choose: (index: number) => void;
  /** How often to look from now on. */
  readonly setRefresh: (ms: number) => void;
  /** Runs one line of `raftctl`, given while that cluster was shown. */
  readonly run: (words: readonly string[], cluster: TopCluster) => Promise<Outcome>;
  readonly version: string;
}

/** How a line went, and the last that it said. */
interface Outcome {
  readonly isOk: boolean;
  readonly said: string;
}

export class Top {
  readonly #init: TopInit;
  readonly #screen: Screen;
  #ui: Ui;
  #chosen = 0;
  #drawnAtMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #commandNumber = 0;
  #replayTimer: NodeJS.Timeout | null = null;
  #finish: (exitCode: number) => void = () => {};
  /** Resolves with the exit code when the person has left. */
  readonly done: Promise<number>;

  constructor(init: TopInit) {
    this.#init = init;
    this.#ui = init.ui;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#screen = new Screen(
      {
        onKey: (key) => this.#key(key),
        onResize: () => this.changed(),
        onResumed: () => this.changed(),
        onSignal: (signal) => this.close(signal === 'SIGINT' ? 130 : signal === 'SIGHUP' ? 1 : 143),
      },
      { mouse: init.ui.hasMouse },
    );
    if (init.replay !== null) this.#playOn();
    this.changed();
  }

  /** Something that is shown is different now. */
  changed(): void {
    if (this.#timer !== null) return;
    const waitMs = Math.max(0, this.#drawnAtMs + DRAW_MS_MIN - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#draw();
    }, waitMs);
  }

  get ui(): Ui {
    return this.#ui;
  }

  /** Gives the terminal back. */
  close(exitCode: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#replayTimer !== null) clearInterval(this.#replayTimer);
    this.#screen.close();
    this.#finish(exitCode);
  }

  get #cluster(): TopCluster {
    return this.#init.clusters[this.#chosen] as TopCluster;
  }

  #index(): number {
    const last = this.#cluster.flight.length - 1;
    return Math.min(last, this.#ui.at ?? last);
  }

  #scene(): Scene | null {
    const { clusters, isAscii, replay, recordedBytes } = this.#init;
    const cluster = this.#cluster;
    const { flight } = cluster;
    const index = this.#index();
    const now = flight.at(index);
    if (now === null) return null;
    const { events, elections } = cluster.storyAt(index);
    const atMs = this.#ui.at === null ? null : now.atMs;
    return {
      ui: this.#ui,
      glyphs: glyphsFor(isAscii),
      now,
      history: flight.until(index, HISTORY_COUNT),
      events,
      elections,
      logs: cluster.logs,
      profiles: cluster.profiles,
      batches: cluster.batches,
      position: { index, length: flight.length },
      replay,
      recordedBytes: recordedBytes(),
      clusters: clusters.map((one) => one.glanceAt(atMs)),
      chosen: this.#chosen,
    };
  }

  #draw(): void {
    const scene = this.#scene();
    if (scene === null) return;
    this.#drawnAtMs = performance.now();
    this.#screen.draw(this.#frame(scene));
  }

  #frame(scene: Scene): string[] {
    const size = this.#screen.size;
    const palette: Palette = this.#init.hasColour ? this.#ui.theme : 'none';
    return frameLines(scene, size).map((pieces) => ansiText(pieces, palette));
  }

  #key(key: Key): void {
    const scene = this.#scene();
    if (scene === null) {
      if (key === 'q' || key === 'C-c') this.close(0);
      return;
    }
    const { ui, effects } = update(this.#ui, key, { scene, size: this.#size(), ...this.#steps() });
    if (ui.refreshMs !== this.#ui.refreshMs) this.#init.setRefresh(ui.refreshMs);
    this.#ui = ui;
    for (const effect of effects) this.#do(effect, scene);
    this.changed();
  }

  #size(): Size {
    return this.#screen.size;
  }

  #steps() {
    const { flight } = this.#cluster;
    const index = this.#index();
    const atMs = flight.at(index)?.atMs ?? 0;
    return {
      newsStep: (direction: -1 | 1) => flight.eventStep(index, direction, isNews),
      timeStep: (ms: number) => {
        const there = flight.indexAt(atMs + ms);
        // Looks may be further apart than the step.
        return there === index ? index + Math.sign(ms) : there;
      },
    };
  }

  #do(effect: Effect, scene: Scene): void {
    switch (effect.type) {
      case 'quit':
        this.close(0);
        return;
      case 'look':
        this.#init.look();
        return;
      case 'mouse':
        this.#screen.mouse(effect.on);
        return;
      case 'pager':
        this.#screen.page(effect.words);
        return;
      case 'copy':
        this.#screen.copy(frameLines(scene, this.#size()).map(plainText).join('\n'));
        return;
      case 'save':
        void this.#save(scene);
        return;
      case 'run':
        for (const words of effect.commands) {
          const cluster = this.#cluster;
          void this.#run(`raftctl ${words.join(' ')}`, () => this.#init.run(words, cluster));
        }
        return;
      case 'cluster':
        this.#choose(effect.index, scene);
        return;
      case 'interrupt':
        void this.#run(killWords(effect.pid).join(' '), () => interrupt(effect.pid));
        return;
    }
  }

  /** At the same moment, where the past is shown. */
  #choose(index: number, { now }: Scene): void {
    this.#chosen = index;
    const { name, flight, scope, context, profileDirectory } = this.#cluster;
    const at = this.#ui.at === null ? null : flight.indexAt(now.atMs);
    const message = `Cluster ${name}, ${index + 1} of ${this.#init.clusters.length}`;
    const its = { scope, context, profileDirectory };
    this.#ui = { ...this.#ui, ...its, at, message, row: 0, marked: [] };
    this.#init.choose(index);
  }

  async #save(scene: Scene): Promise<void> {
    const message = await saveScreen(frameLines(scene, this.#size()), this.#ui.theme);
    this.#ui = { ...this.#ui, message };
    this.changed();
  }

  /** Does what a line says, and keeps the line with how it went. */
  async #run(text: string, task: () => Promise<Outcome>): Promise<void> {
    this.#commandNumber += 1;
    const number = this.#commandNumber;
    const entry = { number, text, outcome: 'running' as const, said: '' };
    this.#ui = { ...this.#ui, commands: [...this.#ui.commands, entry].slice(-200) };
    this.changed();
    const { isOk, said } = await task();
    const outcome = isOk ? ('ok' as const) : ('failed' as const);
    const commands = this.#ui.commands.map((one) =>
      one.number === number ? { ...one, outcome, said } : one,
    );
    this.#ui = { ...this.#ui, commands };
    this.#init.look();
    this.changed();
  }

  /** A recording plays in its own time until its end. */
  #playOn(): void {
    this.#ui = { ...this.#ui, at: 0 };
    this.#replayTimer = setInterval(() => {
      const index = this.#index();
      if (this.#ui.isPaused || index >= this.#cluster.flight.length - 1) return;
      this.#ui = { ...this.#ui, at: index + 1 };
      this.changed();
    }, this.#ui.refreshMs);
  }
}

async function interrupt(pid: number): Promise<Outcome> {
  try {
    process.kill(pid, 'SIGINT');
    return { isOk: true, said: '' };
  } catch {
    return { isOk: false, said: `there is no process ${pid} any more` };
  }
}
