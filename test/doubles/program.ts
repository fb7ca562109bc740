/** The built program in a child process, as a user runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

export interface RunResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** It has a process group of its own, as what is typed in a terminal: `kill(-pid)` is Ctrl-C. */
  readonly isTerminal?: boolean;
  /** The process is killed, and the run fails, when it takes longer. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 60_000;

/** The environment of a user who has set nothing of ours. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const names = Object.keys(process.env).filter(
    (name) => !/^(RAFTCTL_|VITEST|NODE_ENV$|NODE_OPTIONS$|FORCE_COLOR$|DEBUG$)/.test(name),
  );
  const kept = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  // Whoever runs the tests may have configuration files of their own.
  const nowhere = join(tmpdir(), 'raftctl-tests-have-no-configuration');
  return {
    ...kept,
    XDG_CONFIG_HOME: nowhere,
    RAFTCTL_SYSTEM_CONFIG: join(nowhere, 'config.toml'),
    // What is measured in tests is not kept among the runs of a user.
    RAFTCTL_RUNS_DIR: join(tmpdir(), 'raftctl-tests-runs'),
  };
}

/** Starts any program with pipes for its streams. */
export function launch(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): ChildProcess {
  return spawn(file, args, {
    cwd: options.cwd ?? ROOT,
    detached: options.isTerminal === true,
    env: { ...cleanEnvironment(), ...options.env },
    stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
}

/** Runs any program to its end and collects what it printed. */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const begun = performance.now();
  const child = launch(file, args, options);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin?.end(options.stdin);
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  // `close` and not `exit`: it also waits for everyone who holds the pipes.
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  const stdout = Buffer.concat(out).toString('utf8');
  const stderr = Buffer.concat(err).toString('utf8');
  if (isLate) {
    const line = [file, ...args].join(' ');
    throw new Error(`No end within ${timeoutMs} ms: ${line}\n${stdout}\n${stderr}`);
  }
  return { code, signal, stdout, stderr, durationMs: performance.now() - begun };
}

/** `raftctl ARGS`, to its end. */
export function raftctl(args: readonly string[], options?: RunOptions): Promise<RunResult> {
  return runProgram(process.execPath, [ENTRY, ...args], options);
}

/** `raftctl ARGS`, still running. */
export function launchRaftctl(args: readonly string[], options?: RunOptions): ChildProcess {
  return launch(process.execPath, [ENTRY, ...args], options);
}

/** Whether the whole counts of the acceptance were asked for (`npm run acceptance`). */
export const IS_FULL = process.env['RAFTCTL_ACCEPTANCE'] === 'full';

/** A count of the acceptance: what every `npm test` affords, and what was promised. */
export function scaled(usual: number, full: number): number {
  return IS_FULL ? full : usual;
}
