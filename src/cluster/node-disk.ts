/** What lies on the disk of a node's machine, as far as it may leave that machine. */
import { readdir, readFile, realpath, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { type NodeConfig, parseNodeConfig } from '../wire/node-config.ts';
import { fileSize, readFrom } from './node-log.ts';

/** Of the end of a node's log file. Bytes. */
const LOG_TAIL_BYTES = 2 * 1024 * 1024;

export interface NodePlace {
  /** Its `node.json`; null: it cannot be read. */
  readonly config: Omit<NodeConfig, 'secretFile'> | null;
  /** With all links followed. */
  readonly dataDir: string | null;
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number } | null;
}

export interface NodeFiles {
  /** Names, sizes and times: no content. */
  readonly files: readonly {
    readonly name: string;
    readonly bytes: number | null;
    readonly changedAt: string | null;
  }[];
  /** The end of its log file. */
  readonly logTail: string;
}

/** All that a bundle takes from a node's disk. */
export interface NodeDisk extends NodePlace, NodeFiles {
  readonly id: string;
}

/** @param dataDir null: nobody knows where it is. */
export async function placeOnDisk(dataDir: string | null): Promise<NodePlace> {
  if (dataDir === null) return { config: null, dataDir: null, disk: null };
  const facts = await statfs(dataDir).catch(() => null);
  const disk =
    facts === null
      ? null
      : { totalBytes: facts.blocks * facts.bsize, freeBytes: facts.bavail * facts.bsize };
  return {
    config: await toldConfig(join(dataDir, 'node.json')),
    dataDir: await realpath(dataDir).catch(() => null),
    disk,
  };
}

export async function filesOnDisk(dataDir: string, logFile: string): Promise<NodeFiles> {
  const names = await readdir(dataDir, { recursive: true }).catch(() => []);
  const files = await Promise.all(
    names.sort().map(async (name) => {
      const facts = await stat(join(dataDir, name)).catch(() => null);
      return { name, bytes: facts?.size ?? null, changedAt: facts?.mtime.toISOString() ?? null };
    }),
  );
  const from = Math.max(0, (await fileSize(logFile)) - LOG_TAIL_BYTES);
  return { files, logTail: await readFrom(logFile, from) };
}

async function toldConfig(path: string): Promise<NodePlace['config']> {
  try {
    const { secretFile: _, ...told } = parseNodeConfig(await readFile(path, 'utf8'), path);
    return told;
  } catch {
    return null;
  }
}
