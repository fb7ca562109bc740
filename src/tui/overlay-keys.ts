/** Keys while something lies over the view, or while a line is being typed. */
import { menuKey } from './actions.ts';
import { runCommandLine } from './command-line.ts';
import { helpEnd } from './keymap.ts';
import { meaningOf } from './keys.ts';
import { ask, type Key, type Outcome, type Situation, stay, toCluster } from './outcome.ts';
import { completed } from './palette.ts';
import type { Ui } from './ui.ts';

/** Keys that move in help that is longer than the screen. */
const HELP_STEPS: Readonly<Record<Key, number>> = {
  ...{ j: 1, down: 1, k: -1, up: -1, pagedown: 10, pageup: -10, 'C-d': 10, 'C-u': -10 },
};

/** Keys that move in a list, in a circle. */
const LIST_STEPS: Readonly<Record<Key, number>> = { j: 1, down: 1, k: -1, up: -1 };

export function overlayKey(ui: Ui, pressed: Key, situation: Situation): Outcome {
  const { overlay } = ui;
  const closed: Ui = { ...ui, overlay: null };
  if (pressed === 'C-c') return ask(closed, { type: 'quit' });
  if (overlay?.kind === 'confirm') {
    // A yes is a yes, whatever keys mean elsewhere.
    if (pressed !== 'y' && pressed !== 'Y')
      return stay({ ...closed, message: 'Nothing was done.' });
    const { pid, commands } = overlay.pending;
    if (pid !== undefined) return ask(closed, { type: 'interrupt', pid });
    return ask(closed, { type: 'run', commands });
  }
  const key = meaningOf(ui.keys, pressed);
  if (overlay?.kind === 'help') {
    const step = HELP_STEPS[key];
    if (step !== undefined) {
      const from = Math.max(0, Math.min(overlay.from + step, helpEnd(ui, situation.size)));
      return stay({ ...ui, overlay: { kind: 'help', from } });
    }
  }
  if (overlay?.kind === 'clusters') {
    const { length } = situation.scene.clusters;
    const step = key === 'C' ? 1 : (LIST_STEPS[key] ?? 0);
    const selected = (overlay.selected + step + length) % length;
    if (step !== 0) return stay({ ...ui, overlay: { kind: 'clusters', selected } });
    if (key === 'enter') return toCluster(closed, situation.scene, selected);
  }
  if (overlay?.kind === 'menu' || overlay?.kind === 'chaos') {
    return menuKey(closed, key, overlay, situation.scene);
  }
  return stay(closed);
}

export function promptKey(ui: Ui, key: Key, situation: Situation): Outcome {
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
