/**
 * The processes of a Procfile: all, or some by their names. They outlive the command that starts
 * them; who they are is remembered in the user's state directory, under the file's path.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSameProcess } from '../cluster/node-process.ts';
import { inspectProcess } from '../cluster/process-table.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';
import { type ProcfileEntry, parseProcfile } from './procfile.ts';

export interface ProcfileInit {
  readonly path: string;
  readonly stateDirectory: string;
  /** The script of this program. */
  readonly entry: string;
}

export interface StartedProcess {
  readonly id: string;
  readonly outcome: 'started' | 'running';
  readonly logFile: string;
  /** Where this life begins in the log. Bytes. */
  readonly logOffset: number;
}

const POLL_MS = 50;
/** What a program prints when its ports answer. */
const READY = / answers on |started successfully/;

export class Procfile {
  readonly path: string;
  readonly folder: string;
  readonly entries: readonly ProcfileEntry[];
  readonly #entry: string;

  private constructor(
    path: string,
    folder: string,
    init: { entries: readonly ProcfileEntry[]; entry: string },
  ) {
    this.path = path;
    this.folder = folder;
    this.entries = init.entries;
    this.#entry = init.entry;
  }

  /** @throws {RaftctlError} USAGE, CONFIG_INVALID */
  static async open({ path, stateDirectory, entry }: ProcfileInit): Promise<Procfile> {
    let real: string;
    let text: string;
    try {
      real = await realpath(path);
      text = await readFile(real, 'utf8');
    } catch (cause) {
      const message = `Cannot read ${path}: ${systemCode(cause) ?? 'it is no text'}`;
      throw new RaftctlError('USAGE', { message, cause });
    }
    const digest = createHash('sha256').update(real).digest('hex').slice(0, 16);
    const folder = join(stateDirectory, 'procfiles', digest);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new Procfile(real, folder, { entries: parseProcfile(text, path), entry });
  }

  /** The named ones, none named: all. @throws {RaftctlError} NODE_NOT_FOUND */
  select(names: readonly string[]): readonly ProcfileEntry[] {
    if (names.length === 0) return this.entries;
    return [...new Set(names)].map((name) => {
      const found = this.entries.find((entry) => entry.name === name);
      if (found !== undefined) return found;
      const known = this.entries.map((entry) => entry.name).join(', ');
      throw new RaftctlError('NODE_NOT_FOUND', {
        message: `Cannot find ${name} in ${this.path}: it has ${known}`,
      });
    });
  }

  logFileOf(name: string): string {
    return join(this.folder, `${name}.log`);
  }

  /** Starts those that do not run. */
  async start(entries: readonly ProcfileEntry[]): Promise<readonly StartedProcess[]> {
    return Promise.all(entries.map((entry) => this.#startOne(entry)));
  }

  /**
   * Waits until the ports of all answer.
   *
   * @throws {RaftctlError} NODE_START_FAILED, WAIT_TIMEOUT, INTERRUPTED
   */
  async ready(
    started: readonly StartedProcess[],
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (const { id, logFile, logOffset } of started) {
      for (;;) {
        const said = (await readFile(logFile)).subarray(logOffset).toString('utf8');
        if (READY.test(said)) break;
        if ((await this.#processOf(id)) === null) {
          throw new RaftctlError('NODE_START_FAILED', {
            message: `${id} ended while it started:\n${said.trim()}`,
          });
        }
        if (signal.aborted) throw new RaftctlError('INTERRUPTED', { message: 'Interrupted' });
        if (Date.now() > deadline) {
          throw new RaftctlError('WAIT_TIMEOUT', {
            message: `Waited ${timeoutMs} ms for ${id} in vain; it said:\n${said.trim()}`,
          });
        }
        await sleep(POLL_MS);
      }
    }
  }

  /** Ends the processes in good order, or by force when they take longer than `graceMs`. */
  async stop(
    entries: readonly ProcfileEntry[],
    wish: { readonly graceMs: number; readonly hurry: AbortSignal },
  ): Promise<readonly { readonly id: string; readonly outcome: 'stopped' | 'killed' | 'idle' }[]> {
    return Promise.all(
      entries.map(async ({ name }) => ({ id: name, outcome: await this.#stopOne(name, wish) })),
    );
  }

  async isRunning(name: string): Promise<boolean> {
    return (await this.#processOf(name)) !== null;
  }

  async #startOne({ name, words }: ProcfileEntry): Promise<StartedProcess> {
    const logFile = this.logFileOf(name);
    const logOffset = await stat(logFile).then(
      ({ size }) => size,
      () => 0,
    );
    if (await this.isRunning(name)) return { id: name, outcome: 'running', logFile, logOffset: 0 };
    const { execa } = await import('execa');
    const log = createWriteStream(logFile, { flags: 'a', mode: 0o600 });
    await once(log, 'open');
    const child = execa(process.execPath, [this.#entry, ...words], {
      ...{ detached: true, cleanup: false, reject: false, buffer: false },
      ...{ stdin: 'ignore', stdout: log, stderr: log },
    });
    child.unref();
    log.close();
    await writeFile(this.#pidFileOf(name), `${child.pid ?? 0} ${Date.now()}\n`, { mode: 0o600 });
    return { id: name, outcome: 'started', logFile, logOffset };
  }

  async #stopOne(
    name: string,
    { graceMs, hurry }: { readonly graceMs: number; readonly hurry: AbortSignal },
  ): Promise<'stopped' | 'killed' | 'idle'> {
    const pid = await this.#processOf(name);
    if (pid === null) return 'idle';
    process.kill(pid, 'SIGTERM');
    const deadline = Date.now() + graceMs;
    let isKilled = false;
    while ((await this.#processOf(name)) !== null) {
      if (!isKilled && (Date.now() > deadline || hurry.aborted)) {
        process.kill(pid, 'SIGKILL');
        isKilled = true;
      }
      await sleep(POLL_MS);
    }
    await rm(this.#pidFileOf(name), { force: true });
    return isKilled ? 'killed' : 'stopped';
  }

  #pidFileOf(name: string): string {
    return join(this.folder, `${name}.pid`);
  }

  /** Only while the pid still belongs to the process that was started under this name. */
  async #processOf(name: string): Promise<number | null> {
    const text = await readFile(this.#pidFileOf(name), 'utf8').catch(() => '');
    const match = /^(\d+) (\d+)\n$/.exec(text);
    if (match === null) return null;
    const pid = Number(match[1]);
    const facts = await inspectProcess(pid);
    const words = this.entries.find((entry) => entry.name === name)?.words ?? [];
    const file = { startedAtMs: Number(match[2]) };
    return facts !== null && isSameProcess(facts, file, words.join(' ')) ? pid : null;
  }
}
