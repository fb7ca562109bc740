/** A terminal that a program can drive: tmux, on a socket of its own. */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 25;
const SHOWS_MS_MAX = 20_000;
const SESSION = 'tour';

let opened = 0;

export class Terminal {
  #socket;
  #cwd;

  /** @param size `{ width, height }` @param cwd folder that its shell starts in. */
  constructor(size, cwd) {
    opened += 1;
    this.#socket = `raftctl-tour-${process.pid}-${opened}`;
    this.#cwd = cwd;
    this.size = size;
  }

  /** Starts a shell in it. */
  open() {
    const { width, height } = this.size;
    const env = { ...process.env, PS1: '$ ', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' };
    for (const name of ['TMUX', 'NO_COLOR', 'FORCE_COLOR', 'PAGER', 'LESS', 'ENV'])
      delete env[name];
    const shape = ['-x', String(width), '-y', String(height)];
    this.#tmux(['new-session', '-d', '-s', SESSION, ...shape, 'sh'], { env, cwd: this.#cwd });
    this.#tmux(['set-option', '-g', 'status', 'off']);
    // What a program copies goes to a buffer of tmux, where it can be read.
    this.#tmux(['set-option', '-s', 'set-clipboard', 'on']);
    this.resize(this.size);
  }

  close() {
    spawnSync('tmux', ['-L', this.#socket, 'kill-server']);
  }

  /** Keys by their names in tmux: `Enter`, `C-c`, `PPage`, or letters. */
  press(...keys) {
    this.#tmux(['send-keys', '-t', SESSION, ...keys]);
  }

  /** Text as it stands. */
  type(text) {
    this.#tmux(['send-keys', '-t', SESSION, '-l', '--', text]);
  }

  resize({ width, height }) {
    this.#tmux(['resize-window', '-t', SESSION, '-x', String(width), '-y', String(height)]);
  }

  /** What is on the screen, without blanks at the ends of lines. */
  screen() {
    return this.#tmux(['capture-pane', '-p', '-t', SESSION]).replace(/ +$/gm, '');
  }

  /** What the program in it last copied. */
  clipboard() {
    return this.#tmux(['show-buffer']);
  }

  /** Whether the program in it takes the mouse. */
  hasMouse() {
    return this.#tmux(['display-message', '-p', '-t', SESSION, '#{mouse_any_flag}']).trim() === '1';
  }

  /**
   * Waits for what a screen must show.
   * @param what an expression, or a function of the screen's text.
   * @throws {Error} with the screen, when it never does.
   */
  async shows(what, timeoutMs = SHOWS_MS_MAX, pollMs = POLL_MS) {
    const fits = typeof what === 'function' ? what : (text) => what.test(text);
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const text = this.screen();
      if (fits(text)) return text;
      if (performance.now() > deadline) throw new Error(`never showed ${what}:\n${text}`);
      await sleep(pollMs);
    }
  }

  #tmux(words, options = {}) {
    const { status, stdout, stderr, error } = spawnSync(
      'tmux',
      ['-L', this.#socket, '-u', '-f', '/dev/null', ...words],
      { encoding: 'utf8', ...options },
    );
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`tmux ${words.join(' ')}: ${stderr}`);
    return stdout;
  }
}

/** @returns null: tmux is here; otherwise what to do. */
export function whatIsMissing() {
  const { error } = spawnSync('tmux', ['-V']);
  return error === undefined
    ? null
    : 'tmux is needed for this and is not here: apt-get install tmux';
}
