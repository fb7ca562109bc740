/** The servers' phases as a waterfall: in the terminal, and as a figure of the page. Pure. */
import { htmlText } from '../std/html.ts';
import type { Paint } from '../std/paint.ts';
import { type Column, tableLines } from '../std/table.ts';
import { formatCount } from '../std/units.ts';
import { CHART_WIDTH, point } from './chart.ts';
import { durationText } from './latency-text.ts';
import type { Decider, PhaseFigures, ServerPhases } from './server-phases.ts';

const BAR_COLUMNS = 28;
const ROW_HEIGHT = 22;
const LEFT = 110;
const RIGHT = 150;

const WORDS: Readonly<Record<string, string>> = {
  queue: 'propose queue',
  append: 'append + send',
  sync: 'leader fsync',
  quorum: 'quorum wait',
};

function wordsOf(phase: string): string {
  return phase.startsWith('ack.') ? `${phase.slice(4)} ack` : (WORDS[phase] ?? phase);
}

/** One sentence about who held up commits. Empty: nothing was committed. */
export function decidersText(deciders: readonly Decider[]): string {
  const parts = deciders.map(({ member, share, slowShare }) => {
    const slow = slowShare === null ? '' : `, ${percent(slowShare)} of the slowest hundredth`;
    return `${member} ${percent(share)}${slow}`;
  });
  return parts.length === 0 ? '' : `the disk that a majority waited for: ${parts.join('; ')}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function phaseLines(
  { phases, deciders, nodes, restarted, gone }: ServerPhases,
  paint: Paint,
): string[] {
  if (nodes.length === 0) return [paint('yellow', 'no node told its phases')];
  if (phases.length === 0) return ['the servers wrote nothing: there are no phases'];
  const right = 'right' as const;
  const topUs = Math.max(1, ...phases.map(({ fromUs, p99Us }) => fromUs + p99Us));
  const time = (title: string, field: 'p50Us' | 'p90Us' | 'p99Us' | 'p999Us' | 'maxUs') => ({
    ...{ title, align: right, cell: (row: PhaseFigures) => durationText(row[field]) },
  });
  const columns: Column<PhaseFigures>[] = [
    { title: 'PHASE', cell: ({ phase }) => wordsOf(phase) },
    { title: 'BATCHES', align: right, cell: ({ count }) => formatCount(count) },
    ...[time('P50', 'p50Us'), time('P90', 'p90Us'), time('P99', 'p99Us')],
    ...[time('P99.9', 'p999Us'), time('MAX', 'maxUs')],
    { title: '# P50  - P99', cell: (row) => paint('cyan', barOf(row, topUs)) },
  ];
  const sentence = decidersText(deciders);
  const lost = [...restarted, ...gone].join(', ');
  const holes = lost === '' ? '' : `stopped meanwhile, so what they measured is missing: ${lost}`;
  return [
    ...tableLines(columns, phases, paint),
    ...[sentence, holes].filter((text) => text !== '').map((text) => paint('dim', text)),
  ];
}

function barOf({ fromUs, p50Us, p99Us }: PhaseFigures, topUs: number): string {
  const column = (us: number): number => Math.round((us / topUs) * BAR_COLUMNS);
  const [from, middle, end] = [fromUs, fromUs + p50Us, fromUs + p99Us].map(column) as [
    number,
    number,
    number,
  ];
  const solid = '#'.repeat(Math.max(1, middle - from));
  return `${' '.repeat(from)}${solid}${'-'.repeat(Math.max(0, end - from - solid.length))}`;
}

/** @param topUs of the scale: of all that is drawn beside it. */
export function phaseFigure(phases: ServerPhases | null | undefined, topUs: number): string {
  if (!phases) return '<p class="dim">The phases were not looked at: --phases.</p>';
  const rows = phases.phases;
  if (rows.length === 0) return '<p class="dim">The servers wrote nothing.</p>';
  const height = rows.length * ROW_HEIGHT + 4;
  const x = (us: number): number => LEFT + (us / topUs) * (CHART_WIDTH - LEFT - RIGHT);
  const bars = rows.map((row, i) => {
    const top = i * ROW_HEIGHT + 4;
    const bar = (us: number, className: string): string => {
      const width = Math.max(1, x(row.fromUs + us) - x(row.fromUs));
      return `<rect class="${className}" x="${point(x(row.fromUs))}" y="${top}" width="${point(width)}" height="14"/>`;
    };
    const middle = top + 11;
    return (
      `<text x="${LEFT - 8}" y="${middle}" text-anchor="end">${htmlText(wordsOf(row.phase))}</text>` +
      bar(row.p99Us, 'slow') +
      bar(row.p50Us, 'usual') +
      `<text x="${CHART_WIDTH - RIGHT + 10}" y="${middle}">${durationText(row.p50Us)} / ${durationText(row.p99Us)}</text>`
    );
  });
  const label = 'Phases of a write: p50 and p99';
  const sentence = decidersText(phases.deciders);
  return (
    `<svg viewBox="0 0 ${CHART_WIDTH} ${height}" role="img" aria-label="${label}">${bars.join('')}</svg>` +
    (sentence === '' ? '' : `<p class="dim">${htmlText(sentence)}</p>`)
  );
}

/** What the scale of figures side by side must hold. */
export function phasesTopUs(all: readonly (ServerPhases | null | undefined)[]): number {
  const rows = all.flatMap((phases) => phases?.phases ?? []);
  return Math.max(1, ...rows.map(({ fromUs, p99Us }) => fromUs + p99Us));
}
