/** A matrix as heat maps: the flag with most values to the right, another one downwards. Pure. */

import { durationText } from '../bench/latency-text.ts';
import { REPORT_STYLE } from '../bench/report-style.ts';
import { htmlPage, htmlText } from '../std/html.ts';
import type { Paint } from '../std/paint.ts';
import { formatCount } from '../std/units.ts';
import type { MatrixRow } from './matrix-rows.ts';

/** A heat map: one target, and one value of every flag beyond two. */
export interface MatrixPanel {
  readonly title: string;
  readonly across: string;
  readonly down: string;
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  /** By row, then by column; null: not measured. */
  readonly cells: readonly (readonly (MatrixRow | null)[])[];
}

export const MATRIX_FIGURES = ['throughput', 'p99'] as const;
export type MatrixFigure = (typeof MATRIX_FIGURES)[number];

const FIGURES: Readonly<Record<MatrixFigure, (row: MatrixRow) => number | null>> = {
  throughput: (row) => row.throughputPerSecond,
  p99: (row) => row.p99Us,
};
const TITLES: Readonly<Record<MatrixFigure, string>> = {
  throughput: 'answered a second',
  p99: 'p99',
};
const LEVELS = 8;
const BLOCKS = ' ░▒▓█';
const TARGET = 'target';

/** None where there is nothing to be laid out in two directions. */
export function matrixPanels(rows: readonly MatrixRow[]): MatrixPanel[] {
  const wordOf = ({ target, varied }: MatrixRow, axis: string): string => {
    return axis === TARGET ? target : (varied[axis] ?? '');
  };
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.varied)))];
  const valuesOf = (axis: string): string[] => [...new Set(rows.map((row) => wordOf(row, axis)))];
  const axes = [...names, TARGET].filter((axis) => valuesOf(axis).length > 1);
  // Targets are panels of their own, where there are two flags to cross.
  const [across, down] = axes.toSorted((a, b) => {
    return Number(a === TARGET) - Number(b === TARGET) || valuesOf(b).length - valuesOf(a).length;
  });
  if (across === undefined || down === undefined) return [];
  const rest = axes.filter((axis) => axis !== across && axis !== down);
  const titleOf = (row: MatrixRow): string => {
    return rest
      .map((axis) => (axis === TARGET ? row.target : `${axis} ${wordOf(row, axis)}`))
      .join(', ');
  };
  const [columns, lines] = [valuesOf(across), valuesOf(down)];
  return [...new Set(rows.map(titleOf))].map((title) => {
    const mine = rows.filter((row) => titleOf(row) === title);
    const cells = lines.map((line) => {
      return columns.map((column) => {
        return (
          mine.find((row) => wordOf(row, across) === column && wordOf(row, down) === line) ?? null
        );
      });
    });
    return { title, across, down, columns, rows: lines, cells };
  });
}

function textOf(figure: MatrixFigure, value: number | null): string {
  if (value === null) return '-';
  return figure === 'p99' ? durationText(value) : formatCount(value);
}

/** How strongly a value is drawn, from 1 to `levels`: logarithmic, on one scale for all panels. */
function levelsOf(
  panels: readonly MatrixPanel[],
  figure: MatrixFigure,
  levels: number,
): (value: number | null) => number {
  const all = panels.flatMap(({ cells }) => cells.flat());
  const values = all.flatMap((row) => (row === null ? [] : (FIGURES[figure](row) ?? [])));
  const [low, high] = [Math.max(1e-9, Math.min(...values)), Math.max(...values)];
  return (value) => {
    if (value === null || value <= 0) return 0;
    if (high <= low) return levels;
    return 1 + Math.round((Math.log(value / low) / Math.log(high / low)) * (levels - 1));
  };
}

export function matrixHeatLines(
  panels: readonly MatrixPanel[],
  figure: MatrixFigure,
  paint: Paint,
): string[] {
  const level = levelsOf(panels, figure, BLOCKS.length - 1);
  return panels.flatMap((panel) => {
    const { title, across, down, columns, rows, cells } = panel;
    const texts = cells.map((line) => {
      return line.map((row) => {
        const value = row === null ? null : FIGURES[figure](row);
        return `${textOf(figure, value)} ${BLOCKS.charAt(level(value)).repeat(2)}`;
      });
    });
    const width = Math.max(
      ...columns.map((name) => name.length),
      ...texts.flat().map((t) => t.length),
    );
    const label = Math.max(down.length, ...rows.map((name) => name.length));
    const head = `${TITLES[figure]} by ${across} and ${down}${title === '' ? '' : `: ${title}`}`;
    const line = (first: string, parts: readonly string[]): string => {
      return [first.padStart(label), ...parts.map((part) => part.padStart(width))].join('  ');
    };
    return [
      '',
      paint('dim', head),
      paint('dim', line('', columns)),
      ...rows.map((name, i) => line(name, texts[i] ?? [])),
    ];
  });
}

/** One page that loads nothing. */
export function drawMatrix(file: string, rows: readonly MatrixRow[]): string {
  const panels = matrixPanels(rows);
  const maps = MATRIX_FIGURES.flatMap((figure) => {
    const level = levelsOf(panels, figure, LEVELS);
    const drawn = panels.map((panel) => `<div>${panelTable(panel, figure, level)}</div>`);
    if (drawn.length === 0) return [];
    return [`<h2>${TITLES[figure]}</h2>`, `<div class="pair">${drawn.join('')}</div>`];
  });
  const title = `raftctl bench matrix ${file}`;
  const head = `<header><h1>${htmlText(title)}</h1></header>`;
  const note = '<p class="dim">Medians of the runs. Darker: more.</p>';
  const body = [head, note, ...maps, '<h2>All runs</h2>', rowsTable(rows)].join('\n');
  return htmlPage({ title, style: REPORT_STYLE + STYLE, body });
}

function panelTable(
  { title, across, down, columns, rows, cells }: MatrixPanel,
  figure: MatrixFigure,
  level: (value: number | null) => number,
): string {
  const head = columns.map((name) => `<th class="n">${htmlText(name)}</th>`).join('');
  const lines = rows.map((name, i) => {
    const parts = (cells[i] ?? []).map((row) => {
      const value = row === null ? null : FIGURES[figure](row);
      return `<td class="n cell level${level(value)}">${textOf(figure, value)}</td>`;
    });
    return `<tr><th class="n">${htmlText(name)}</th>${parts.join('')}</tr>`;
  });
  const axes = `${htmlText(down)} \\ ${htmlText(across)}`;
  return (
    `<table><caption>${htmlText(title)}</caption><tr><th class="n dim">${axes}</th>${head}</tr>` +
    `${lines.join('')}</table>`
  );
}

function rowsTable(rows: readonly MatrixRow[]): string {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row.varied)))];
  const heads = ['target', ...names, 'runs', 'rate', 'p50', 'p99', 'p99.9', 'us/request'];
  const lines = rows.map((row) => {
    const time = (us: number | null): string => (us === null ? '-' : durationText(us));
    const invalid = row.invalid === 0 ? '' : ` (${row.invalid} INVALID)`;
    const cells = [
      row.target,
      ...names.map((name) => row.varied[name] ?? ''),
      `${row.runs.length}${invalid}`,
      textOf('throughput', row.throughputPerSecond),
      ...[row.p50Us, row.p99Us, row.p999Us].map(time),
      row.generatorUsPerRequest?.toFixed(1) ?? '-',
    ];
    return `<tr>${cells.map((cell) => `<td class="n">${htmlText(cell)}</td>`).join('')}</tr>`;
  });
  const head = heads.map((name) => `<th class="n">${htmlText(name)}</th>`).join('');
  return `<table><tr>${head}</tr>${lines.join('')}</table>`;
}

/** Darker with the level in the light, lighter in the dark. */
const STYLE = `
td.cell { padding: 8px 14px; border: 1px solid var(--page) } td.cell + td.cell { padding: 8px 14px }
${Array.from({ length: LEVELS }, (_, i) => {
  return `.level${i + 1} { background: color-mix(in srgb, var(--a) ${8 + i * 8}%, var(--page)) }`;
}).join('\n')}
`;
