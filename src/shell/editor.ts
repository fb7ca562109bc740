/**
 * The shell on a terminal: one line editor for its whole life, so that pasted lines queue up
 * instead of getting lost. While a command runs the terminal is not raw: Ctrl-C is a signal, which
 * commands that know it take themselves.
 */
import { createInterface, type Interface } from 'node:readline';
import { EXIT } from '../std/errors.ts';
import { HISTORY_LINES_MAX, loadHistory, saveHistory } from './history.ts';
import type { ShellSession } from './session.ts';

export interface EditorInit {
  readonly session: ShellSession;
  readonly historyFile: string;
  readonly complete: (line: string) => [string[], string];
}

export async function runEditor(init: EditorInit): Promise<number> {
  return new Editor(init).run();
}

class Editor {
  readonly #init: EditorInit;
  readonly #rl: Interface;
  readonly #lines: string[] = [];
  #history: string[];
  #wake: () => void = () => {};
  #isClosed = false;
  #exit: number = EXIT.ok;

  constructor(init: EditorInit) {
    this.#init = init;
    this.#history = loadHistory(init.historyFile);
    this.#rl = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: [...this.#history],
      historySize: HISTORY_LINES_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string) => init.complete(line),
    });
    this.#rl.on('history', (history) => this.#remember(history));
    this.#rl.on('line', (line) => {
      this.#lines.push(line);
      this.#wake();
    });
    this.#rl.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
    this.#rl.on('SIGINT', () => this.#cancelLine());
  }

  async run(): Promise<number> {
    const { session } = this.#init;
    while (!session.hasLeft) {
      const line = await this.#nextLine();
      if (line === null) {
        process.stdout.write('\n');
        break;
      }
      this.#exit = await this.#runLine(line);
    }
    this.#rl.close();
    session.close();
    return this.#exit;
  }

  async #nextLine(): Promise<string | null> {
    if (this.#lines.length === 0 && !this.#isClosed) {
      this.#rl.setPrompt(this.#init.session.prompt);
      this.#rl.prompt();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#lines.shift() ?? null;
  }

  async #runLine(line: string): Promise<number> {
    const { session } = this.#init;
    this.#rl.pause();
    setRaw(false);
    let interrupt: () => void = () => {};
    const interrupted = new Promise<number>((resolve) => {
      interrupt = () => {
        // A command that listens ends in its own good order.
        if (session.hasChild || process.listenerCount('SIGINT') > 1) return;
        session.interrupt();
        this.#lines.length = 0;
        resolve(EXIT.interrupted);
      };
    });
    process.on('SIGINT', interrupt);
    try {
      return await Promise.race([session.run(line, this.#history), interrupted]);
    } finally {
      process.removeListener('SIGINT', interrupt);
      if (!this.#isClosed) {
        setRaw(true);
        this.#rl.resume();
      }
    }
  }

  #remember(history: string[]): void {
    // As in other shells: a line that begins with a blank is nobody's business.
    if (history[0]?.startsWith(' ')) history.shift();
    this.#history = [...history];
    saveHistory(this.#init.historyFile, this.#history);
  }

  /** Whatever was typed stays to be seen, and a new line begins. */
  #cancelLine(): void {
    const isEmpty = this.#rl.line === '';
    process.stdout.write(isEmpty ? '^C (Ctrl-D or exit leaves)\n' : '^C\n');
    this.#rl.write(null, { ctrl: true, name: 'e' });
    this.#rl.write(null, { ctrl: true, name: 'u' });
    this.#rl.prompt();
  }
}

function setRaw(isRaw: boolean): void {
  if (process.stdin.isTTY) process.stdin.setRawMode(isRaw);
}
