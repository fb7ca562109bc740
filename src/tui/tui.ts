/**
 * The dashboard: looks at the cluster, keeps what it saw, turns keys into choices and choices into
 * frames.
 *
 * ```
 *  collector --samples--> flight --+
 *  keys --> update --> ui ---------+--> scene --> frameLines --> screen
 *              |
 *              +--> effects: run a raftctl line, save, copy, quit
 * ```
 * Frames are drawn when something changed, at most ten a second.
 */
import { writeFile } from 'node:fs/promises';
import { type Election, electionsOf } from '../forensics/elections.ts';
import { inOrder } from '../forensics/timeline.ts';
import type { NodeEvent } from '../wire/events.ts';
import type { BatchView } from '../wire/log-view.ts';
import { clock } from './figures.ts';
import type { Flight } from './flight.ts';
import { frameLines } from './frame.ts';
import { glyphsFor } from './glyphs.ts';
import type { Effect, Key } from './outcome.ts';
import { isNews } from './panels/events.ts';
import type { LogLine, ProfileEntry, Scene, Size } from './scene.ts';
import { Screen } from './screen.ts';
import { plainText } from './text.ts';
import { ansiText, type Palette } from './theme.ts';
import type { Ui } from './ui.ts';
import { update } from './update.ts';

const DRAW_MS_MIN = 100;
/** Samples that a frame may need: two minutes of columns at four looks a second. */
const HISTORY_COUNT = 720;
const EVENTS_COUNT = 3000;
const LOG_LINES_MAX = 5000;

export interface TopInit {
  readonly flight: Flight;
  readonly ui: Ui;
  readonly isAscii: boolean;
  readonly hasColour: boolean;
  /** File of the recording that is shown; null: it is live. */
  readonly replay: string | null;
  readonly recordedBytes: () => number | null;
  /** Asks for a look soon. */
  readonly look: () => void;
  /** How often to look from now on. */
  readonly setRefresh: (ms: number) => void;
  /** Runs one line of `raftctl`. */
  readonly run: (
    words: readonly string[],
  ) => Promise<{ readonly isOk: boolean; readonly said: string }>;
  readonly version: string;
}

/** Events in order of time, and what they amount to. */
interface Story {
  readonly key: string;
  readonly events: readonly NodeEvent[];
  readonly elections: readonly Election[];
}

export class Top {
  readonly #init: TopInit;
  readonly #screen: Screen;
  readonly #logs: LogLine[] = [];
  #profiles: readonly ProfileEntry[] = [];
  #batches: Readonly<Record<string, readonly BatchView[]>> = {};
  #ui: Ui;
  #drawnAtMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #story: Story = { key: '', events: [], elections: [] };
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

  addLog(line: LogLine): void {
    this.#logs.push(line);
    if (this.#logs.length > LOG_LINES_MAX * 1.1) {
      this.#logs.splice(0, this.#logs.length - LOG_LINES_MAX);
    }
    if (this.#ui.view === 'logs') this.changed();
  }

  setProfiles(profiles: readonly ProfileEntry[]): void {
    this.#profiles = profiles;
    this.changed();
  }

  setBatches(batches: Readonly<Record<string, readonly BatchView[]>>): void {
    this.#batches = batches;
    this.changed();
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

  #index(): number {
    const last = this.#init.flight.length - 1;
    return Math.min(last, this.#ui.at ?? last);
  }

  #scene(): Scene | null {
    const { flight, isAscii, replay, recordedBytes } = this.#init;
    const index = this.#index();
    const now = flight.at(index);
    if (now === null) return null;
    const { events, elections } = this.#storyOf(flight.eventsUntil(index, EVENTS_COUNT));
    return {
      ui: this.#ui,
      glyphs: glyphsFor(isAscii),
      now,
      history: flight.until(index, HISTORY_COUNT),
      events,
      elections,
      logs: this.#logs,
      profiles: this.#profiles,
      batches: this.#batches,
      position: { index, length: flight.length },
      replay,
      recordedBytes: recordedBytes(),
    };
  }

  /** Put in order and read only when there are other events than in the last frame. */
  #storyOf(arrived: readonly NodeEvent[]): Story {
    const last = arrived.at(-1);
    const key = `${arrived.length} ${last?.node} ${last?.incarnation} ${last?.seq} ${arrived[0]?.monoNs}`;
    if (key !== this.#story.key) {
      const events = inOrder(arrived);
      this.#story = { key, events, elections: electionsOf(events) };
    }
    return this.#story;
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
    const { flight } = this.#init;
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
      case 'copy':
        this.#screen.copy(frameLines(scene, this.#size()).map(plainText).join('\n'));
        return;
      case 'save':
        void this.#save(scene);
        return;
      case 'run':
        for (const words of effect.commands) void this.#run(words);
        return;
    }
  }

  async #save(scene: Scene): Promise<void> {
    const lines = frameLines(scene, this.#size());
    const name = `raftctl-top-${clock(Date.now()).replaceAll(':', '')}`;
    const text = lines.map((pieces) => plainText(pieces).trimEnd()).join('\n');
    const ansi = lines.map((pieces) => ansiText(pieces, this.#ui.theme)).join('\n');
    try {
      await writeFile(`${name}.txt`, `${text}\n`, { mode: 0o600 });
      await writeFile(`${name}.ansi`, `${ansi}\n`, { mode: 0o600 });
      this.#ui = { ...this.#ui, message: `Saved ${name}.txt and ${name}.ansi` };
    } catch (error) {
      this.#ui = { ...this.#ui, message: `Cannot save the screen: ${(error as Error).message}` };
    }
    this.changed();
  }

  async #run(words: readonly string[]): Promise<void> {
    this.#commandNumber += 1;
    const number = this.#commandNumber;
    const text = `raftctl ${words.join(' ')}`;
    const entry = { number, text, outcome: 'running' as const, said: '' };
    this.#ui = { ...this.#ui, commands: [...this.#ui.commands, entry].slice(-200) };
    this.changed();
    const { isOk, said } = await this.#init.run(words);
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
      if (this.#ui.isPaused || index >= this.#init.flight.length - 1) return;
      this.#ui = { ...this.#ui, at: index + 1 };
      this.changed();
    }, this.#ui.refreshMs);
  }
}
