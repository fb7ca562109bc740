/** Keys, what they do, and in which view: the one list that help and `update.ts` go by. */
import { shownKey, shownKeys } from './keys.ts';
import { BOX_ROWS } from './layout.ts';
import type { Scene, Size } from './scene.ts';
import { type Line, line, piece } from './text.ts';
import type { Ui, ViewName } from './ui.ts';

export interface KeyHelp {
  readonly keys: string;
  readonly text: string;
  /** Only in these views; everywhere when left out. */
  readonly views?: readonly ViewName[];
  /** Changes the cluster: not offered with `--read-only`. */
  readonly isAction?: boolean;
}

export const KEYS: readonly KeyHelp[] = [
  { keys: 'q  Ctrl-c', text: 'quit' },
  { keys: '1-6 8 9', text: 'views' },
  { keys: 'Tab S-Tab', text: 'next, previous panel' },
  { keys: '? F1', text: 'this help' },
  { keys: 'j k g G', text: 'down, up, first, last; PgUp PgDn, Ctrl-u Ctrl-d by pages' },
  { keys: ':', text: 'command: Tab completes, Up is history' },
  { keys: '/ n N', text: 'filter: expression, ! inverse, -f fuzzy; next, previous' },
  { keys: 'Enter d', text: 'detail of the row', views: ['overview', 'replication'] },
  { keys: 'Esc `', text: 'close, clear the filter; last view' },
  { keys: 'Space', text: 'pause, resume' },
  { keys: '+ - R', text: 'refresh more or less often, now' },
  { keys: '[ ] { }', text: 'a second back, on; event before, after' },
  { keys: '\\', text: 'back to live' },
  { keys: 'e _', text: 'one panel over the whole screen, over half of it' },
  { keys: '< > r', text: 'sort column, reverse', views: ['overview'] },
  { keys: 'l', text: 'logs of the row alone', views: ['overview', 'replication'] },
  { keys: 'm', text: 'mark the row: actions take all marked', views: ['overview', 'replication'] },
  { keys: 'a', text: 'actions on the row', isAction: true },
  { keys: 's K b', text: 'stop, kill -9, start (asks)', isAction: true },
  { keys: 'f F', text: 'freeze, thaw', isAction: true },
  { keys: 'L D', text: 'let this node lead, let another one (asks)', isAction: true },
  { keys: 'X H', text: 'faults of nodes, from a menu; heal all of them (asks)', isAction: true },
  { keys: 'P O', text: 'profile processor, allocations', isAction: true },
  { keys: 'u', text: 'latency corrected, or raw: from the time of sending', views: ['bench'] },
  { keys: 'B', text: 'bench: start one, stop the one that runs (asks)', isAction: true },
  { keys: 'w t', text: 'wrap, times', views: ['logs'] },
  { keys: 'C ( )', text: 'clusters: choose, the one before, the next' },
  { keys: 'T', text: 'theme' },
  { keys: 'y S', text: 'copy the screen (OSC 52), save it as a file' },
  { keys: 'M', text: 'mouse on, off' },
  { keys: 'c', text: 'command log' },
  { keys: '!', text: "this view's own line of raftctl, in a pager" },
];

/** One line of the keys that matter most, as many as there is room for. */
export function keyHints(scene: Scene, width: number): string {
  const { enter, space } = scene.glyphs;
  const { keys, isReadOnly } = scene.ui;
  const own = shownKey(keys, 'space');
  const pause = own === 'space' ? space : own;
  const hint = (list: string, text: string): string => {
    const shown = list.split(' ').map((key) => (key === 'space' ? pause : shownKey(keys, key)));
    const isLong = shown.some((key) => key.length > 1 && key !== space);
    return isLong ? `${shown.join(' ')} ${text}` : shown.join('') + text;
  };
  const hints = [hint('?', 'Help'), '1-9Views', `${enter}Detail`, hint('/', 'Filter')];
  hints.push(hint('space', 'Pause'), `${shownKeys(keys, '[ ]')}Scrub`);
  if (!isReadOnly) hints.push(hint('a', 'Actions'));
  if (scene.clusters.length > 1) hints.push(hint('C', 'Clusters'));
  if (width >= 100) {
    hints.push(hint(':', 'Cmd'), hint('\\', 'Live'), hint('< >', 'Sort'), hint('e', 'Expand'));
    if (!isReadOnly && width >= 120) hints.push(hint('X', 'Chaos'));
    hints.push(hint('T', 'Theme'));
  }
  return [...hints, hint('q', 'Quit')].join(' ');
}

/** How far help can be scrolled. */
export function helpEnd(ui: Ui, size: Size): number {
  const room = Math.max(1, size.height - BOX_ROWS);
  const { length } = keysOf(ui);
  return length <= room ? 0 : length - room + 1;
}

function keysOf(ui: Ui): readonly KeyHelp[] {
  return KEYS.filter(
    ({ views, isAction }) =>
      (views === undefined || views.includes(ui.view)) && !(isAction === true && ui.isReadOnly),
  );
}

/** As many of them as there is room for, from the one that was scrolled to. */
export function helpLines(ui: Ui, from: number, size: Size): Line[] {
  const lines = keysOf(ui).map(({ keys, text }) => {
    return line(piece(`${shownKeys(ui.keys, keys)} `.padEnd(12), 'strong'), text);
  });
  const room = Math.max(1, size.height - BOX_ROWS);
  if (lines.length <= room) return lines;
  const first = Math.min(from, helpEnd(ui, size));
  const more = lines.length - first - (room - 1);
  const scrolls = `${shownKeys(ui.keys, 'j k')} scrolls`;
  const foot = more > 0 ? `${scrolls}: ${more} more` : `${scrolls}: this is the end`;
  return [...lines.slice(first, first + room - 1), line(piece(foot, 'dim'))];
}
