/**
 * `raftctl __complete WORD...`, which the completion scripts call at every Tab: answered without
 * loading oclif or any command. One candidate a line, its explanation after a tab; a last line
 * `:files` asks the shell to offer names of files as well.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadContexts } from '../config/contexts.ts';
import { complete, type Manifest } from './complete.ts';
import { clustersDirectory, runsDirectory } from './directories.ts';
import { localNames } from './local-names.ts';
import { settingsInForce } from './settings-in-force.ts';
import { typedValue } from './typed-flags.ts';

/** @param root folder of the installed package. */
export async function completionText(words: readonly string[], root: string): Promise<string> {
  const setting = await settingsFor(words);
  const clusters = setting('RAFTCTL_DIR') ?? clustersDirectory();
  const names = localNames({ clusters, runs: runsOf(words), root, ...(await contextNames()) });
  const chosen = setting('RAFTCTL_CLUSTER');
  const scoped = { ...names, nodes: (named: string | null) => names.nodes(named ?? chosen) };
  const { candidates, takesFiles } = complete(words, readManifest(root), scoped);
  const lines = candidates.map(({ word, about }) => (about === '' ? word : `${word}\t${about}`));
  if (takesFiles) lines.push(':files');
  return lines.map((line) => `${line}\n`).join('');
}

export function readManifest(root: string): Manifest {
  try {
    const text = readFileSync(join(root, 'oclif.manifest.json'), 'utf8');
    return (JSON.parse(text) as { commands: Manifest }).commands;
  } catch {
    return {};
  }
}

/** What the line says, else the environment, a context, a file. What is wrong says nothing. */
async function settingsFor(words: readonly string[]): Promise<(env: string) => string | null> {
  const { env } = process;
  const places = { argv: words, env, cwd: process.cwd(), isChecked: false };
  const inForce = await settingsInForce(places).catch(() => null);
  return (name) => {
    const typed = typedValue(words, name.replace('RAFTCTL_', '').toLowerCase());
    return typed || env[name] || (inForce?.settings.get(name)?.text ?? null);
  };
}

/** For completion. */
export async function contextNames(): Promise<{ readonly contexts: readonly string[] }> {
  const known = await loadContexts(process.env, false).catch(() => null);
  return { contexts: [...(known?.byName.keys() ?? [])] };
}

function runsOf(words: readonly string[]): string {
  return typedValue(words, 'runs-dir') ?? process.env['RAFTCTL_RUNS_DIR'] ?? runsDirectory();
}
