/** A knee for people: its steps as a table, and latency against rate as a picture. Pure. */
import type { Paint } from '../std/paint.ts';
import { type Column, tableLines } from '../std/table.ts';
import { formatCount, percentText } from '../std/units.ts';
import type { Knee, KneePoint } from './knee.ts';
import { durationText } from './latency-text.ts';
import type { PictureStyle } from './report-pictures.ts';
import { parseSlo } from './slo.ts';

const ROWS = 12;
const LABEL_COLUMNS = 9;
const NS_PER_US = 1e3;

export function kneeLines(knee: Knee, style: PictureStyle): string[] {
  const { points } = knee;
  if (points.length === 0) return ['No step was measured.'];
  return [
    ...tableLines(COLUMNS(style.paint), points, style.paint),
    '',
    ...pictureLines(knee, style),
    '',
    style.paint('bold', kneeSentence(knee)),
  ];
}

const COLUMNS = (paint: Paint): Column<KneePoint>[] => {
  const right = 'right' as const;
  return [
    { title: 'ASKED', align: right, cell: (step) => `${formatCount(step.askedPerSecond)}/s` },
    { title: 'GOT', align: right, cell: (step) => `${formatCount(step.achievedPerSecond)}/s` },
    { title: 'P50', align: right, cell: (step) => durationText(step.p50Us) },
    { title: 'P99', align: right, cell: (step) => durationText(step.p99Us) },
    { title: 'P99.9', align: right, cell: (step) => durationText(step.p999Us) },
    { title: 'FAILED', align: right, cell: (step) => formatCount(step.failed) },
    {
      title: 'LATE',
      align: right,
      cell: ({ latenessP99Us: us }) => (us === null ? null : durationText(us)),
    },
    { title: '', cell: (step) => outcomeText(step, paint) },
    { title: 'RUN', cell: ({ run }) => run },
  ];
};

function outcomeText({ outcome, isValid }: KneePoint, paint: Paint): string {
  if (outcome === 'misses') return paint('red', 'misses');
  if (outcome === 'doubtful') return paint('yellow', 'doubtful: generator late');
  return paint('green', isValid ? 'holds' : 'holds, generator late');
}

export function kneeSentence(knee: Knee): string {
  const { kneePerSecond: rate, missesPerSecond: above, limit, slos } = knee;
  const objective = slos.join(' and ');
  const next = above === null ? '' : `, ${formatCount(above)}/s`;
  if (rate === null) {
    if (limit === 'generator') return `No step tells about ${objective}: the generator was late`;
    return above === null
      ? 'No rate was decided: no steps were left'
      : `Not even ${next.slice(2)} holds ${objective}`;
  }
  const held = `${formatCount(rate)}/s hold ${objective}`;
  if (limit === 'generator') return `At least ${held}; at ${next.slice(2)} the generator was late`;
  if (limit === 'objective') return `${held}${next} do not`;
  const why = limit === 'steps' ? 'there were no steps left' : 'it was cut short';
  const apart = above === null ? '' : ` (${percentText(above / rate - 1)})`;
  return `At least ${held}${next === '' ? '' : `${next} do not`}${apart}; ${why}`;
}

/** The objective's bound on a latency, in microseconds; null: it has none. */
export function boundUs(slos: readonly string[]): number | null {
  const latency = slos.map(parseSlo).find(({ metric }) => metric === 'latency');
  return latency === undefined ? null : latency.bound / NS_PER_US;
}

/** Rates to the right, latency upwards on a logarithmic scale. */
function pictureLines(knee: Knee, { columns, isAscii, paint }: PictureStyle): string[] {
  const { points, slos } = knee;
  const width = Math.max(20, columns - LABEL_COLUMNS - 2);
  const bound = boundUs(slos);
  const all = [...points.flatMap(({ p50Us, p99Us }) => [p50Us, p99Us]), ...(bound ? [bound] : [])];
  const low = Math.max(1, Math.min(...all.filter((us) => us > 0)));
  const high = Math.max(low * 2, ...all);
  const top = Math.max(...points.map(({ askedPerSecond }) => askedPerSecond));
  const rowOf = (us: number): number => {
    const share = Math.log(Math.max(us, low) / low) / Math.log(high / low);
    return Math.min(ROWS - 1, Math.round(share * (ROWS - 1)));
  };
  const cells = Array.from({ length: ROWS }, () => new Array<string>(width).fill(' '));
  const put = (row: number, column: number, mark: string): void => {
    const line = cells[row];
    if (line !== undefined) line[column] = mark;
  };
  if (bound !== null)
    for (let at = 0; at < width; at += 2) put(rowOf(bound), at, paint('dim', '-'));
  const marks = isAscii ? ASCII_MARKS : MARKS;
  for (const { askedPerSecond, p50Us, p99Us, outcome } of points) {
    const column = Math.round((askedPerSecond / top) * (width - 1));
    put(rowOf(p50Us), column, paint('dim', marks.p50));
    put(rowOf(p99Us), column, paint(COLOURS[outcome], marks[outcome]));
  }
  const rows = Array.from({ length: ROWS }, (_, i) => ROWS - 1 - i);
  const end = `${formatCount(top)}/s`;
  const axis = `0/s ${'-'.repeat(Math.max(1, width - end.length - 5))} ${end}`;
  const key = `p99 by rate: ${marks.holds} holds  ${marks.misses} misses  ${marks.doubtful} doubtful  ${marks.p50} p50`;
  return [
    paint('dim', bound === null ? key : `${key}  - - objective`),
    ...rows.map((row) => {
      const us = low * (high / low) ** (row / (ROWS - 1));
      const label = durationText(us).padStart(LABEL_COLUMNS);
      return `${paint('dim', label)} ${(cells[row] ?? []).join('').trimEnd()}`;
    }),
    `${' '.repeat(LABEL_COLUMNS)} ${paint('dim', axis)}`,
  ];
}

const MARKS = { holds: '●', misses: '✕', doubtful: '?', p50: '·' } as const;
const ASCII_MARKS = { holds: 'o', misses: 'x', doubtful: '?', p50: '.' } as const;
const COLOURS = { holds: 'green', misses: 'red', doubtful: 'yellow' } as const;
