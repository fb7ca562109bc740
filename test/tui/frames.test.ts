/**
 * Golden frames: every view at the sizes people have, as text. `npm run fix:dialogues` rewrites
 * them; read the diff.
 */
import { expect, test } from 'vitest';
import { electionsOf } from '../../src/forensics/elections.ts';
import type { Flight } from '../../src/tui/flight.ts';
import { frameLines } from '../../src/tui/frame.ts';
import { glyphsFor } from '../../src/tui/glyphs.ts';
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

function scene(ui: Partial<Ui> = {}, options: { ascii?: boolean; nodes?: number } = {}): Scene {
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
  };
}

function textOf(shown: Scene, size: Size): string {
  return `${frameLines(shown, size).map(plainText).join('\n')}\n`;
}

const CASES: readonly [string, Partial<Ui>][] = [
  ...VIEW_NAMES.map((view): [string, Partial<Ui>] => [view, { view }]),
  ['help', { overlay: { kind: 'help' } }],
  ['detail', { overlay: { kind: 'detail', node: 'n2' } }],
  ['past', { at: 40 }],
];

for (const [name, ui] of CASES) {
  for (const size of SIZES) {
    const file = `${name}-${size.width}x${size.height}.txt`;
    test(`frameLines draws ${file}`, async () => {
      await expect(textOf(scene(ui), size)).toMatchFileSnapshot(`./frames/${file}`);
    });
  }
}

test('frameLines fills exactly the screen, whatever its size', () => {
  for (const view of VIEW_NAMES) {
    const shown = scene({ view });
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
