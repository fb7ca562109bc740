/** What Tab offers: the shell's own words, raftctl's commands, RESP commands, names. */
import { complete, type Manifest } from '../cli/complete.ts';
import type { LocalNames } from '../cli/local-names.ts';
import { RESP_WORDS } from './resp-words.ts';
import { OWN_WORDS } from './session.ts';

/** @returns the words that fit, and the part of the line they stand for. */
export function completeLine(
  line: string,
  manifest: Manifest,
  names: LocalNames,
  cluster: string | null,
): [string[], string] {
  const words = line.trimStart().split(/\s+/);
  if (words[0] === 'raftctl' && words.length > 1) words.shift();
  const typed = words[words.length - 1] ?? '';
  const fits = (list: readonly string[]): string[] => list.filter((word) => word.startsWith(typed));
  if (words[0] === 'use' && words.length === 2) {
    const known = new Set([...names.contexts(), ...names.clusters()]);
    return [closed(fits([...known])), typed];
  }
  const scoped: LocalNames = { ...names, nodes: (named) => names.nodes(named ?? cluster) };
  const hits = complete(words, manifest, scoped).candidates.map(({ word }) => word);
  if (words.length === 1) hits.push(...fits(OWN_WORDS), ...respWords(typed, hits));
  return [closed([...new Set(hits)].sort()), typed];
}

/** A word that is certain is finished with a blank, unless more belongs to it. */
function closed(hits: string[]): string[] {
  const [only = ''] = hits;
  return hits.length === 1 && !only.endsWith('=') ? [`${only} `] : hits;
}

/** In the case that is being typed. */
function respWords(typed: string, taken: readonly string[]): string[] {
  if (typed === '') return [];
  const isLower = typed === typed.toLowerCase();
  const words = isLower ? RESP_WORDS.map((word) => word.toLowerCase()) : RESP_WORDS;
  return words.filter((word) => word.startsWith(typed) && !taken.includes(word));
}
