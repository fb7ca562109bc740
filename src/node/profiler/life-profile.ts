/** Profiles of a process from its start to its orderly end, as files that only we may read. */
import { once } from 'node:events';
import { constants, createWriteStream } from 'node:fs';
import { access, stat, writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { dirname, join } from 'node:path';
import { RaftctlError, systemCode } from '../../std/errors.ts';
import { type ProfileKind, profileFileName } from '../../wire/profiles.ts';
import { startCpu, startHeap, stopCpu, stopHeap } from './profiler.ts';

/** By kind, the file or the folder for it; what is not there is not taken. */
export type LifeProfileWish = { readonly [Kind in ProfileKind]?: string };

const FILE_MODE = 0o600;
const CPU_INTERVAL_US = 1000;

export class LifeProfile {
  readonly #wish: LifeProfileWish;
  readonly #session = new Session();

  private constructor(wish: LifeProfileWish) {
    this.#wish = wish;
  }

  /**
   * Null: nothing is wished for.
   *
   * @throws {RaftctlError} USAGE when there is no place for a file: now, not after a life.
   */
  static async start(wish: LifeProfileWish): Promise<LifeProfile | null> {
    if (Object.keys(wish).length === 0) return null;
    for (const target of Object.values(wish)) await checkPlace(target);
    const profile = new LifeProfile(wish);
    profile.#session.connect();
    if (wish.cpu !== undefined) await startCpu(profile.#session, CPU_INTERVAL_US);
    if (wish.heap !== undefined) await startHeap(profile.#session);
    return profile;
  }

  /** Ends the profiles and writes them. @returns the files. */
  async write(): Promise<string[]> {
    const { cpu, heap, snapshot } = this.#wish;
    const files: string[] = [];
    if (cpu !== undefined) {
      const file = await fileFor(cpu, 'cpu');
      const text = JSON.stringify(await stopCpu(this.#session));
      await writeFile(file, text, { mode: FILE_MODE });
      files.push(file);
    }
    if (heap !== undefined) {
      const file = await fileFor(heap, 'heap');
      const text = JSON.stringify(await stopHeap(this.#session));
      await writeFile(file, text, { mode: FILE_MODE });
      files.push(file);
    }
    if (snapshot !== undefined) files.push(await this.#writeSnapshot(snapshot));
    this.#session.disconnect();
    return files;
  }

  async #writeSnapshot(target: string): Promise<string> {
    const file = await fileFor(target, 'snapshot');
    const stream = createWriteStream(file, { mode: FILE_MODE });
    this.#session.on('HeapProfiler.addHeapSnapshotChunk', ({ params }) => {
      stream.write(params.chunk);
    });
    await this.#session.post('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    stream.end();
    await once(stream, 'close');
    return file;
  }
}

async function checkPlace(target: string): Promise<void> {
  const folder = (await isFolder(target)) ? target : dirname(target);
  await access(folder, constants.W_OK).catch((cause: unknown) => {
    throw new RaftctlError('USAGE', {
      message: `Cannot write a profile to ${target}: ${systemCode(cause) ?? String(cause)}`,
      hint: 'Name a file or a folder in a folder that exists and may be written to',
      cause,
    });
  });
}

async function isFolder(target: string): Promise<boolean> {
  return (await stat(target).catch(() => null))?.isDirectory() ?? false;
}

/** In a folder it gets the name that Node itself would give. */
async function fileFor(target: string, kind: ProfileKind): Promise<string> {
  const at = { time: new Date().toISOString(), pid: process.pid, sequence: 1 };
  return (await isFolder(target)) ? join(target, profileFileName(kind, at)) : target;
}
