/** Keys that change the cluster: each becomes a `raftctl` line that is shown, asked about, run. */
import { MENU } from './keymap.ts';
import { chosenNode, type Outcome } from './outcome.ts';
import type { Scene } from './scene.ts';
import type { Ui } from './ui.ts';

interface Action {
  /** Of `raftctl`, before the node's name. */
  readonly words: readonly string[];
  /** It writes files into the folder for profiles. */
  readonly writesProfile?: boolean;
  readonly verb: string;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  s: { verb: 'Stop', words: ['node', 'stop'] },
  K: { verb: 'Kill -9', words: ['node', 'kill'] },
  b: { verb: 'Start', words: ['node', 'start'] },
  f: { verb: 'Freeze', words: ['node', 'pause'] },
  F: { verb: 'Thaw', words: ['node', 'resume'] },
  P: {
    verb: 'Profile the processor of',
    words: ['profile', 'cpu', '-d', '5s'],
    writesProfile: true,
  },
  O: {
    verb: 'Profile allocations of',
    words: ['profile', 'heap', '-d', '5s'],
    writesProfile: true,
  },
  L: { verb: 'Hand leadership over to', words: ['leader', 'transfer'] },
};

/** @returns null when the key is none of an action. */
export function actionFor(ui: Ui, key: string, scene: Scene): Outcome | null {
  if (key !== 'a' && ACTIONS[key] === undefined) return null;
  if (ui.isReadOnly) {
    return { ui: { ...ui, message: 'Not with --read-only.' }, effects: [] };
  }
  if (scene.replay !== null) {
    return {
      ui: { ...ui, message: 'This is a recording: nothing can be done to it.' },
      effects: [],
    };
  }
  if (key === 'a') return { ui: { ...ui, overlay: { kind: 'menu', selected: 0 } }, effects: [] };
  return { ui: asking(ui, ACTIONS[key] as Action, scene), effects: [] };
}

/** A key of the menu. */
export function withNodes(closed: Ui, key: string, selected: number, scene: Scene): Outcome {
  const move = (step: number): Outcome => {
    const next = (selected + step + MENU.length) % MENU.length;
    return { ui: { ...closed, overlay: { kind: 'menu', selected: next } }, effects: [] };
  };
  if (key === 'j' || key === 'down') return move(1);
  if (key === 'k' || key === 'up') return move(-1);
  const chosen = key === 'enter' ? MENU[selected]?.key : key;
  const action = chosen === undefined ? undefined : ACTIONS[chosen];
  return { ui: action === undefined ? closed : asking(closed, action, scene), effects: [] };
}

function asking(ui: Ui, { verb, words, writesProfile }: Action, scene: Scene): Ui {
  const chosen = chosenNode(ui, scene);
  const nodes = ui.marked.length > 0 ? ui.marked : chosen === null ? [] : [chosen];
  if (nodes.length === 0)
    return { ...ui, message: 'No node is chosen: choose one in view 1 or 2, or mark some with m.' };
  const output = writesProfile === true ? ['-o', ui.profileDirectory] : [];
  const commands = nodes.map((node) => [...words, node, ...output, ...ui.scope]);
  const question = `${verb} ${nodes.join(', ')}?`;
  return { ...ui, overlay: { kind: 'confirm', pending: { question, commands } } };
}
