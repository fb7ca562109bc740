/**
 * A node's data directory:
 *
 * ```
 *  node.json   identity and options (wire/node-config.ts); its existence makes a directory a member
 *  log/        segments (docs/wal-format.md)
 *  snapshots/  the newest states (docs/snapshot-format.md)
 *  lock        pid of the process that holds the directory
 *  last-events.ndjson  what the last life said before its orderly end
 *  node.pid    {pid, startedAtMs, incarnation} of a running node, touched every second
 * ```
 */
import { randomInt } from 'node:crypto';
import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { type Bytes, bytesFrom } from '../std/bytes.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';
import { type NodeConfig, parseNodeConfig } from '../wire/node-config.ts';

export const CONFIG_NAME = 'node.json';
const PID_NAME = 'node.pid';
const SECRET_BYTES_MIN = 16;

export function logDirectory(directory: string): string {
  return join(directory, 'log');
}

export function snapshotDirectory(directory: string): string {
  return join(directory, 'snapshots');
}

/** A seed that differs from life to life. */
export function lifeSeed(): number {
  return randomInt(2 ** 47);
}

/**
 * @throws {RaftctlError} DATA_DIR_EMPTY when the directory was never formatted (or was wiped);
 *   CONFIG_INVALID, FORMAT_UNSUPPORTED.
 */
export async function readNodeConfig(directory: string): Promise<NodeConfig> {
  const path = join(directory, CONFIG_NAME);
  try {
    return parseNodeConfig(await readFile(path, 'utf8'), path);
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw cause;
    throw new RaftctlError('DATA_DIR_EMPTY', {
      message: `Cannot start a node in ${directory} as it holds no ${CONFIG_NAME}`,
      hint: 'A new member: raftctl cluster up, or node start --bootstrap. A wiped one must not vote again under its old number',
      cause,
    });
  }
}

/** The cluster secret; a relative path in node.json is relative to the data directory. */
export async function readSecret(directory: string, config: NodeConfig): Promise<Bytes> {
  const file = config.secretFile;
  const path = isAbsolute(file) ? file : join(directory, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot read the cluster secret ${path}`,
      hint: 'Copy the file from another member (mode 0600)',
      cause,
    });
  });
  const secret = bytesFrom(text.trim(), 'hex');
  if (secret.length < SECRET_BYTES_MIN) {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot use ${path} as the cluster secret: it holds ${secret.length} bytes in hex, ${SECRET_BYTES_MIN} are needed`,
    });
  }
  return secret;
}

/** node.pid: who runs here, and when it was last alive. */
export class PidFile {
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, PID_NAME);
  }

  async write(facts: {
    readonly incarnation: string;
    readonly startedAtMs: number;
  }): Promise<void> {
    const text = JSON.stringify({ pid: process.pid, ...facts });
    await writeFile(`${this.#path}.tmp`, `${text}\n`, { mode: 0o600 });
    await rename(`${this.#path}.tmp`, this.#path);
  }

  /** A full disk or a removed directory must not end a node that serves: failures do not matter. */
  touch(): void {
    const now = new Date();
    utimes(this.#path, now, now).catch(() => {});
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}
