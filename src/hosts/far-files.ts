/** Files that lie on another machine for as long as something there needs them. */
import { stat } from 'node:fs/promises';
import type { NodeHost } from '../cluster/topology.ts';
import { RaftctlError } from '../std/errors.ts';
import type { SshConnections } from './ssh.ts';

/** Of any file: a machine that is gone is noticed by ssh long before. */
const PUT_MS_MAX = 6 * 3_600_000;
const REMOVE_MS_MAX = 30_000;

export interface FileThere {
  readonly from: string;
  /** On the machine, absolute; its folder exists. */
  readonly to: string;
  readonly signal: AbortSignal;
}

/**
 * Puts a file on a machine, does `task`, and takes it away again.
 *
 * @throws {RaftctlError} HOST_UNFIT when it does not arrive whole; UNREACHABLE, UNAUTHORIZED,
 *   INTERRUPTED; what `task` throws.
 */
export async function withFileThere<T>(
  connections: SshConnections,
  host: NodeHost,
  file: FileThere,
  task: () => Promise<T>,
): Promise<T> {
  try {
    await put(connections, host, file);
    return await task();
  } finally {
    // A machine that was lost keeps it, as it keeps its node's data.
    await connections
      .run(host, ['rm', '-f', file.to], { timeoutMs: REMOVE_MS_MAX })
      .catch(() => {});
  }
}

/** A line that breaks looks like the end of the file: it has to be as long as it is here. */
const PUT = 'umask 077; cat > "$1" && [ "$(wc -c < "$1")" -eq "$2" ]';

async function put(
  connections: SshConnections,
  host: NodeHost,
  { from, to, signal }: FileThere,
): Promise<void> {
  const { size } = await stat(from);
  const words = ['sh', '-c', PUT, 'sh', to, String(size)];
  const wish = { inputFile: from, timeoutMs: PUT_MS_MAX, signal };
  const { code, stderr } = await connections.run(host, words, wish);
  if (code === 0) return;
  const said = stderr.trim().split('\n').at(-1) || 'it did not arrive whole';
  throw new RaftctlError('HOST_UNFIT', {
    message: `Cannot put ${size} bytes on ${host.ssh}, into ${to}: ${said}`,
    hint: 'Make room there; then the same command again',
  });
}
