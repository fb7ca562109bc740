/**
 * Golden frames: every view at the sizes people have, as text. `npm run fix:dialogues` rewrites
 * them; read the diff.
 */
import { expect, test } from 'vitest';
import { electionsOf } from '../../src/forensics/elections.ts';
import type { Flight } from '../../src/tui/flight.ts';
import { frameLines } from '../../src/tui/frame.ts';
import { type Glance, glanceOf } from '../../src/tui/glance.ts';
import { glyphsFor } from '../../src/tui/glyphs.ts';
import type { Sample } from '../../src/tui/sample.ts';
import type { Scene, Size } from '../../src/tui/scene.ts';
import { plainText, widthOfLine } from '../../src/tui/text.ts';
import { ansiText, THEME_NAMES } from '../../src/tui/theme.ts';
import { newUi, type Ui, VIEW_NAMES } from '../../src/tui/ui.ts';
import { fakeFlight } from '../doubles/flight.ts';

process.env['TZ'] = 'UTC';

const SIZES: readonly Size[] = [
  { width: 80, height: 24 },
  { width: 120, height: 30 },
  { width: 160, height: 45 },
];

const UI = newUi({
  ...{ view: 'overview', refreshMs: 1000, theme: 'dark', isReadOnly: false, hasMouse: false },
  scope: ['--cluster', 'demo'],
  profileDirectory: '/profiles',
});

const flights = new Map<number, Flight>();

function flightOf(nodes: number): Flight {
  const flight = flights.get(nodes) ?? fakeFlight(nodes);
  flights.set(nodes, flight);
  return flight;
}

function scene(
  ui: Partial<Ui> = {},
  options: { ascii?: boolean; nodes?: number } = {},
  over: Partial<Scene> = {},
): Scene {
  const flight = flightOf(options.nodes ?? 3);
  const index = ui.at ?? flight.length - 1;
  const events = flight.eventsUntil(index, 1000);
  const now = flight.at(index);
  if (now === null) throw new Error('There is no such sample');
  const batch = (first: number, checksum: string) => ({
    ...{ first, last: first + 9, term: 12, kind: 'commands', bytes: 1432, checksum },
  });
  return {
    ui: { ...UI, ...ui },
    glyphs: glyphsFor(options.ascii ?? false),
    now,
    history: flight.until(index, 700),
    events,
    elections: electionsOf(events),
    logs: Array.from({ length: 60 }, (_, i) => ({
      node: `n${(i % 3) + 1}`,
      atMs: now.atMs - 60_000 + i * 1000,
      level: i % 20 === 7 ? 'WARN' : 'INFO',
      text: `line ${i} of a log, with a field term=12`,
    })),
    profiles: [
      {
        node: 'n2',
        kind: 'cpuprofile',
        atMs: now.atMs - 9000,
        file: '/profiles/n2.cpuprofile',
        bytes: 109_648,
      },
    ],
    batches: {
      n1: [batch(73_000, 'aa'), batch(73_010, 'bb')],
      n2: [batch(73_000, 'aa'), batch(73_010, 'bb')],
      n3: [batch(73_000, 'cc')],
    },
    position: { index, length: flight.length },
    replay: null,
    recordedBytes: null,
    clusters: [],
    chosen: 0,
    ...over,
  };
}

/** Three clusters that are watched; the second is shown, the third has lost its leader. */
function severalClusters(): Partial<Scene> {
  const flight = flightOf(3);
  const at = (name: string, index: number) => {
    return glanceOf(name, flight.at(index - 1), flight.at(index));
  };
  const now = flight.at(10);
  const isOut = (now?.nodes ?? []).map((node) => ({ ...node, state: 'down' as const }));
  const lost = { ...now, nodes: isOut.map((node) => ({ ...node, status: null })) } as Sample;
  return { clusters: [at('alpha', 30), at('demo', 69), glanceOf('shop', now, lost)], chosen: 1 };
}

function textOf(shown: Scene, size: Size): string {
  return `${frameLines(shown, size).map(plainText).join('\n')}\n`;
}

const CASES: readonly [string, Partial<Ui>][] = [
  ...VIEW_NAMES.map((view): [string, Partial<Ui>] => [view, { view }]),
  ['help', { overlay: { kind: 'help', from: 0 } }],
  ['half', { view: 'elections', zoom: 'half', panel: 1 }],
  ['detail', { overlay: { kind: 'detail', node: 'n2' } }],
  ['past', { at: 40 }],
  ['bench-none', { view: 'bench', at: 10 }],
];

for (const [name, ui] of CASES) {
  for (const size of SIZES) {
    const file = `${name}-${size.width}x${size.height}.txt`;
    test(`frameLines draws ${file}`, async () => {
      await expect(textOf(scene(ui), size)).toMatchFileSnapshot(`./frames/${file}`);
    });
  }
}

const SEVERAL: readonly [string, Partial<Ui>][] = [
  ['clusters', {}],
  ['clusters-chosen', { view: 'elections', overlay: { kind: 'clusters', selected: 2 } }],
];

for (const [name, ui] of SEVERAL) {
  for (const size of SIZES) {
    const file = `${name}-${size.width}x${size.height}.txt`;
    test(`frameLines draws ${file}`, async () => {
      const text = textOf(scene(ui, {}, severalClusters()), size);
      await expect(text).toMatchFileSnapshot(`./frames/${file}`);
    });
  }
}

/** As a cluster of etcd is seen: no events, no phases, no peers. */
function ofEtcd(): Partial<Scene> {
  const seen = flightOf(3)
    .until(69, 700)
    .map((sample): Sample => {
      const nodes = sample.nodes.map((node) => ({ ...node, peers: [], phases: {} }));
      return { ...sample, engine: 'etcd', app: 'etcd', nodes, events: [], benches: [] };
    });
  const now = seen.at(-1) as Sample;
  return { now, history: seen, events: [], elections: [], batches: {}, profiles: [] };
}

for (const view of VIEW_NAMES) {
  for (const size of SIZES.filter(() => view !== 'logs' && view !== 'bench')) {
    const file = `etcd-${view}-${size.width}x${size.height}.txt`;
    test(`frameLines draws ${file}`, async () => {
      const text = textOf(scene({ view }, {}, ofEtcd()), size);
      await expect(text).toMatchFileSnapshot(`./frames/${file}`);
      if (view !== 'replication') expect(text.replace(/\s+/g, ' ')).toMatch(/etcd|raftctl's own/);
    });
  }
}

test('frameLines shows the chosen cluster and those in trouble where not all have room', () => {
  const { clusters = [] } = severalClusters();
  const [well, chosen, lost] = clusters as [Glance, Glance, Glance];
  const many = Array.from({ length: 7 }, (_, i) => ({ ...well, name: `c${i}` }));
  const shown = { clusters: [...many, chosen, lost], chosen: 7 };
  const text = textOf(scene({}, {}, shown), { width: 80, height: 24 });
  expect(text.split('\n').slice(1, 4)).toEqual([
    expect.stringMatching(/^ +c0 +▲n1 +T11 .* healthy *$/),
    expect.stringMatching(/^ ▸ demo +▲n2 +T12 .* ! n3 1120 behind *$/),
    expect.stringMatching(/^ +shop +- +T- .* ! nobody leads, a.*\+6 more: C$/),
  ]);
  expect(textOf(scene({}, {}, shown), { width: 60, height: 16 })).toContain('demo [8/9]');
});

test('frameLines fills exactly the screen, whatever its size', () => {
  for (const view of VIEW_NAMES) {
    const shown = scene({ view }, {}, view === 'latency' ? severalClusters() : {});
    for (const width of [1, 12, 40, 77, 78, 100, 119, 150, 200]) {
      for (const height of [1, 3, 8, 15, 24, 36, 60]) {
        const lines = frameLines(shown, { width, height });
        expect(lines.length, `${view} ${width}x${height}`).toBe(height);
        for (const line of lines)
          expect(widthOfLine(line), `${view} ${width}x${height}`).toBe(width);
      }
    }
  }
});

test('frameLines draws in ASCII when asked to, with every state told apart', () => {
  for (const view of VIEW_NAMES) {
    for (const size of SIZES) {
      const text = textOf(scene({ view, at: 40 }, { ascii: true }), size);
      expect([...text].filter((letter) => letter > '~')).toEqual([]);
    }
  }
  const text = textOf(scene({ at: 40 }, { ascii: true }), { width: 120, height: 30 });
  expect(text).toMatch(/n1 +xdown/);
  expect(text).toMatch(/n2 +\^leader/);
  expect(text).toMatch(/n3 +\.follow/);
});

test('ansiText says the same in every theme, and nothing but text without colour', () => {
  const lines = frameLines(scene(), { width: 120, height: 30 });
  for (const line of lines) {
    expect(ansiText(line, 'none')).toBe(plainText(line));
    for (const theme of THEME_NAMES) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
      expect(ansiText(line, theme).replace(/\u001b\[[0-9;]*m/g, '')).toBe(plainText(line));
    }
  }
  expect(lines.map((line) => ansiText(line, 'dark')).join('')).toContain('\u001b[');
});

test('frameLines shows nine nodes and keeps the chosen one in sight', () => {
  const size = { width: 80, height: 24 };
  const text = textOf(scene({ row: 8 }, { nodes: 9 }), size);
  expect(text).toContain('▸ n9');
});

test('frameLines takes little time: ten frames of nine nodes well within a second', () => {
  const shown = scene({}, { nodes: 9 });
  const size = { width: 160, height: 45 };
  frameLines(shown, size);
  const startedMs = performance.now();
  for (let i = 0; i < 10; i += 1) frameLines(shown, size);
  expect(performance.now() - startedMs).toBeLessThan(1000);
});

test('frameLines() names the context that led to the cluster', () => {
  const first = (ui: Partial<Ui>, size: Size): string =>
    plainText(frameLines(scene(ui), size)[0] ?? []);
  for (const size of SIZES) {
    const lead = size.width < 120 ? '@' : 'context ';
    expect(first({ context: 'shop' }, size)).toContain(`raftctl top  ${lead}shop  `);
    expect(first({ context: 'shop', isReadOnly: true }, size)).toContain('shop (read-only)  ');
    expect(first({}, size)).not.toContain(lead);
  }
});
