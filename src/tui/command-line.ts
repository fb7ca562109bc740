/** What is typed after `:`. */
import { parseDurationMs } from '../std/units.ts';
import { type Outcome, type Situation, showView, toCluster } from './outcome.ts';
import type { Scene } from './scene.ts';
import { isThemeName, THEME_NAMES } from './theme.ts';
import { type Ui, VIEW_NAMES, VIEWS } from './ui.ts';

const REFRESH_MS_MIN = 250;
const REFRESH_MS_MAX = 10_000;

export function runCommandLine(ui: Ui, text: string, situation: Situation): Outcome {
  const [word = '', ...rest] = text.split(/\s+/);
  const argument = rest.join(' ');
  const say = (message: string): Outcome => ({ ui: { ...ui, message }, effects: [] });
  const view = VIEW_NAMES.find((name) => name === word || VIEWS[name] === word);
  if (view !== undefined && rest.length === 0) return { ui: showView(ui, view), effects: [] };
  switch (word) {
    case 'q':
    case 'quit':
      return { ui, effects: [{ type: 'quit' }] };
    case 'theme':
      if (!isThemeName(argument)) return say(`Themes: ${THEME_NAMES.join(', ')}`);
      return { ui: { ...ui, theme: argument }, effects: [] };
    case 'refresh': {
      const ms = parseDurationMs(argument);
      if (ms === null || ms < REFRESH_MS_MIN || ms > REFRESH_MS_MAX)
        return say('From 250ms to 10s');
      return { ui: { ...ui, refreshMs: ms }, effects: [] };
    }
    case 'filter':
      return { ui: { ...ui, filter: argument, row: 0 }, effects: [] };
    case 'sort':
      return { ui: { ...ui, sort: { ...ui.sort, column: argument.toUpperCase() } }, effects: [] };
    case 'live':
      return { ui: { ...ui, at: null, isPaused: false }, effects: [] };
    case 'pause':
      return {
        ui: { ...ui, isPaused: true, at: situation.scene.position.length - 1 },
        effects: [],
      };
    case 'at':
      return (
        atTime(ui, argument, situation) ?? say('A time of day: 12:03:58, or seconds back: -30')
      );
    default:
      break;
  }
  if (word === 'node' && isNode(situation.scene, argument)) {
    return { ui: { ...ui, overlay: { kind: 'detail', node: argument } }, effects: [] };
  }
  // `cluster` also begins lines of raftctl: only a name that is watched is meant here.
  const at = situation.scene.clusters.findIndex(({ name }) => name === argument);
  if (word === 'cluster' && at >= 0) return toCluster(ui, situation.scene, at);
  return raftctlLine(ui, text, situation.scene);
}

function isNode({ now }: Scene, id: string): boolean {
  return now.nodes.some((node) => node.id === id);
}

function atTime(ui: Ui, text: string, { scene, timeStep }: Situation): Outcome | null {
  const back = /^-\d+$/.exec(text);
  const day = /^(\d\d):(\d\d):(\d\d)$/.exec(text);
  if (back === null && day === null) return null;
  let ms = Number(text) * 1000;
  if (day !== null) {
    const wanted = new Date(scene.now.atMs);
    wanted.setHours(Number(day[1]), Number(day[2]), Number(day[3]), 999);
    ms = wanted.getTime() - scene.now.atMs;
  }
  return { ui: { ...ui, at: timeStep(ms) }, effects: [] };
}

/** Everything else is a line for `raftctl`, asked about before it runs. */
function raftctlLine(ui: Ui, text: string, scene: Scene): Outcome {
  const words = text.replace(/^raftctl\s+/, '').split(/\s+/);
  if (ui.isReadOnly || scene.replay !== null) {
    return { ui: { ...ui, message: `No such command here: ${words[0]}` }, effects: [] };
  }
  const pending = { question: 'Run this?', commands: [words] };
  return { ui: { ...ui, overlay: { kind: 'confirm', pending } }, effects: [] };
}
