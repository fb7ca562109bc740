/**
 * Commands on other machines, by the system's own ssh: its configuration, keys, agents and known
 * hosts hold, and nobody is asked anything. All commands of one machine share a connection.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RaftctlError } from '../std/errors.ts';

/** Whom to call, and by which configuration. */
export interface SshTarget {
  readonly ssh: string;
  readonly sshConfig?: string | null;
}

export interface SshInit {
  /** What the command reads. */
  readonly input?: string | Uint8Array;
  /** Path of a file that it reads instead. */
  readonly inputFile?: string;
  readonly timeoutMs: number;
  /** Ends the command. */
  readonly signal?: AbortSignal;
  /** Ctrl-C, which a terminal sends to all that runs in it, does not end ssh. */
  readonly isApart?: boolean;
}

const SSH_FAILED = 255;
const OPTIONS: Readonly<Record<string, string>> = {
  BatchMode: 'yes',
  ConnectTimeout: '10',
  ServerAliveInterval: '5',
  ServerAliveCountMax: '3',
  ControlMaster: 'auto',
  // Should this process die, the connection does not stay for long.
  ControlPersist: '20',
};
const CLOSE_MS_MAX = 5000;
const ROOT_LENGTH_MAX = 20;

/** What a command there said and how it ended. */
export interface SshResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Connections for one command of raftctl. */
export class SshConnections {
  readonly #folder: string;
  readonly #called = new Map<string, SshTarget>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Connections for as long as `task` runs. */
  static async use<T>(task: (connections: SshConnections) => Promise<T>): Promise<T> {
    const connections = new SshConnections(await mkdtemp(join(socketRoot(), 'raftctl-ssh-')));
    try {
      return await task(connections);
    } finally {
      await connections.#close();
    }
  }

  /**
   * Runs a command there. @returns how it ended, whatever its exit code was.
   *
   * @throws {RaftctlError} UNREACHABLE, UNAUTHORIZED, WAIT_TIMEOUT naming the machine; INTERRUPTED.
   */
  async run(target: SshTarget, words: readonly string[], init: SshInit): Promise<SshResult> {
    const { execa } = await import('execa');
    const { input, inputFile, signal } = init;
    const result = await execa('ssh', this.#words(target, words), {
      reject: false,
      stripFinalNewline: false,
      timeout: init.timeoutMs,
      detached: init.isApart === true,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
      ...stdinOf(input, inputFile),
    });
    if (result.isCanceled) {
      throw new RaftctlError('INTERRUPTED', { message: `Interrupted at work on ${target.ssh}` });
    }
    if (result.timedOut) {
      throw new RaftctlError('WAIT_TIMEOUT', {
        message: `Waited ${init.timeoutMs} ms for ${target.ssh} in vain`,
        hint: `See whether it answers: ssh ${target.ssh} true`,
      });
    }
    return resultOf(target, result);
  }

  /**
   * Runs a command there that prints lines until its stdin ends, which is when `signal` says so.
   *
   * @throws {RaftctlError} UNREACHABLE, UNAUTHORIZED; what `onLine` throws ends it.
   */
  async stream(
    target: SshTarget,
    words: readonly string[],
    init: {
      readonly input: string;
      readonly onLine: (line: string) => void;
      readonly signal: AbortSignal;
    },
  ): Promise<SshResult> {
    const { execa } = await import('execa');
    const child = execa('ssh', this.#words(target, words), {
      reject: false,
      buffer: { stdout: false },
      stdin: 'pipe',
    });
    child.stdin.on('error', () => {}); // It ended before it had read all.
    child.stdin.write(init.input);
    const end = (): void => {
      child.stdin.end();
      // A machine that is gone does not hear of it.
      setTimeout(() => child.kill('SIGTERM'), CLOSE_MS_MAX).unref();
    };
    if (init.signal.aborted) end();
    init.signal.addEventListener('abort', end, { once: true });
    try {
      for await (const line of child) init.onLine(line);
    } finally {
      init.signal.removeEventListener('abort', end);
      end();
    }
    const result = await child;
    if (init.signal.aborted) return { code: 0, stdout: '', stderr: '' };
    return resultOf(target, { ...result, stdout: '' });
  }

  #words(target: SshTarget, words: readonly string[]): string[] {
    this.#called.set(JSON.stringify([target.ssh, target.sshConfig ?? null]), target);
    return [...this.#options(target), '--', target.ssh, words.map(quoteWord).join(' ')];
  }

  #options({ sshConfig }: SshTarget): string[] {
    const control = { ...OPTIONS, ControlPath: join(this.#folder, '%C') };
    return [
      ...(sshConfig ? ['-F', sshConfig] : []),
      ...Object.entries(control).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
      '-T',
    ];
  }

  async #close(): Promise<void> {
    const { execa } = await import('execa');
    const closing = [...this.#called.values()].map((target) => {
      const words = [...this.#options(target), '-O', 'exit', '--', target.ssh];
      return execa('ssh', words, { reject: false, stdio: 'ignore', timeout: CLOSE_MS_MAX });
    });
    await Promise.all(closing);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function stdinOf(input: string | Uint8Array | undefined, inputFile: string | undefined) {
  if (inputFile !== undefined) return { inputFile };
  return input === undefined ? { stdin: 'ignore' as const } : { input };
}

/** @throws {RaftctlError} when it is ssh that failed, and not the command. */
function resultOf(
  { ssh }: SshTarget,
  result: {
    readonly code?: string | undefined;
    readonly exitCode?: number | undefined;
    readonly stdout: string;
    readonly stderr: string;
  },
): SshResult {
  if (result.code === 'ENOENT') {
    throw new RaftctlError('USAGE', {
      message: `Cannot reach ${ssh}: there is no program ssh in PATH`,
      hint: 'Install it, on Debian with: apt-get install openssh-client',
    });
  }
  const code = result.exitCode ?? SSH_FAILED;
  const { stdout, stderr } = result;
  if (code === SSH_FAILED) throw sshTrouble(ssh, stderr);
  return { code, stdout, stderr };
}

/** A socket's path has about a hundred bytes, most of which ssh's own name for it takes. */
function socketRoot(): string {
  const root = tmpdir();
  return root.length > ROOT_LENGTH_MAX ? '/tmp' : root;
}

/** A word as any shell there takes it. Pure. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What is wrong between here and there, and the way out. Pure. */
export function sshTrouble(host: string, stderr: string): RaftctlError {
  const last = stderr.trim().split('\n').at(-1)?.trim() ?? '';
  if (/host key verification failed|REMOTE HOST IDENTIFICATION/i.test(stderr)) {
    const isChanged = /has changed|IDENTIFICATION HAS CHANGED/i.test(stderr);
    return new RaftctlError('UNAUTHORIZED', {
      message: `Cannot trust ${host}: its host key ${isChanged ? 'is not the one that is known' : 'is not known here'}`,
      hint: isChanged
        ? `Find out why, by other means than ssh; then forget the old one: ssh-keygen -R ${host}`
        : `Connect once by hand and compare its fingerprint: ssh ${host}`,
    });
  }
  if (/permission denied/i.test(stderr)) {
    return new RaftctlError('UNAUTHORIZED', {
      message: `Cannot log in to ${host}: ${last}`,
      hint: `It must take you without a question: ssh-copy-id ${host}, or ssh-add for a key with a passphrase`,
    });
  }
  return new RaftctlError('UNREACHABLE', {
    message: `Cannot reach ${host}: ${last === '' ? 'ssh ended without a word' : last}`,
    hint: `See whether it answers: ssh ${host} true`,
  });
}
