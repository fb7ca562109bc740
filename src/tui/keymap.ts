/** Keys, what they do, and in which view: the one list that help and `update.ts` go by. */
import type { Glyphs } from './glyphs.ts';
import type { Size } from './scene.ts';
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
  { keys: '1-5 8 9', text: 'views' },
  { keys: 'Tab S-Tab', text: 'next, previous panel' },
  { keys: '? F1', text: 'this help' },
  { keys: 'j k g G', text: 'down, up, first, last; PgUp PgDn, Ctrl-u Ctrl-d by pages' },
  { keys: ':', text: 'command: Tab completes, Up is history' },
  { keys: '/', text: 'filter: expression, ! inverse, -f fuzzy' },
  { keys: 'Enter d', text: 'detail of the row', views: ['overview', 'replication'] },
  { keys: 'Esc `', text: 'close, clear the filter; last view' },
  { keys: 'Space', text: 'pause, resume' },
  { keys: '+ - R', text: 'refresh more or less often, now' },
  { keys: '[ ] { }', text: 'a second back, on; event before, after' },
  { keys: '\\', text: 'back to live' },
  { keys: 'e _', text: 'one panel over the whole screen' },
  { keys: '< > r', text: 'sort column, reverse', views: ['overview'] },
  { keys: 'm', text: 'mark the row: actions take all marked', views: ['overview', 'replication'] },
  { keys: 'a', text: 'actions on the row', isAction: true },
  { keys: 's K b', text: 'stop, kill -9, start (asks)', isAction: true },
  { keys: 'f F', text: 'freeze, thaw', isAction: true },
  { keys: 'L', text: 'let this node lead (asks)', isAction: true },
  { keys: 'P O', text: 'profile processor, allocations', isAction: true },
  { keys: 'w t', text: 'wrap, times', views: ['logs'] },
  { keys: 'T', text: 'theme' },
  { keys: 'y S', text: 'copy the screen (OSC 52), save it as a file' },
  { keys: 'M', text: 'mouse on, off' },
  { keys: 'c', text: 'command log' },
];

export interface MenuItem {
  readonly key: string;
  readonly text: string;
}

/** What `a` offers; the keys do the same directly. */
export const MENU: readonly MenuItem[] = [
  { key: 's', text: 'stop: clients are answered, the log is closed' },
  { key: 'K', text: 'kill -9' },
  { key: 'b', text: 'start' },
  { key: 'f', text: 'freeze (SIGSTOP)' },
  { key: 'F', text: 'thaw (SIGCONT)' },
  { key: 'P', text: 'profile its processor for 5 s' },
  { key: 'O', text: 'profile its allocations for 5 s' },
  { key: 'L', text: 'let it lead: leadership is handed over' },
];

/** One line of the keys that matter most, as many as there is room for. */
export function keyHints({ enter, space }: Glyphs, isReadOnly: boolean, width: number): string {
  const hints = ['?Help', '1-9Views', `${enter}Detail`, '/Filter', `${space}Pause`, '[ ]Scrub'];
  if (!isReadOnly) hints.push('aActions');
  if (width >= 100) hints.push(':Cmd', '\\Live', '<>Sort', 'eExpand', 'TTheme');
  return [...hints, 'qQuit'].join(' ');
}

export function helpLines(ui: Ui, _glyphs: Glyphs, size: Size): Line[] {
  const shown = KEYS.filter(
    ({ views, isAction }) =>
      (views === undefined || views.includes(ui.view)) && !(isAction === true && ui.isReadOnly),
  );
  const lines = shown.map(({ keys, text }) => line(piece(keys.padEnd(12), 'strong'), text));
  return lines.slice(0, Math.max(1, size.height - 2));
}
