/**
 * Programs of older systems as their users start them: `raftctl as ...` in a folder of their own,
 * one process each. Ports of tests: 25000 to 25999, a hundred for each file.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type End, Launched } from './launched.ts';
import { launchRaftctl, type RunResult, raftctl } from './program.ts';
import { RawClient } from './raw-client.ts';

const PATIENCE_MS = 20_000;
const POLL_MS = 50;

export class OldPrograms {
  readonly folder: string;
  readonly #running = new Map<string, { child: ChildProcess; launched: Launched }>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async prepare(): Promise<OldPrograms> {
    return new OldPrograms(await mkdtemp(join(tmpdir(), 'raftctl-older-')));
  }

  /** Starts `raftctl as ...` in the folder of that name, under which it is known from then on. */
  async start(name: string, ...words: string[]): Promise<Launched> {
    const cwd = join(this.folder, name);
    await mkdir(cwd, { recursive: true });
    const child = launchRaftctl(['as', ...words], { cwd, env: this.#env });
    const launched = new Launched(child);
    this.#running.set(name, { child, launched });
    return launched;
  }

  /** Runs `raftctl as ...` to its end. */
  async run(name: string, ...words: string[]): Promise<RunResult> {
    const cwd = join(this.folder, name);
    await mkdir(cwd, { recursive: true });
    return raftctl(['as', ...words], { cwd, env: this.#env });
  }

  /** Says something to a port and takes what is there until nothing more is to come. */
  async typedTo(port: number, text: string): Promise<string> {
    const client = await RawClient.connect(`127.0.0.1:${port}`);
    client.socket.end(text, 'latin1');
    return client.takeUntilClosed();
  }

  /** Runs any command to its end, with what is typed into it. */
  typed(name: string, words: readonly string[], stdin: string): Promise<RunResult> {
    return raftctl(words, { cwd: join(this.folder, name), env: this.#env, stdin });
  }

  /** Runs another command of `raftctl` to its end. */
  raftctl(name: string, ...words: string[]): Promise<RunResult> {
    return raftctl(words, { cwd: join(this.folder, name), env: this.#env });
  }

  /** Sends a signal and, unless the process is to live on, waits for its end. */
  async signal(name: string, signal: NodeJS.Signals): Promise<End | null> {
    const found = this.#running.get(name);
    found?.child.kill(signal);
    if (found === undefined || signal === 'SIGSTOP' || signal === 'SIGCONT') return null;
    this.#running.delete(name);
    return found.launched.ended();
  }

  async dispose(): Promise<void> {
    const all = [...this.#running.values()];
    for (const { child } of all) child.kill('SIGKILL');
    await Promise.all(all.map(({ launched }) => launched.ended()));
    for (const pid of await this.#detached()) process.kill(pid, 'SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What a test has left of the processes of Procfiles. */
  async #detached(): Promise<number[]> {
    const folder = join(this.folder, 'state', 'raftctl', 'procfiles');
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    const files = names.filter((name) => name.endsWith('.pid'));
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    return texts.map((text) => Number(text.split(' ')[0]));
  }

  get #env(): Readonly<Record<string, string>> {
    return { XDG_STATE_HOME: join(this.folder, 'state') };
  }
}

/** Asks again and again until the answer is as wished. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isWished: (answer: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (isWished(answer)) return answer;
    if (performance.now() > deadline) {
      throw new Error(`It never was as wished; at last it was ${JSON.stringify(answer)}`);
    }
    await sleep(POLL_MS);
  }
}
