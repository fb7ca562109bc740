/** A run that was measured before: one of the store, or a capsule. */
import { readFile, stat } from 'node:fs/promises';
import { type Capsule, readCapsule } from '../bench/capsule.ts';
import type { RunStore, StoredRun } from '../bench/run-store.ts';

/** @throws {RaftctlError} RUN_NOT_FOUND, RUN_INVALID */
export async function openRun(store: RunStore, text: string): Promise<Capsule> {
  const facts = /[./]/.test(text) ? await stat(text).catch(() => null) : null;
  if (facts?.isFile() === true) return readCapsule(await readFile(text), text);
  const run = await store.find(text);
  return { run, files: await store.files(run) };
}

/** The run and those it was repeated with; a capsule holds one. @throws {RaftctlError} */
export async function readRecordedRuns(store: RunStore, text: string): Promise<StoredRun[]> {
  const { run } = await openRun(store, text);
  const group = await store.groupOf(run);
  return group.some(({ id }) => id === run.id) ? group : [run];
}
