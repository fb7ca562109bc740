import { describe, expect, test } from 'vitest';
import { fakeFlight } from '../../test/doubles/flight.ts';
import { TOP_KEYS } from '../config/top-keys.ts';
import { glanceOf } from './glance.ts';
import { glyphsFor } from './glyphs.ts';
import { helpLines, KEYS } from './keymap.ts';
import { keysOf } from './keys.ts';
import { sceneOf } from './once.ts';
import type { Effect, Key, Situation } from './outcome.ts';
import { nodeRows } from './panels/nodes.ts';
import { plainText } from './text.ts';
import { newUi, type Ui, VIEW_NAMES, VIEWS } from './ui.ts';
import { update } from './update.ts';

const FLIGHT = fakeFlight();
const START = newUi({
  ...{ view: 'overview', refreshMs: 1000, theme: 'dark', isReadOnly: false, hasMouse: false },
  scope: ['--cluster', 'demo'],
  profileDirectory: '/profiles',
});

/** Presses keys one after the other. */
function press(
  keys: readonly Key[],
  from: Partial<Ui> = {},
  replay: string | null = null,
  size = { width: 120, height: 30 },
  names: readonly string[] = [],
) {
  let ui: Ui = { ...START, ...from };
  const effects: Effect[] = [];
  for (const key of keys) {
    const index = ui.at ?? FLIGHT.length - 1;
    const situation: Situation = {
      scene: {
        ...sceneOf({ flight: FLIGHT, ui, isAscii: false, replay }),
        glyphs: glyphsFor(false),
        clusters: names.map((name) => glanceOf(name, null, FLIGHT.at(index))),
      },
      size,
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

  test('update takes keys as they were given, and help shows them so', () => {
    const keys = keysOf({ kill: 'x', mark: 'K', pause: 'f5', copy: 'Y' });
    expect(press(['x'], { keys }).ui.overlay).toMatchObject({
      pending: { question: 'Kill -9 n1?' },
    });
    expect(press(['K'], { keys }).ui.marked).toEqual(['n1']);
    for (const left of ['m', 'space', 'y'])
      expect(press([left], { keys })).toEqual(press([], { keys }));
    expect(press(['f5'], { keys }).ui.isPaused).toBe(true);
    // What is typed is text, and a yes is a yes.
    expect(press([...typed(':xKm')], { keys }).ui.prompt?.text).toBe('xKm');
    expect(runs(press(['x', 'Y'], { keys }).effects)).toHaveLength(1);
    expect(runs(press(['a', 'x', 'y'], { keys }).effects)).toHaveLength(1);
    const help = helpLines({ ...START, keys }, 0, { width: 100, height: 60 }).map(plainText);
    expect(help).toContainEqual(expect.stringMatching(/^s x b +stop, kill -9, start/));
    expect(help).toContainEqual(expect.stringMatching(/^K +mark the row/));
    expect(help).toContainEqual(expect.stringMatching(/^F5 +pause/));
    expect(help).toContainEqual(expect.stringMatching(/^1-6 8 9 +views/));
    const moved = helpLines({ ...START, keys: keysOf({ log: 'v' }) }, 0, {
      width: 100,
      height: 60,
    });
    expect(moved.map(plainText)).toContainEqual(expect.stringMatching(/^1 2 3 v 5 6 8 9 +views/));
  });

  test('help names every key that can be given another one', () => {
    const named = new Set(KEYS.flatMap(({ keys }) => keys.split(' ')));
    const views: readonly string[] = Object.values(VIEWS);
    const own = Object.values(TOP_KEYS).map((key) => (key === 'space' ? 'Space' : key));
    expect(own.filter((key) => !views.includes(key) && !named.has(key))).toEqual([]);
  });

  test('update offers faults by menu, each asked about, and heals what is broken', () => {
    const question = (keys: readonly Key[], from: Partial<Ui> = {}) => {
      const { overlay } = press(keys, from).ui;
      return overlay?.kind === 'confirm' ? overlay.pending : null;
    };
    expect(press(['X']).ui.overlay).toEqual({ kind: 'chaos', selected: 0 });
    expect(question(['X', 'f'])).toMatchObject({ question: 'Freeze n1?' });
    expect(question(['X', 'j', 'j', 'enter'])).toMatchObject({
      commands: [['node', 'pause', 'n2', '--cluster', 'demo']],
    });
    expect(question(['X', 'k', 'k', 'k', 'enter'])).toMatchObject({ question: 'Kill -9 n2?' });
    expect(press(['X', 'escape']).ui.overlay).toBeNull();
    expect(press(['H']).ui.message).toContain('nothing to heal');
    // While n1 is down.
    const scene = sceneOf({ flight: fakeFlight(3, 41), ui: START, isAscii: false, replay: null });
    const size = { width: 120, height: 30 };
    const situation = { scene, size, newsStep: () => null, timeStep: () => 0 };
    const { overlay } = update(START, 'H', situation).ui;
    expect(overlay?.kind === 'confirm' ? overlay.pending : null).toEqual({
      question: 'Heal n1?',
      commands: [['node', 'start', 'n1', '--cluster', 'demo']],
    });
    for (const key of ['X', 'H']) {
      expect(press([key], { isReadOnly: true }).ui.message).toBe('Not with --read-only.');
      expect(press([key], {}, 'file').ui.message).toContain('recording');
    }
  });

  test('update offers nodes of another program only what raftctl does with them', () => {
    const shown = sceneOf({ flight: FLIGHT, ui: START, isAscii: false, replay: null });
    const scene = { ...shown, now: { ...shown.now, engine: 'etcd' } };
    const size = { width: 120, height: 30 };
    const at = { scene, size, newsStep: () => null, timeStep: () => 0 };
    for (const key of ['L', 'D', 'P', 'O']) {
      expect(update(START, key, at).ui).toMatchObject({
        overlay: null,
        message: expect.stringContaining('Not with nodes of etcd'),
      });
    }
    expect(update(START, 'K', at).ui.overlay).toMatchObject({ kind: 'confirm' });
  });

  test('update goes to another cluster by key, from the list and by name', () => {
    const among = (keys: readonly Key[], names = ['demo', 'shop', 'wiki']) =>
      press(keys, {}, null, { width: 120, height: 30 }, names);
    const to = (index: number): Effect[] => [{ type: 'cluster', index }];
    expect(among([')']).effects).toEqual(to(1));
    expect(among(['(']).effects).toEqual(to(2));
    expect(among(['C']).ui.overlay).toEqual({ kind: 'clusters', selected: 0 });
    expect(among(['C', 'j', 'C', 'down', 'k', 'enter'])).toMatchObject({
      effects: to(2),
      ui: { overlay: null },
    });
    expect(among(['C', 'j', 'escape'])).toMatchObject({ effects: [], ui: { overlay: null } });
    expect(among([...typed(':cluster shop'), 'enter']).effects).toEqual(to(1));
    expect(among([...typed(':cluster w'), 'tab']).ui.prompt?.text).toBe('cluster wiki ');
    // A line of raftctl is asked about as ever.
    expect(among([...typed(':cluster ls'), 'enter']).ui.overlay).toMatchObject({
      pending: { commands: [['cluster', 'ls']] },
    });
    for (const key of ['C', '(', ')']) {
      expect(among([key], ['demo'])).toMatchObject({
        effects: [],
        ui: { message: expect.stringContaining('no other cluster'), overlay: null },
      });
    }
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

  test('update hands leadership over only where there is some', () => {
    expect(press(['j', 'D', 'y']).effects).toEqual([
      { type: 'run', commands: [['leader', 'step-down', ...START.scope]] },
    ]);
    expect(press(['D', 'y']).ui.overlay).toBeNull();
    expect(press(['D']).ui.message).toMatch(/^n1 does not lead/);
  });

  test('update shows the logs of the chosen node, and goes from one that fits to the next', () => {
    expect(press(['j', 'l']).ui).toMatchObject({ view: 'logs', filter: '^n2 ' });
    expect(press(['j', 'l', 'escape']).ui).toMatchObject({ view: 'logs', filter: '' });
    expect(press(['5', 'l']).ui.view).toBe('elections');
    expect(press(['/', ...typed('!n2'), 'enter', 'n']).ui.row).toBe(1);
    expect(press(['/', ...typed('!n2'), 'enter', 'n', 'N']).ui.row).toBe(0);
    expect(press(['n']).ui.message).toMatch(/no filter/);
  });

  test("update pages the line of a view's own command, also of a recording", () => {
    const paged = (keys: readonly Key[], replay: string | null = null) =>
      press(keys, {}, replay).effects;
    const words = ['cluster', 'status', 'demo'];
    expect(paged(['!'])).toEqual([{ type: 'pager', words }]);
    for (const view of ['2', '3', '4', '5', '8']) expect(paged([view, '!'])).toHaveLength(1);
    expect(paged(['9', '!'])).toEqual([]);
    expect(paged(['5', '!'], 'old.rtrec')).toEqual([
      { type: 'pager', words: ['elections', 'list', '--recording', 'old.rtrec'] },
    ]);
  });

  test('update scrolls help that is longer than the screen', () => {
    const small = { width: 80, height: 24 };
    const froms = (keys: readonly Key[]) => press(keys, {}, null, small).ui.overlay;
    expect(froms(['?', 'j'])).toEqual({ kind: 'help', from: 1 });
    expect(froms(['?', 'k'])).toEqual({ kind: 'help', from: 0 });
    expect(froms(['?', 'pagedown', 'pagedown'])).toEqual(froms(['?', 'pagedown', 'pagedown', 'j']));
    expect(froms(['?', 'j', 'x'])).toBeNull();
  });

  test('update offers the line of a bench, and stops the one that runs', () => {
    const shown = sceneOf({ flight: FLIGHT, ui: START, isAscii: false, replay: null });
    const situation: Situation = {
      scene: { ...shown, now: { ...shown.now, benches: [] } },
      size: { width: 80, height: 24 },
      newsStep: () => null,
      timeStep: () => 0,
    };
    expect(update(START, 'B', situation).ui).toMatchObject({
      view: 'bench',
      prompt: { text: 'bench --rate 1000 --duration 60s --cluster demo' },
    });
    expect(press(['B', 'y']).effects).toEqual([{ type: 'interrupt', pid: 4711 }]);
    expect(press(['B', 'n']).effects).toEqual([]);
    expect(press(['a', 'B', 'y']).effects).toEqual([{ type: 'interrupt', pid: 4711 }]);
    expect(press(['B'], { isReadOnly: true }).ui.overlay).toBeNull();
    expect(press(['6', 'u']).ui.isCorrected).toBe(false);
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
    expect(press(['e']).ui.zoom).toBe('whole');
    expect(press(['_']).ui.zoom).toBe('half');
    expect(press(['_', '_']).ui.zoom).toBe('none');
    expect(press(['w', 't', 'c']).ui).toMatchObject({
      isWrapped: true,
      hasTimes: false,
      overlay: { kind: 'commands' },
    });
    expect(press(['?', 'x']).ui.overlay).toBeNull();
    expect(press(['d']).ui.overlay).toEqual({ kind: 'detail', node: 'n1' });
  });
});
