/**
 * A figure as SVG, part of a page or a file of its own. Each line has a colour and a shape; hollow
 * shapes are somebody else's numbers. Pure.
 */
import {
  CHART_HEIGHT,
  CHART_WIDTH,
  chartInside,
  countTicks,
  type Frame,
  frameOf,
  point,
  polyline,
  type Tick,
} from '../../bench/chart.ts';
import { htmlText } from '../../std/html.ts';
import { formatCount } from '../../std/units.ts';
import type { Figure, Series } from './figures.ts';

const TITLE_PX = 24;
const LEGEND_PX = 17;
const LEGEND_COLUMNS = 2;
const FOOT_PX = 18;
const MARK_PX = 4;
/** A line of more points has none of them marked. */
const MARKS_MAX = 30;
/** Above the highest point there is so much room. */
const ROOM = 1.08;
/** Fewer points of somebody else's are not joined by a line. */
const THEIR_LINE_MIN = 3;

export const FIGURE_STYLE = `
:root { --ink: #1c2330; --dim: #5d6675; --line: #d9dde4; --s0: #0072b2; --s1: #c2570c; --s2: #00795a; --s3: #8a3d8f; --s4: #6b5900 }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --dim: #9aa3b2; --line: #343a45; --s0: #6fb0f5; --s1: #f5a05c;
  --s2: #4fd0a5; --s3: #dd95e0; --s4: #d9c75a } }
.figure text { font: 11px system-ui, sans-serif; fill: var(--dim) }
.figure .title { font-size: 13px; font-weight: 600; fill: var(--ink) } .figure .axes line { stroke: var(--line) }
${[0, 1, 2, 3, 4].map(colourRule).join('\n')}
.figure polyline[class] { fill: none; stroke-width: 2 } .figure polyline.theirs { stroke-width: 1; stroke-dasharray: 5 4 }
`;

function colourRule(number: number): string {
  const name = `.figure .s${number}`;
  const colour = `var(--s${number})`;
  return `${name} { stroke: ${colour}; fill: ${colour} } ${name}.theirs { fill: none }`;
}

const COLOURS = 5;

/** @param isFile a file of its own has its own style. */
export function figureSvg(figure: Figure, isFile = false): string {
  const head = TITLE_PX + LEGEND_PX * Math.ceil(figure.series.length / LEGEND_COLUMNS) + 20;
  const height = head + CHART_HEIGHT + FOOT_PX;
  const file = isFile ? ' xmlns="http://www.w3.org/2000/svg"' : '';
  const style = isFile ? `<style>${FIGURE_STYLE}</style>` : '';
  const { title, xTitle, yTitle } = figure;
  return [
    `<svg class="figure"${file} viewBox="0 0 ${CHART_WIDTH} ${height}" role="img" aria-label="${htmlText(title)}">`,
    `${style}<text class="title" x="8" y="16">${htmlText(title)}</text>`,
    legend(figure.series),
    `<text x="8" y="${head}" dy="-3">${htmlText(yTitle)}</text>`,
    `<g transform="translate(0 ${head})">${inside(figure)}</g>`,
    `<text x="${CHART_WIDTH / 2}" y="${height - 5}" text-anchor="middle">${htmlText(xTitle)}</text>`,
    '</svg>',
  ].join('\n');
}

function legend(series: readonly Series[]): string {
  return series
    .map((one, i) => {
      const x = 16 + (i % LEGEND_COLUMNS) * (CHART_WIDTH / LEGEND_COLUMNS);
      const y = TITLE_PX + 10 + LEGEND_PX * Math.floor(i / LEGEND_COLUMNS);
      return `${mark(x, y - 4, one)}<text x="${x + 12}" y="${y}">${htmlText(one.label)}</text>`;
    })
    .join('');
}

function inside({ series, xMarks }: Figure): string {
  const points = series.flatMap((one) => one.points);
  const xMax = Math.max(...points.map(([x]) => x)) * (xMarks === undefined ? ROOM : 1.04) || 1;
  const yMax = Math.max(...points.map(([, y]) => y)) * ROOM || 1;
  const frame = frameOf();
  const xTicks = xMarks?.map((x): Tick => ({ at: x / xMax, label: String(x) }));
  const content = series.map((one) => drawn(one, frame, [xMax, yMax])).join('');
  return chartInside({
    xTicks: xTicks ?? ticks(xMax),
    yTicks: ticks(yMax),
    content,
  });
}

/** Small ranges have no whole numbers to be marked with. */
function ticks(max: number): Tick[] {
  if (max >= 5) return countTicks(max, formatCount);
  const scale = 10 ** (1 - Math.floor(Math.log10(max)));
  return countTicks(max * scale, (value) => String(value / scale));
}

function drawn(series: Series, frame: Frame, [xMax, yMax]: readonly [number, number]): string {
  const shares = series.points.map(([x, y]): [number, number] => [x / xMax, y / yMax]);
  const hasLine = !series.isTheirs || shares.length >= THEIR_LINE_MIN;
  const line = hasLine ? polyline({ points: shares, className: classOf(series) }, frame) : '';
  const marks = (shares.length > MARKS_MAX ? [] : shares).map(([x, y]) =>
    mark(frame.x(x), frame.y(y), series),
  );
  return line + marks.join('');
}

/** A shape for each colour: nobody has to tell lines by colour alone. */
function mark(x: number, y: number, series: Series): string {
  const r = MARK_PX;
  const name = `class="${classOf(series)}"`;
  switch (series.number % COLOURS) {
    case 1:
      return `<rect ${name} x="${point(x - r)}" y="${point(y - r)}" width="${2 * r}" height="${2 * r}"/>`;
    case 2:
      return shape(name, [x, y - r - 1], [x + r + 1, y + r], [x - r - 1, y + r]);
    case 3:
      return shape(name, [x, y - r - 1], [x + r + 1, y], [x, y + r + 1], [x - r - 1, y]);
    case 4:
      return shape(name, [x, y + r + 1], [x + r + 1, y - r], [x - r - 1, y - r]);
    default:
      return `<circle ${name} cx="${point(x)}" cy="${point(y)}" r="${r}"/>`;
  }
}

function shape(name: string, ...corners: readonly (readonly [number, number])[]): string {
  return `<polygon ${name} points="${corners.map(([x, y]) => `${point(x)},${point(y)}`).join(' ')}"/>`;
}

function classOf({ number, isTheirs }: Series): string {
  return `s${number % COLOURS}${isTheirs ? ' theirs' : ''}`;
}
