/** Programs that `cluster up` has put on a machine, and that nobody needs there any more. */
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeWhole } from '../cluster/durable-file.ts';
import { findNodeProcess } from '../cluster/node-process.ts';
import { inspectProcess } from '../cluster/process-table.ts';
import { ClusterStore } from '../cluster/store.ts';

/** One that is younger may be somebody's who is about to start nodes with it. */
const AGE_MS_MIN = 3_600_000;
/** As `packProgram` calls them. */
const PROGRAM = /^raftctl-[\w.+-]+-[0-9a-f]{12}$/;

/** Afterwards that cluster is known to need the program. @param entry its script. */
export async function noteProgram(store: ClusterStore, cluster: string, entry: string) {
  const path = noteOf(store, cluster);
  await writeWhole({ path, text: `${programOf(entry)}\n`, mode: 0o600 });
}

/**
 * Removes programs that no cluster of the folder was started with, and no running node has.
 *
 * @param directory the folder that holds clusters; programs lie beside it.
 * @param entry script of this program, which stays.
 * @returns names of what is gone.
 */
export async function tidyPrograms(directory: string, entry: string): Promise<string[]> {
  const folder = join(dirname(directory), 'programs');
  const used = await usedPrograms(new ClusterStore(directory));
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

async function usedPrograms(store: ClusterStore): Promise<Set<string>> {
  const used = new Set<string>();
  for (const { name, nodes } of await store.list()) {
    used.add((await readFile(noteOf(store, name), 'utf8').catch(() => '')).trim());
    for (const { dataDir } of nodes) {
      const found = await findNodeProcess(dataDir);
      const facts = found === null ? null : await inspectProcess(found.pid);
      const [, entry] = /(\S+\/bin\/run\.js) node start/.exec(facts?.command ?? '') ?? [];
      if (entry !== undefined) used.add(programOf(entry));
    }
  }
  return used;
}

/** Name of the folder that a program's script lies in. */
function programOf(entry: string): string {
  return basename(dirname(dirname(entry)));
}

function noteOf(store: ClusterStore, cluster: string): string {
  return join(store.folderOf(cluster), 'program');
}
