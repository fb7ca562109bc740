/**
 * `raftctl __complete WORD...`, which the completion scripts call at every Tab: answered without
 * loading oclif or any command. One candidate a line, its explanation after a tab; a last line
 * `:files` asks the shell to offer names of files as well.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { complete, type Manifest, wordAfter } from './complete.ts';
import { clustersDirectory } from './directories.ts';
import { localNames } from './local-names.ts';

/** @param root folder of the installed package. */
export function completionText(words: readonly string[], root: string): string {
  const names = localNames(directoryOf(words), root);
  const { candidates, takesFiles } = complete(words, readManifest(root), names);
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

function directoryOf(words: readonly string[]): string {
  return wordAfter('--dir', words) ?? process.env['RAFTCTL_DIR'] ?? clustersDirectory();
}
