/** A process of this program that an experiment starts and that does not outlive it. */

export interface Child {
  /** Both streams, as they come; what was printed before is not told again. */
  onText(take: (text: string, stream: 'out' | 'err') => void): void;
  kill(): void;
  /** Settles when it has ended; never rejects. Null: by a signal. */
  readonly ended: Promise<number | null>;
}

export interface ChildInit {
  /** The script of this program. */
  readonly entry: string;
  readonly words: readonly string[];
  readonly cwd: string;
  /** Kills it. */
  readonly signal: AbortSignal;
}

export async function startChild({ entry, words, cwd, signal }: ChildInit): Promise<Child> {
  const { execa } = await import('execa');
  // What is set for this process is not meant for that one.
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('RAFTCTL_'));
  const running = execa(process.execPath, [entry, ...words], {
    ...{ cwd, env: Object.fromEntries(kept), extendEnv: false },
    ...{ reject: false, buffer: false, stdin: 'ignore', cleanup: true },
  });
  const kill = (): void => void running.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const ended = running.then(({ exitCode }) => {
    signal.removeEventListener('abort', kill);
    return exitCode ?? null;
  });
  return {
    kill,
    ended,
    onText(take) {
      running.stdout.on('data', (chunk: Buffer) => take(chunk.toString(), 'out'));
      running.stderr.on('data', (chunk: Buffer) => take(chunk.toString(), 'err'));
    },
  };
}
