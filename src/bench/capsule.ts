/**
 * A stored run as one file that another machine can read, measure again and compare with: a gzipped
 * tar archive whose names all begin with the run's id. Pure but for the compression.
 */
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { RaftctlError } from '../std/errors.ts';
import { type RunFiles, readRecord, type StoredRun } from './run-store.ts';
import { packTar, unpackTar } from './tar-archive.ts';

/** An unpacked capsule longer than this is none of ours. */
const UNPACKED_BYTES_MAX = 1024 * 1024 * 1024;
const RECORD = 'run.json';

const zip = promisify(gzip);
const unzip = promisify(gunzip);

export interface Capsule {
  readonly run: StoredRun;
  readonly files: RunFiles;
}

export async function packCapsule({ run, files }: Capsule): Promise<Uint8Array> {
  const record = `${JSON.stringify(run, null, 2)}\n`;
  const all = [[RECORD, record] as const, ...files].map(([name, text]) => {
    return { name: `${run.id}/${name}`, content: Buffer.from(text) };
  });
  return zip(await packTar(all, Math.floor(Date.parse(run.result.startedAt) / 1000)));
}

/** @param path for messages. @throws {RaftctlError} RUN_INVALID */
export async function readCapsule(bytes: Uint8Array, path: string): Promise<Capsule> {
  const files = new Map<string, string>();
  try {
    const archive = await unzip(bytes, { maxOutputLength: UNPACKED_BYTES_MAX });
    for (const { name, content } of (await unpackTar(archive)) ?? []) {
      files.set(name.replace(/^.*\//, ''), Buffer.from(content).toString('utf8'));
    }
  } catch (cause) {
    throw invalid(path, cause);
  }
  const record = files.get(RECORD);
  if (record === undefined) throw invalid(path, null);
  files.delete(RECORD);
  return { run: readRecord(record, path), files };
}

function invalid(path: string, cause: unknown): RaftctlError {
  return new RaftctlError('RUN_INVALID', {
    message: `Cannot read ${path} as a stored run`,
    hint: 'Make one: raftctl bench export last --output run.tar.gz',
    cause,
  });
}
