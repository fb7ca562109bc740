/**
 * Programs that `cluster up` has put on a machine, and that nobody needs there any more. Where it
 * cannot be told what somebody needs, nothing is removed.
 */
import { lstat, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeWhole } from '../cluster/durable-file.ts';
import { isSameProcess, pidFileOf, readPidFile } from '../cluster/node-process.ts';
import { inspectProcess } from '../cluster/process-table.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { ClusterSpec } from '../cluster/topology.ts';
import { systemCode } from '../std/errors.ts';

/** One that is younger may be somebody's who is about to start nodes with it. */
const AGE_MS_MIN = 3_600_000;
/** As `packProgram` calls them. */
const PROGRAM = /^raftctl-[\w.+-]+-[0-9a-f]{12}$/;
/** It is needed, and nobody can say which one it is. */
const UNKNOWN = Symbol('unknown');

/** Afterwards those nodes of a cluster are known to need that program. @param entry its script. */
export async function noteProgram(
  store: ClusterStore,
  cluster: string,
  { ids, entry }: { readonly ids: readonly string[]; readonly entry: string },
): Promise<void> {
  const notes = new Map(await readNotes(store, cluster).catch(() => []));
  for (const id of ids) notes.set(id, programOf(entry));
  const text = [...notes].map(([id, program]) => `${id} ${program}\n`.trimStart()).join('');
  await writeWhole({ path: noteOf(store, cluster), text, mode: 0o600 });
}

/** Programs by node; what an older raftctl has noted is of all nodes, and by no name. */
async function readNotes(store: ClusterStore, cluster: string): Promise<[string, string][]> {
  const lines = (await readFile(noteOf(store, cluster), 'utf8')).trim().split('\n');
  return lines.map((line) => {
    const [program = '', id = ''] = line.split(' ').reverse();
    return [id, program];
  });
}

/**
 * Removes programs that no cluster of the folder was started with, and no running node has. While
 * anything of a cluster cannot be read, all stay.
 *
 * @param directory the folder that holds clusters; programs lie beside it.
 * @param entry script of this program, which stays.
 * @returns names of what is gone.
 */
export async function tidyPrograms(directory: string, entry: string): Promise<string[]> {
  const folder = join(dirname(directory), 'programs');
  const used = await usedPrograms(new ClusterStore(directory));
  if (used === UNKNOWN) return [];
  used.add(programOf(entry));
  const gone: string[] = [];
  for (const name of (await readdir(folder).catch(() => [])).sort()) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => null);
    const isOld = facts !== null && Date.now() - facts.mtimeMs > AGE_MS_MIN;
    if (!PROGRAM.test(name) || used.has(name) || !isOld) continue;
    await rm(path, { recursive: true, force: true });
    gone.push(name);
  }
  return gone;
}

async function usedPrograms(store: ClusterStore): Promise<Set<string> | typeof UNKNOWN> {
  const specs = await allClusters(store);
  if (specs === UNKNOWN) return UNKNOWN;
  const used = new Set<string>();
  for (const spec of specs) {
    const noted = await notedPrograms(store, spec);
    const running = await Promise.all(spec.nodes.map(({ dataDir }) => runningProgram(dataDir)));
    const programs: readonly (string | null | typeof UNKNOWN)[] = [...noted, ...running];
    for (const program of programs) {
      if (program === UNKNOWN) return UNKNOWN;
      if (program !== null) used.add(program);
    }
  }
  return used;
}

/** A folder without a description may be a cluster whose disk is missing just now. */
async function allClusters(store: ClusterStore): Promise<readonly ClusterSpec[] | typeof UNKNOWN> {
  try {
    if (await isMissing(store.directory)) return [];
    const entries = await readdir(store.directory, { withFileTypes: true });
    const specs = await store.list();
    const isKnown = (name: string): boolean => specs.some((spec) => spec.name === name);
    return entries.every((entry) => entry.isFile() || isKnown(entry.name)) ? specs : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}

/** None is noted of a node that an older raftctl has made. */
async function notedPrograms(
  store: ClusterStore,
  { name, nodes }: ClusterSpec,
): Promise<readonly (string | typeof UNKNOWN)[]> {
  const notes = new Map(await readNotes(store, name).catch(() => []));
  return nodes.map(({ id }) => notes.get(id) || notes.get('') || UNKNOWN);
}

/** Null: nobody runs that directory. */
async function runningProgram(dataDir: string): Promise<string | null | typeof UNKNOWN> {
  const file = await readPidFile(dataDir);
  if (file === null) return (await isMissing(pidFileOf(dataDir))) ? null : UNKNOWN;
  const facts = await inspectProcess(file.pid);
  if (facts === null) return null;
  if (facts.command === '') return UNKNOWN;
  if (!isSameProcess(facts, file, dataDir)) return null;
  const [, entry] = /(\S+\/bin\/run\.js) node start/.exec(facts.command) ?? [];
  return entry === undefined ? UNKNOWN : programOf(entry);
}

/** A link that leads nowhere is there: what it leads to may only be missing just now. */
async function isMissing(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return false;
  } catch (error) {
    return systemCode(error) === 'ENOENT';
  }
}

/** Name of the folder that a program's script lies in. */
function programOf(entry: string): string {
  return basename(dirname(dirname(entry)));
}

function noteOf(store: ClusterStore, cluster: string): string {
  return join(store.folderOf(cluster), 'program');
}
