import { describe, expect, test } from 'vitest';
import { fakeFlight } from '../../test/doubles/flight.ts';
import { glyphsFor } from './glyphs.ts';
import { sceneOf } from './once.ts';
import type { Effect, Key, Situation } from './outcome.ts';
import { nodeRows } from './panels/nodes.ts';
import { newUi, type Ui, VIEW_NAMES, VIEWS } from './ui.ts';
import { update } from './update.ts';

const FLIGHT = fakeFlight();
const START = newUi({
  ...{ view: 'overview', refreshMs: 1000, theme: 'dark', isReadOnly: false, hasMouse: false },
  scope: ['--cluster', 'demo'],
  profileDirectory: '/profiles',
});

/** Presses keys one after the other. */
function press(keys: readonly Key[], from: Partial<Ui> = {}, replay: string | null = null) {
  let ui: Ui = { ...START, ...from };
  const effects: Effect[] = [];
  for (const key of keys) {
    const index = ui.at ?? FLIGHT.length - 1;
    const situation: Situation = {
      scene: {
        ...sceneOf({ flight: FLIGHT, ui, isAscii: false, replay }),
        glyphs: glyphsFor(false),
      },
      size: { width: 120, height: 30 },
      newsStep: (direction) => FLIGHT.eventStep(index, direction, () => true),
      timeStep: (ms) => FLIGHT.indexAt((FLIGHT.at(index)?.atMs ?? 0) + ms),
    };
    const outcome = update(ui, key, situation);
    ui = outcome.ui;
    effects.push(...outcome.effects);
  }
  return { ui, effects };
}

const typed = (text: string): Key[] =>
  [...text].map((letter) => (letter === ' ' ? 'space' : letter));

const runs = (effects: readonly Effect[]): Effect[] => effects.filter(({ type }) => type === 'run');

describe('update', () => {
  test('update shows the view of each digit and comes back to the last one', () => {
    for (const view of VIEW_NAMES) expect(press([VIEWS[view]]).ui.view).toBe(view);
    expect(press(['3', '5', '`']).ui.view).toBe('latency');
  });

  test('update moves between panels and over rows, never past the ends', () => {
    expect(press(['tab', 'tab']).ui.panel).toBe(2);
    expect(press(['S-tab']).ui.panel).toBeGreaterThan(0);
    expect(press(['j', 'j', 'j', 'j', 'j']).ui.row).toBe(2);
    expect(press(['G', 'k']).ui.row).toBe(1);
    expect(press(['G', 'g', 'k']).ui.row).toBe(0);
    expect(press(['8', 'k', 'k', 'j']).ui.row).toBe(1);
  });

  test('update pauses at what is shown and goes back to live', () => {
    expect(press(['space']).ui).toMatchObject({ isPaused: true, at: 69 });
    expect(press(['space', 'space']).ui).toMatchObject({ isPaused: false, at: null });
  });

  test('update scrubs by seconds and by events', () => {
    expect(press(['[', '[', '[']).ui.at).toBe(66);
    expect(press(['[', '[', ']']).ui.at).toBe(68);
    expect(press(['{']).ui.at).toBe(44);
    expect(press(['{', '{']).ui.at).toBe(38);
    expect(press(['{', '{', '}']).ui.at).toBe(44);
    expect(press(['{', '\\']).ui.at).toBeNull();
    expect(press(typed(':at -10').concat('enter')).ui.at).toBe(59);
    expect(press(typed(':at 12:04:00').concat('enter')).ui.at).not.toBeNull();
  });

  test('update sorts, reverses and filters the table of nodes', () => {
    const ids = (ui: Ui): string[] =>
      nodeRows(sceneOf({ flight: FLIGHT, ui, isAscii: false, replay: null })).map(
        (row) => row.node.id,
      );
    expect(ids(press(['r']).ui)).toEqual(['n3', 'n2', 'n1']);
    expect(press(['>']).ui.sort.column).toBe('ROLE');
    expect(press(['>', '<']).ui.sort.column).toBe('NODE');
    expect(ids(press([...typed(':sort lag'), 'enter', 'r']).ui)[2]).toBe('n1');
    expect(ids(press(['/', ...typed('leader'), 'enter']).ui)).toEqual(['n2']);
    expect(ids(press(['/', ...typed('!leader'), 'enter']).ui)).toEqual(['n1', 'n3']);
    expect(ids(press(['/', ...typed('-f n3w'), 'enter']).ui)).toEqual(['n3']);
    expect(ids(press(['/', ...typed('n3'), 'enter', 'escape']).ui)).toHaveLength(3);
  });

  test('update shows an action as the line it runs, and runs it only after a yes', () => {
    const asked = press(['j', 'K']);
    expect(asked.effects).toEqual([]);
    expect(asked.ui.overlay).toMatchObject({
      kind: 'confirm',
      pending: { question: 'Kill -9 n2?' },
    });
    const words = ['node', 'kill', 'n2', '--cluster', 'demo'];
    expect(press(['j', 'K', 'y']).effects).toEqual([{ type: 'run', commands: [words] }]);
    for (const key of ['n', 'escape', 'enter', 'K'])
      expect(press(['j', 'K', key]).effects).toEqual([]);
  });

  test.each([
    ['s', ['node', 'stop', 'n1']],
    ['b', ['node', 'start', 'n1']],
    ['f', ['node', 'pause', 'n1']],
    ['F', ['node', 'resume', 'n1']],
    ['L', ['leader', 'transfer', 'n1']],
    ['P', ['profile', 'cpu', '-d', '5s', 'n1', '-o', '/profiles']],
    ['O', ['profile', 'heap', '-d', '5s', 'n1', '-o', '/profiles']],
  ])('update runs the line of %s', (key, words) => {
    const run = { type: 'run', commands: [[...words, '--cluster', 'demo']] };
    expect(press([key, 'y']).effects).toEqual([run]);
    expect(press(['a', key, 'y']).effects).toEqual([run]);
    expect(runs(press([key, 'y'], { isReadOnly: true }).effects)).toEqual([]);
    expect(runs(press([key, 'y'], {}, 'old.rtrec').effects)).toEqual([]);
  });

  test('update acts on all marked nodes, and on the chosen follower in the view of replication', () => {
    const marked = press(['m', 'j', 'j', 'm', 's', 'y']);
    expect(marked.effects).toMatchObject([
      {
        commands: [
          ['node', 'stop', 'n1', ...START.scope],
          ['node', 'stop', 'n3', ...START.scope],
        ],
      },
    ]);
    expect(press(['2', 'j', 's', 'y']).effects).toMatchObject([
      { commands: [['node', 'stop', 'n3', ...START.scope]] },
    ]);
    expect(runs(press(['8', 's', 'y']).effects)).toEqual([]);
  });

  test('update takes commands after a colon, with completion and history', () => {
    expect(press([...typed(':theme light'), 'enter']).ui.theme).toBe('light');
    expect(press([...typed(':ela'), 'backspace', 'tab', 'enter']).ui.view).toBe('elections');
    expect(press([...typed(':refresh 250ms'), 'enter']).ui.refreshMs).toBe(250);
    expect(press([...typed(':refresh 1h'), 'enter']).ui).toMatchObject({
      refreshMs: 1000,
      message: 'From 250ms to 10s',
    });
    expect(press([...typed(':theme mono'), 'enter', ':', 'up']).ui.prompt?.text).toBe('theme mono');
    expect(press([...typed(':node n3'), 'enter']).ui.overlay).toEqual({
      kind: 'detail',
      node: 'n3',
    });
    expect(press([...typed(':q'), 'enter']).effects).toEqual([{ type: 'quit' }]);
    const line = press([...typed(':leader show'), 'enter', 'y']);
    expect(line.effects).toEqual([{ type: 'run', commands: [['leader', 'show']] }]);
    const refused = press([...typed(':leader show'), 'enter', 'y'], { isReadOnly: true });
    expect(runs(refused.effects)).toEqual([]);
  });

  test('update quits, copies, saves, takes the mouse and looks at once', () => {
    expect(press(['q', 'C-c', 'y', 'S', 'M', 'R']).effects.map(({ type }) => type)).toEqual([
      ...['quit', 'quit', 'copy', 'save', 'mouse', 'look'],
    ]);
    expect(press(['+']).ui.refreshMs).toBe(500);
    expect(press(['-', '-', '-', '-', '-']).ui.refreshMs).toBe(10_000);
    expect(press(['T', 'T']).ui.theme).toBe('deuteranopia');
    expect(press(['e']).ui.isExpanded).toBe(true);
    expect(press(['w', 't', 'c']).ui).toMatchObject({
      isWrapped: true,
      hasTimes: false,
      hasCommandLog: false,
    });
    expect(press(['?', 'x']).ui.overlay).toBeNull();
    expect(press(['d']).ui.overlay).toEqual({ kind: 'detail', node: 'n1' });
  });
});
