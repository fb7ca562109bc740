/**
 * Plants a bug: copies the compiled program into a temporary folder and changes it there in one
 * place, found by its text. Production code carries no switch, and the program itself is never
 * changed. A change of the code that moves the place makes planting fail, so no bug is silently
 * disarmed; a test plants each.
 */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { RaftctlError } from '../std/errors.ts';
import type { Mutant, Patch } from './mutant.ts';
import { findMutant } from './mutants.ts';
import { ownBuild } from './sim-pool.ts';

/** What the simulator is made of: its floor may import no others. */
const FOLDERS = ['simulator', 'node', 'checker', 'wire', 'std'];

/**
 * Runs `task` with a build that has the bug in it, or with this one (null).
 * @throws {RaftctlError} USAGE when there is no such bug, or its place is gone.
 */
export async function withBuild<T>(
  mutant: string | null,
  task: (build: URL) => Promise<T>,
): Promise<T> {
  if (mutant === null) return await task(ownBuild());
  const found = findMutant(mutant);
  if (found === null) {
    throw new RaftctlError('USAGE', {
      message: `Cannot plant ${JSON.stringify(mutant)}: there is no such bug`,
      hint: 'See them all: raftctl sim mutants',
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'raftctl-mutant-'));
  try {
    await copyBuild(fileURLToPath(ownBuild()), folder);
    for (const patch of found.patches) await plant(folder, found, patch);
    return await task(pathToFileURL(`${folder}/`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A name for all the code that simulations are made of: runs of another one say nothing of it. */
export async function programHash(): Promise<string> {
  const build = fileURLToPath(ownBuild());
  const hash = createHash('sha256');
  for (const folder of FOLDERS) {
    const names = await readdir(join(build, folder), { recursive: true });
    for (const name of names.filter(isCode).sort()) {
      if (name.endsWith('.js')) hash.update(name).update(await readFile(join(build, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}

const isCode = (path: string): boolean => !path.endsWith('.map') && !path.endsWith('.ts');

async function copyBuild(from: string, to: string): Promise<void> {
  for (const name of FOLDERS) {
    await cp(join(from, name), join(to, name), { recursive: true, filter: isCode }).catch(
      (error: unknown) => {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      },
    );
  }
  await writeFile(join(to, 'package.json'), '{ "type": "module" }\n');
}

async function plant(folder: string, mutant: Mutant, patch: Patch): Promise<void> {
  const file = join(folder, patch.file);
  const changed = patched(await readFile(file, 'utf8'), patch);
  if (typeof changed === 'string') {
    await writeFile(file, changed);
    return;
  }
  throw new RaftctlError('USAGE', {
    message: `Cannot plant ${mutant.id} as its place is there ${changed.count} times, not once: ${patch.file}`,
    hint: 'The code has changed: mend the patch in src/simulator',
  });
}

/** @returns the changed text, or how often the place was found when that is not once. */
export function patched(text: string, patch: Patch): string | { readonly count: number } {
  const pieces = text.split(patch.find);
  if (pieces.length !== 2) return { count: pieces.length - 1 };
  return pieces.join(patch.replace);
}
