/**
 * What a key does: the old choices and the scene in, the new choices and what must be done outside
 * out. Pure; `tui.ts` does what is asked for.
 */

import { actionFor } from './actions.ts';
import { meaningOf, shownKey } from './keys.ts';
import { partsOf } from './layout.ts';
import {
  ask,
  chosenNode,
  type Key,
  type Outcome,
  type Situation,
  showView,
  stay,
  toCluster,
} from './outcome.ts';
import { overlayKey, promptKey } from './overlay-keys.ts';
import { pagerWords } from './pager-line.ts';
import { sortTitles } from './panels/nodes.ts';
import type { Scene, Size } from './scene.ts';
import { nextTheme } from './theme.ts';
import { type Ui, VIEW_NAMES, VIEWS } from './ui.ts';
import { hasRoomForCommands, panelsOf } from './views.ts';

const REFRESH_STEPS_MS = [250, 500, 1000, 2000, 5000, 10_000];

export function update(ui: Ui, pressed: Key, situation: Situation): Outcome {
  if (ui.prompt !== null) return promptKey(ui, pressed, situation);
  if (ui.overlay !== null) return overlayKey(ui, pressed, situation);
  const key = meaningOf(ui.keys, pressed);
  const cleared = ui.message === '' ? ui : { ...ui, message: '' };
  const view = VIEW_NAMES.find((name) => VIEWS[name] === key);
  if (view !== undefined) return stay(showView(cleared, view));
  return (
    moveKey(cleared, key, situation) ??
    timeKey(cleared, key, situation) ??
    screenKey(cleared, key, situation) ??
    choiceKey(cleared, key, situation.scene) ??
    clusterKey(cleared, key, situation.scene) ??
    actionFor(cleared, key, situation.scene) ??
    stay(cleared)
  );
}

function bodyOf({ clusters }: Scene, { width, height }: Size): Size {
  return { width, height: partsOf(height, clusters.length).body };
}

function moveKey(ui: Ui, key: Key, { scene, size }: Situation): Outcome | null {
  const panels = panelsOf(scene, bodyOf(scene, size));
  const list = panels.find(({ rows }) => rows !== undefined);
  const isLogs = ui.view === 'logs' || ui.view === 'log';
  const last = isLogs ? 5000 : Math.max(0, (list?.rows?.(scene).length ?? 1) - 1);
  const page = Math.max(1, Math.floor(size.height / 2));
  // Logs are counted from their end: up is further from it.
  const up = ui.view === 'logs' ? 1 : -1;
  const to = (row: number): Outcome => stay({ ...ui, row: Math.max(0, Math.min(last, row)) });
  switch (key) {
    case 'j':
    case 'down':
      return to(ui.row - up);
    case 'k':
    case 'up':
      return to(ui.row + up);
    case 'n':
    case 'N':
      if (ui.filter === '') {
        const key = shownKey(ui.keys, '/');
        return stay({ ...ui, message: `There is no filter: ${key} sets one.` });
      }
      return to(ui.row - (key === 'n' ? up : -up));
    case 'pagedown':
    case 'C-d':
      return to(ui.row - up * page);
    case 'pageup':
    case 'C-u':
      return to(ui.row + up * page);
    case 'g':
      return to(ui.view === 'logs' ? last : 0);
    case 'G':
      return to(ui.view === 'logs' ? 0 : last);
    case 'tab':
      return stay({ ...ui, panel: (ui.panel + 1) % panels.length });
    case 'S-tab':
      return stay({ ...ui, panel: (ui.panel + panels.length - 1) % panels.length });
    default:
      return null;
  }
}

function timeKey(ui: Ui, key: Key, situation: Situation): Outcome | null {
  const { length } = situation.scene.position;
  const isReplay = situation.scene.replay !== null;
  const jump = (at: number | null): Outcome => {
    if (at === null) return stay({ ...ui, message: 'There is no event that way.' });
    return stay({ ...ui, at: Math.max(0, Math.min(length - 1, at)) });
  };
  switch (key) {
    case 'space':
      if (isReplay) return stay({ ...ui, isPaused: !ui.isPaused });
      return stay(
        ui.isPaused || ui.at !== null
          ? { ...ui, isPaused: false, at: null }
          : { ...ui, isPaused: true, at: length - 1 },
      );
    case '[':
      return jump(situation.timeStep(-1000));
    case ']':
      return jump(situation.timeStep(1000));
    case '{':
      return jump(situation.newsStep(-1));
    case '}':
      return jump(situation.newsStep(1));
    case '\\':
      if (isReplay) return stay({ ...ui, at: length - 1 });
      return stay({ ...ui, isPaused: false, at: null });
    case '+':
      return stay(withRefresh(ui, -1));
    case '-':
      return stay(withRefresh(ui, 1));
    case 'R':
      return ask(ui, { type: 'look' });
    default:
      return null;
  }
}

function withRefresh(ui: Ui, step: number): Ui {
  const at = REFRESH_STEPS_MS.findIndex((ms) => ms >= ui.refreshMs);
  const refreshMs = REFRESH_STEPS_MS[Math.max(0, Math.min(REFRESH_STEPS_MS.length - 1, at + step))];
  return { ...ui, refreshMs: refreshMs ?? ui.refreshMs };
}

function screenKey(ui: Ui, key: Key, { scene, size }: Situation): Outcome | null {
  switch (key) {
    case 'q':
    case 'C-c':
      return ask(ui, { type: 'quit' });
    case '?':
    case 'f1':
      return stay({ ...ui, overlay: { kind: 'help', from: 0 } });
    case ':':
      return stay({ ...ui, prompt: { kind: 'command', text: '', back: 0 } });
    case '/':
      return stay({ ...ui, prompt: { kind: 'filter', text: ui.filter, back: 0 } });
    case 'escape':
      return stay({ ...ui, filter: '', zoom: 'none', marked: [] });
    case '`':
      return stay(showView(ui, ui.lastView));
    case 'e':
      return stay({ ...ui, zoom: ui.zoom === 'whole' ? 'none' : 'whole' });
    case '_':
      return stay({ ...ui, zoom: ui.zoom === 'half' ? 'none' : 'half' });
    case 'T':
      return stay({ ...ui, theme: nextTheme(ui.theme), message: `Theme ${nextTheme(ui.theme)}` });
    case 'w':
      return stay({ ...ui, isWrapped: !ui.isWrapped });
    case 't':
      return stay({ ...ui, hasTimes: !ui.hasTimes });
    case 'c':
      return stay(
        hasRoomForCommands(scene, bodyOf(scene, size))
          ? { ...ui, hasCommandLog: !ui.hasCommandLog }
          : { ...ui, overlay: { kind: 'commands' } },
      );
    case '!':
      return pager(ui, scene);
    case 'u':
      return stay({ ...ui, isCorrected: !ui.isCorrected });
    case 'y':
      return ask({ ...ui, message: 'Copied the screen.' }, { type: 'copy' });
    case 'S':
      return ask(ui, { type: 'save' });
    case 'M':
      return ask({ ...ui, hasMouse: !ui.hasMouse }, { type: 'mouse', on: !ui.hasMouse });
    default:
      return null;
  }
}

/** Keys about the chosen row and the order of rows. */
function choiceKey(ui: Ui, key: Key, scene: Scene): Outcome | null {
  switch (key) {
    case 'enter':
    case 'd':
      return stay(withDetail(ui, scene));
    case 'm':
      return stay(withMark(ui, scene));
    case 'l':
      return stay(withLogs(ui, scene));
    case '<':
    case '>':
      return stay(withSort(ui, scene, key === '<' ? -1 : 1));
    case 'r':
      return stay({ ...ui, sort: { ...ui.sort, descending: !ui.sort.descending } });
    default:
      return null;
  }
}

function clusterKey(ui: Ui, key: Key, scene: Scene): Outcome | null {
  switch (key) {
    case '(':
      return toCluster(ui, scene, scene.chosen - 1);
    case ')':
      return toCluster(ui, scene, scene.chosen + 1);
    case 'C':
      if (scene.clusters.length < 2) return toCluster(ui, scene, 0);
      return stay({ ...ui, overlay: { kind: 'clusters', selected: scene.chosen } });
    default:
      return null;
  }
}

function pager(ui: Ui, scene: Scene): Outcome {
  const words = pagerWords(scene);
  if (words === null) return stay({ ...ui, message: 'This view has no line of its own.' });
  return ask({ ...ui, message: `raftctl ${words.join(' ')}` }, { type: 'pager', words });
}

/** The logs of the chosen node alone, by a filter that Escape takes away. */
function withLogs(ui: Ui, scene: Scene): Ui {
  const node = chosenNode(ui, scene);
  if (node === null) {
    const key = shownKey(ui.keys, 'l');
    return { ...ui, message: `Choose a node in view 1 or 2: ${key} shows its logs.` };
  }
  return {
    ...showView(ui, 'logs'),
    filter: `^${node} `,
    message: `Logs of ${node}; Esc shows those of all nodes.`,
  };
}

function withDetail(ui: Ui, scene: Scene): Ui {
  const node = chosenNode(ui, scene);
  return node === null ? ui : { ...ui, overlay: { kind: 'detail', node } };
}

function withMark(ui: Ui, scene: Scene): Ui {
  const node = chosenNode(ui, scene);
  if (node === null) return ui;
  const marked = ui.marked.includes(node)
    ? ui.marked.filter((id) => id !== node)
    : [...ui.marked, node];
  return { ...ui, marked };
}

function withSort(ui: Ui, scene: Scene, step: number): Ui {
  const titles = sortTitles(scene);
  const at = titles.indexOf(ui.sort.column);
  const column = titles[(at + step + titles.length) % titles.length] ?? 'NODE';
  return { ...ui, sort: { ...ui.sort, column } };
}
