/**
 * The terminal: the only file that knows blessed. Takes whole frames, gives keys and sizes. However
 * the process ends, the terminal is left as it was found.
 */
import { spawn } from 'node:child_process';
import blessed from 'blessed';
import type { Key } from './outcome.ts';
import type { Size } from './scene.ts';

export interface ScreenEvents {
  onKey(key: Key): void;
  onResize(): void;
  /** SIGTERM, SIGINT or SIGHUP came: the program must end. */
  onSignal(signal: NodeJS.Signals): void;
  /** After a stop by job control: everything must be drawn again. */
  onResumed(): void;
}

/** Whoever is not stopped by then will not be: nobody could let it go on. */
const STOP_MS_MAX = 100;
/**
 * As the person wishes; without a word, whatever there is. The line itself must not hold the
 * terminal: Node puts one back at its end as it found it, while the pager has it.
 */
const PAGED =
  '[ -n "$PAGER" ] || PAGER=$(command -v less || command -v more || echo cat); "$@" </dev/null 2>&1 | $PAGER';
const ENDINGS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP'];

/** What the types leave out. */
type FullScreen = blessed.Widgets.Screen & {
  enter(): void;
  leave(): void;
  readonly program: { readonly tput: { brokenACS: boolean } };
};

export class Screen {
  readonly #screen: FullScreen;
  readonly #box: blessed.Widgets.BoxElement;
  readonly #events: ScreenEvents;
  readonly #undo: (() => void)[] = [];
  readonly #onStop = (): void => this.#suspend();
  /** Runs from the wish to stop until it goes on. */
  #suspension: NodeJS.Timeout | null = null;
  #isOpen = true;
  /** Another program has the terminal. */
  #isLent = false;

  constructor(events: ScreenEvents, init: { readonly mouse: boolean }) {
    this.#events = events;
    this.#screen = blessed.screen({
      smartCSR: true,
      autoPadding: false,
      fullUnicode: false,
      forceUnicode: true,
      warnings: false,
      title: 'raftctl top',
    }) as FullScreen;
    // Lines as the characters they are: a switch of the character set for each would be longer.
    this.#screen.program.tput.brokenACS = true;
    this.#box = blessed.box({
      ...{ top: 0, left: 0, width: '100%', height: '100%' },
      ...{ tags: false, wrap: false, content: '' },
    });
    this.#screen.append(this.#box);
    this.#screen.on('keypress', (character: string | undefined, key) => this.#key(character, key));
    this.#screen.on('resize', () => events.onResize());
    this.#hear();
    if (init.mouse) this.mouse(true);
  }

  get size(): Size {
    return { width: Number(this.#screen.width), height: Number(this.#screen.height) };
  }

  /** Shows lines that may hold escape sequences of colour; only what differs is written. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen || this.#isLent) return;
    this.#box.setContent(lines.join('\n'));
    this.#screen.render();
  }

  mouse(on: boolean): void {
    if (on) this.#screen.program.enableMouse();
    else this.#screen.program.disableMouse();
  }

  /** Puts text into the clipboard of the person's own terminal. */
  copy(text: string): void {
    const encoded = Buffer.from(text, 'utf8').toString('base64');
    process.stdout.write(`\u001b]52;c;${encoded}\u0007`);
  }

  /** Lends the terminal to a pager with the output of this program's own line. */
  page(words: readonly string[]): void {
    if (this.#isLent) return;
    this.#isLent = true;
    this.#leave();
    process.stdin.pause();
    const program = [process.execPath, process.argv[1] ?? 'raftctl', ...words];
    const child = spawn('sh', ['-c', PAGED, 'sh', ...program], {
      stdio: 'inherit',
      env: { ...process.env, FORCE_COLOR: undefined, LESS: process.env['LESS'] ?? '-RS' },
    });
    const back = (): void => {
      if (!this.#isLent) return;
      this.#isLent = false;
      process.stdin.resume();
      this.#comeBack();
    };
    child.on('error', back);
    child.on('close', back);
  }

  /** Leaves the terminal as it was found. Harmless when done twice. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const task of this.#undo) task();
    this.#leave();
    this.#screen.destroy();
    process.stdin.pause();
  }

  #hear(): void {
    // NB: blessed ends the process by itself on signals and errors when nobody else listens.
    for (const signal of ENDINGS) {
      this.#on(signal, () => {
        // Ctrl-C in a pager is the pager's.
        if (!this.#isLent || signal !== 'SIGINT') this.#events.onSignal(signal);
      });
    }
    this.#on('SIGTSTP', this.#onStop);
    this.#on('SIGCONT', () => this.#comeBack());
    this.#on('exit', () => this.close());
    this.#on('uncaughtException', (error: unknown) => this.#fail(error));
    this.#on('unhandledRejection', (error: unknown) => this.#fail(error));
  }

  #on(name: string, task: (argument: unknown) => void): void {
    process.on(name as 'exit', task);
    this.#undo.push(() => process.off(name as 'exit', task));
  }

  #fail(error: unknown): void {
    this.close();
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  }

  /**
   * Stops as any program does, by the signal's own effect: where no shell could let it go on, the
   * kernel does not stop it, and it comes back by itself. SIGSTOP would be for ever.
   */
  #suspend(): void {
    if (this.#suspension !== null || this.#isLent) return;
    this.#leave();
    process.off('SIGTSTP', this.#onStop);
    this.#suspension = setTimeout(() => this.#comeBack(), STOP_MS_MAX);
    process.kill(process.pid, 'SIGTSTP');
  }

  /** Takes the terminal again, whoever had it meanwhile. */
  #comeBack(): void {
    if (!this.#isOpen || this.#isLent) return;
    if (this.#suspension !== null) {
      clearTimeout(this.#suspension);
      this.#suspension = null;
      process.on('SIGTSTP', this.#onStop);
    }
    process.stdin.setRawMode?.(true);
    this.#screen.enter();
    this.#screen.alloc();
    this.#events.onResumed();
  }

  #leave(): void {
    this.#screen.leave();
    process.stdin.setRawMode?.(false);
  }

  #key(character: string | undefined, key: blessed.Widgets.Events.IKeyEventArg): void {
    const full = key.full ?? key.name ?? '';
    // One press of Enter arrives under two names.
    if (full === 'return') return;
    if (full === 'C-z') {
      this.#suspend();
      return;
    }
    if (full === 'linefeed') this.#events.onKey('enter');
    else if (character !== undefined && isPrintable(character)) {
      this.#events.onKey(character === ' ' ? 'space' : character);
    } else this.#events.onKey(full);
  }
}

function isPrintable(character: string): boolean {
  return [...character].length === 1 && character >= ' ' && character !== '\u007f';
}
