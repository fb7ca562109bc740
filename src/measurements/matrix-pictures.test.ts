import { expect, test } from 'vitest';
import { PLAIN } from '../std/paint.ts';
import { drawMatrix, matrixHeatLines, matrixPanels } from './matrix-pictures.ts';
import { type MatrixRow, matrixRow } from './matrix-rows.ts';

function rowOf(target: string, varied: Record<string, string>, rate: number | null): MatrixRow {
  const empty = matrixRow({ target, varied, input: {} }, []);
  return { ...empty, throughputPerSecond: rate, p99Us: rate === null ? null : 1e6 / rate };
}

const SIZES = ['64', '4KiB'];
const CLIENTS = ['1', '10', '50'];

/** Twice as fast on b. */
const ROWS = CLIENTS.flatMap((clients, i) => {
  return SIZES.flatMap((size, j) => {
    const rate = 10 ** (i + 1) * (j + 1);
    const varied = { clients, 'data-size': size };
    return [rowOf('cluster:a', varied, rate), rowOf('cluster:<b>', varied, 2 * rate)];
  });
});

test('matrixPanels() crosses the flags with most values, a panel a target', () => {
  const panels = matrixPanels(ROWS);
  expect(panels.map(({ title }) => title)).toEqual(['cluster:a', 'cluster:<b>']);
  expect(panels[0]).toMatchObject({ across: 'clients', down: 'data-size', columns: CLIENTS });
  expect(panels[1]?.cells.map((line) => line.map((row) => row?.throughputPerSecond))).toEqual([
    [20, 200, 2000],
    [40, 400, 4000],
  ]);
});

test('matrixPanels() takes targets as rows where only one flag is varied, and none for less', () => {
  const some = ROWS.filter(({ varied }) => varied['data-size'] === '64');
  expect(matrixPanels(some)).toMatchObject([{ across: 'clients', down: 'target' }]);
  expect(matrixPanels(some.filter(({ target }) => target === 'cluster:a'))).toEqual([]);
});

test('matrixHeatLines() shades on one scale, and shows what is not measured yet', () => {
  const missing = [...ROWS.slice(0, -1), rowOf('cluster:<b>', ROWS.at(-1)?.varied ?? {}, null)];
  const lines = matrixHeatLines(matrixPanels(missing), 'throughput', PLAIN);
  expect(lines[1]).toBe('answered a second by clients and data-size: cluster:a');
  expect(lines[3]).toMatch(/^ +64 +10 ░░ +100 ▒▒ +1,000 ██$/);
  expect(lines[9]).toMatch(/^ +4KiB .* - {3}$/);
});

test('drawMatrix() is one page that loads nothing and takes names as text', () => {
  const page = drawMatrix('<file>.toml', ROWS);
  expect(page).not.toMatch(/<script|https?:|@import|url\(|<link|<img|src=/);
  expect(page).toContain('raftctl bench matrix &lt;file&gt;.toml');
  expect(page).not.toContain('<b>:');
  expect(page.match(/class="n cell level\d"/g)).toHaveLength(24);
  expect(page).toContain('class="n cell level8">4,000<');
  expect(page).toContain('class="n cell level1">10<');
});
