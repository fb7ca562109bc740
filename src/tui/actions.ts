/** Keys that change the cluster: each becomes a `raftctl` line that is shown, asked about, run. */
import { shownKey } from './keys.ts';
import { FAULTS, MENU } from './menus.ts';
import { chosenNode, type Outcome, showView, stay } from './outcome.ts';
import { leaderIn, type Scene } from './scene.ts';
import type { Ui } from './ui.ts';

interface Action {
  /** Of `raftctl`, before the node's name. */
  readonly words: readonly string[];
  /** It writes files into the folder for profiles. */
  readonly writesProfile?: boolean;
  readonly verb: string;
  /** It is done to whoever leads, and to nobody else. */
  readonly isOfLeader?: boolean;
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
  D: { verb: 'Let another node lead instead of', words: ['leader', 'step-down'], isOfLeader: true },
};

/** A load that a laptop takes. */
const BENCH_WORDS = ['bench', '--rate', '1000', '--duration', '60s'];

/** What only nodes of raftctl do. */
const OWN_NODES: readonly string[] = ['P', 'O', 'L', 'D'];

/** Keys that need no row. */
const MENU_KEYS = { a: 'menu', X: 'chaos' } as const;

/** @returns null when the key is none of an action. */
export function actionFor(ui: Ui, key: string, scene: Scene): Outcome | null {
  const menu = MENU_KEYS[key as keyof typeof MENU_KEYS];
  const action = ACTIONS[key];
  if (menu === undefined && action === undefined && key !== 'B' && key !== 'H') return null;
  if (ui.isReadOnly) return stay({ ...ui, message: 'Not with --read-only.' });
  if (scene.replay !== null) {
    return stay({ ...ui, message: 'This is a recording: nothing can be done to it.' });
  }
  const { engine } = scene.now;
  if (engine !== undefined && OWN_NODES.includes(key)) {
    return stay({
      ...ui,
      message: `Not with nodes of ${engine}: raftctl has no such command for them.`,
    });
  }
  if (menu !== undefined) return stay({ ...ui, overlay: { kind: menu, selected: 0 } });
  if (key === 'B') return stay(benchAsked(ui, scene));
  if (key === 'H') return stay(healing(ui, scene));
  return stay(asking(ui, action as Action, scene));
}

/** A key while a menu is open. */
export function menuKey(
  closed: Ui,
  key: string,
  { kind, selected }: { readonly kind: 'menu' | 'chaos'; readonly selected: number },
  scene: Scene,
): Outcome {
  const items = kind === 'menu' ? MENU : FAULTS;
  const move = (step: number): Outcome => {
    const next = (selected + step + items.length) % items.length;
    return stay({ ...closed, overlay: { kind, selected: next } });
  };
  if (key === 'j' || key === 'down') return move(1);
  if (key === 'k' || key === 'up') return move(-1);
  const item = items.find((one, at) =>
    key === 'enter' ? at === selected : one.key !== '' && one.key === key,
  );
  if (item === undefined) return stay(closed);
  if (item.leaderKey === undefined) return actionFor(closed, item.key, scene) ?? stay(closed);
  const leader = leaderIn(scene)?.id ?? null;
  if (leader === null) return stay({ ...closed, message: 'Nobody leads.' });
  return stay(askingFor(closed, ACTIONS[item.leaderKey] as Action, [leader]));
}

/** A line for the nodes that are frozen, and one for those that are down. */
function healing(ui: Ui, { now }: Scene): Ui {
  const idsOf = (state: string): string[] =>
    now.nodes.filter((node) => node.state === state).map(({ id }) => id);
  const [frozen, down] = [idsOf('paused'), idsOf('down')];
  const commands = [
    ...(frozen.length === 0 ? [] : [['node', 'resume', ...frozen, ...ui.scope]]),
    ...(down.length === 0 ? [] : [['node', 'start', ...down, ...ui.scope]]),
  ];
  if (commands.length === 0) {
    return { ...ui, message: 'There is nothing to heal: no node is frozen or down.' };
  }
  const ids = [...frozen, ...down].join(', ');
  return { ...ui, overlay: { kind: 'confirm', pending: { question: `Heal ${ids}?`, commands } } };
}

function asking(ui: Ui, action: Action, scene: Scene): Ui {
  const chosen = chosenNode(ui, scene);
  const nodes = ui.marked.length > 0 ? ui.marked : chosen === null ? [] : [chosen];
  if (nodes.length === 0)
    return {
      ...ui,
      message: `No node is chosen: choose one in view 1 or 2, or mark some with ${shownKey(ui.keys, 'm')}.`,
    };
  if (action.isOfLeader === true) return askingLeader(ui, action, nodes, scene);
  return askingFor(ui, action, nodes);
}

function askingFor(ui: Ui, { verb, words, writesProfile }: Action, nodes: readonly string[]): Ui {
  const output = writesProfile === true ? ['-o', ui.profileDirectory] : [];
  const commands = nodes.map((node) => [...words, node, ...output, ...ui.scope]);
  const question = `${verb} ${nodes.join(', ')}?`;
  return { ...ui, overlay: { kind: 'confirm', pending: { question, commands } } };
}

/** The line needs no name: it means the leader, which has to be among the nodes. */
function askingLeader(ui: Ui, action: Action, nodes: readonly string[], scene: Scene): Ui {
  const leader = leaderIn(scene)?.id ?? null;
  if (leader === null || !nodes.includes(leader)) {
    return { ...ui, message: `${nodes.join(', ')} does not lead: there is nothing to hand over.` };
  }
  const commands = [[...action.words, ...ui.scope]];
  const pending = { question: `${action.verb} ${leader}?`, commands };
  return { ...ui, overlay: { kind: 'confirm', pending } };
}

/** Stops the bench that runs, or offers the line of a new one to be changed. */
function benchAsked(ui: Ui, { now }: Scene): Ui {
  const running = now.benches?.at(-1);
  if (running !== undefined) {
    const { pid } = running;
    const pending = { question: 'Stop the bench, with a report of what it measured?', pid };
    return { ...ui, overlay: { kind: 'confirm', pending: { ...pending, commands: [] } } };
  }
  const text = [...BENCH_WORDS, ...ui.scope].join(' ');
  return { ...showView(ui, 'bench'), prompt: { kind: 'command', text, back: 0 } };
}
