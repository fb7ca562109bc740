/**
 * What a key does: the old choices and the scene in, the new choices and what must be done outside
 * out. Pure; `tui.ts` does what is asked for.
 */

import { actionFor, withNodes } from './actions.ts';
import { runCommandLine } from './command-line.ts';
import {
  chosenNode,
  type Effect,
  type Key,
  type Outcome,
  type Situation,
  showView,
} from './outcome.ts';
import { completed } from './palette.ts';
import { sortTitles } from './panels/nodes.ts';
import type { Scene } from './scene.ts';
import { nextTheme } from './theme.ts';
import { type Ui, VIEW_NAMES, VIEWS } from './ui.ts';
import { panelsOf } from './views.ts';

const REFRESH_STEPS_MS = [250, 500, 1000, 2000, 5000, 10_000];

export function update(ui: Ui, key: Key, situation: Situation): Outcome {
  if (ui.prompt !== null) return promptKey(ui, key, situation);
  if (ui.overlay !== null) return overlayKey(ui, key, situation);
  const cleared = ui.message === '' ? ui : { ...ui, message: '' };
  const view = VIEW_NAMES.find((name) => VIEWS[name] === key);
  if (view !== undefined) return stay(showView(cleared, view));
  return (
    moveKey(cleared, key, situation) ??
    timeKey(cleared, key, situation) ??
    screenKey(cleared, key, situation) ??
    actionFor(cleared, key, situation.scene) ??
    stay(cleared)
  );
}

function stay(ui: Ui): Outcome {
  return { ui, effects: [] };
}

function ask(ui: Ui, ...effects: Effect[]): Outcome {
  return { ui, effects };
}

function moveKey(ui: Ui, key: Key, { scene, size }: Situation): Outcome | null {
  const panels = panelsOf(scene, size);
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

function screenKey(ui: Ui, key: Key, { scene }: Situation): Outcome | null {
  switch (key) {
    case 'q':
    case 'C-c':
      return ask(ui, { type: 'quit' });
    case '?':
    case 'f1':
      return stay({ ...ui, overlay: { kind: 'help' } });
    case ':':
      return stay({ ...ui, prompt: { kind: 'command', text: '', back: 0 } });
    case '/':
      return stay({ ...ui, prompt: { kind: 'filter', text: ui.filter, back: 0 } });
    case 'escape':
      return stay({ ...ui, filter: '', isExpanded: false, marked: [] });
    case '`':
      return stay(showView(ui, ui.lastView));
    case 'e':
    case '_':
      return stay({ ...ui, isExpanded: !ui.isExpanded });
    case 'enter':
    case 'd':
      return stay(withDetail(ui, scene));
    case 'm':
      return stay(withMark(ui, scene));
    case '<':
    case '>':
      return stay(withSort(ui, scene, key === '<' ? -1 : 1));
    case 'r':
      return stay({ ...ui, sort: { ...ui.sort, descending: !ui.sort.descending } });
    case 'T':
      return stay({ ...ui, theme: nextTheme(ui.theme), message: `Theme ${nextTheme(ui.theme)}` });
    case 'w':
      return stay({ ...ui, isWrapped: !ui.isWrapped });
    case 't':
      return stay({ ...ui, hasTimes: !ui.hasTimes });
    case 'c':
      return stay({ ...ui, hasCommandLog: !ui.hasCommandLog });
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

function overlayKey(ui: Ui, key: Key, situation: Situation): Outcome {
  const { overlay } = ui;
  const closed: Ui = { ...ui, overlay: null };
  if (key === 'C-c') return ask(closed, { type: 'quit' });
  if (overlay?.kind === 'confirm') {
    if (key !== 'y' && key !== 'Y') return stay({ ...closed, message: 'Nothing was done.' });
    return ask(closed, { type: 'run', commands: overlay.pending.commands });
  }
  if (overlay?.kind === 'menu') return withNodes(closed, key, overlay.selected, situation.scene);
  return stay(closed);
}

function promptKey(ui: Ui, key: Key, situation: Situation): Outcome {
  const { prompt } = ui;
  if (prompt === null) return stay(ui);
  const typed = (text: string): Outcome => stay({ ...ui, prompt: { ...prompt, text, back: 0 } });
  switch (key) {
    case 'escape':
    case 'C-c':
      return stay({ ...ui, prompt: null });
    case 'backspace':
      if (prompt.text === '') return stay({ ...ui, prompt: null });
      return typed([...prompt.text].slice(0, -1).join(''));
    case 'C-u':
      return typed('');
    case 'tab':
      return prompt.kind === 'command' ? typed(completed(situation.scene, prompt.text)) : stay(ui);
    case 'up':
    case 'down': {
      const back = Math.max(
        0,
        Math.min(ui.promptHistory.length, prompt.back + (key === 'up' ? 1 : -1)),
      );
      const text = back === 0 ? '' : (ui.promptHistory.at(-back) ?? '');
      return stay({ ...ui, prompt: { ...prompt, text, back } });
    }
    case 'enter':
      return entered({ ...ui, prompt: null }, prompt.kind, prompt.text.trim(), situation);
    case 'space':
      return typed(`${prompt.text} `);
    default:
      return [...key].length === 1 ? typed(prompt.text + key) : stay(ui);
  }
}

function entered(ui: Ui, kind: 'command' | 'filter', text: string, situation: Situation): Outcome {
  if (kind === 'filter') return stay({ ...ui, filter: text, row: 0 });
  if (text === '') return stay(ui);
  const remembered = { ...ui, promptHistory: [...ui.promptHistory, text].slice(-100) };
  return runCommandLine(remembered, text, situation);
}
