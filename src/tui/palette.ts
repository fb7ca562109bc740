/** The commands behind `:` and how they complete. */

import type { Scene } from './scene.ts';
import { THEME_NAMES } from './theme.ts';
import { VIEW_NAMES } from './ui.ts';

/** Words a command may begin with. What is none of them goes to `raftctl` itself, after asking. */
const OWN_WORDS = [
  'node',
  'cluster',
  'theme',
  'refresh',
  'filter',
  'sort',
  'at',
  'live',
  'pause',
  'q',
  'quit',
];

export function completionsOf(scene: Scene, text: string): string[] {
  const words = text.split(' ');
  const last = words.at(-1) ?? '';
  const candidates =
    words.length === 1 ? [...VIEW_NAMES, ...OWN_WORDS] : argumentsOf(scene, words[0] ?? '');
  return candidates.filter((word) => word.startsWith(last) && word !== last);
}

/** The text with as much as is certain added. */
export function completed(scene: Scene, text: string): string {
  const candidates = completionsOf(scene, text);
  const [first, ...others] = candidates;
  if (first === undefined) return text;
  let common = first;
  for (const other of others) {
    while (!other.startsWith(common)) common = common.slice(0, -1);
  }
  const head = text.slice(0, text.length - (text.split(' ').at(-1) ?? '').length);
  return head + common + (others.length === 0 ? ' ' : '');
}

function argumentsOf({ now, clusters }: Scene, word: string): readonly string[] {
  if (word === 'theme') return THEME_NAMES;
  if (word === 'refresh') return ['250ms', '500ms', '1s', '2s', '5s', '10s'];
  if (word === 'cluster') return clusters.map(({ name }) => name);
  return now.nodes.map(({ id }) => id);
}
