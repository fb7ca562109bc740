/** Calls of `schemas.test.ts` that need no cluster of ours: settings, contexts. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../../src/schemas/document.ts';
import { ROOT } from './program.ts';

export interface Wish {
  readonly exit?: number | readonly number[];
  readonly stdin?: string;
  /** Of words that make the command. */
  readonly words?: number;
  /** Of commands that know no clusters. */
  readonly isPlain?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command with `--json` and holds what it prints against its schema. */
export type Run = (args: readonly string[], wish?: Wish) => Promise<Json[]>;

const plain = { isPlain: true };

/** @param folder to write into. */
export async function settingsCalls(run: Run, folder: string): Promise<void> {
  const wrong = join(folder, 'wrong.toml');
  await writeFile(wrong, 'nodes = "many"\n');
  await run(['config', 'path'], plain);
  await run(['config', 'path', '--wrong'], { ...plain, exit: 2 });
  await run(['config', 'explain'], plain);
  await run(['config', 'explain', '--wrong'], { ...plain, exit: 2 });
  await run(['config', 'lint', join(ROOT, 'profiles/local-5.toml')], plain);
  await run(['config', 'lint', wrong], { ...plain, exit: 2 });
}

/** @param folder to write into. */
export async function guideCalls(run: Run, folder: string): Promise<void> {
  const one = { ...plain, words: 1 };
  await run(['cheat'], one);
  await run(['cheat', 'recover'], one);
  await run(['cheat', 'recovr'], { ...one, exit: 2 });
  await run(['man', 'cluster', 'up'], one);
  await run(['man', '--into', join(folder, 'man')], one);
  await run(['man', 'cluster'], { ...one, exit: 2 });
  await run(['completion', 'bash'], one);
  await run(['completion', 'csh'], { ...one, exit: 2 });
}

/** @param folder that holds the cluster `demo`. */
export async function contextCalls(run: Run, folder: string): Promise<void> {
  const home = join(folder, 'settings');
  await mkdir(home, { recursive: true });
  const own = { ...plain, env: { XDG_CONFIG_HOME: home } };
  await run(['context', 'set', 'demo', '--cluster', 'demo', '--dir', folder], own);
  await run(['context', 'set', 'far', '--endpoints', '127.0.0.1:9', '--read-only'], own);
  await run(['context', 'set', 'x', '--cluster', 'nobody', '--dir', folder], { ...own, exit: 2 });
  await run(['context', 'list'], own);
  await run(['context', 'list', '--wrong'], { ...own, exit: 2 });
  await run(['context', 'show'], own);
  await run(['context', 'show', 'dem'], { ...own, exit: 2 });
  await run(['context', 'use', 'far'], own);
  await run(['context', 'use', 'fra'], { ...own, exit: 2 });
  await run(['config', 'explain'], own);
  await run(['kv', 'set', 'a', 'b'], { ...own, exit: 7 });
  await run(['context', 'delete', 'far'], own);
  await run(['context', 'delete', 'far'], { ...own, exit: 2 });
  await run(['context', 'use', 'none'], own);
  await run(['context', 'show'], own);
}
