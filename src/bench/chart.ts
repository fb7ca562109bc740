/** Drawings as SVG: a frame with axes, and what is drawn in it. Pure. */
import { htmlText } from '../std/html.ts';

/** A share of the frame, from 0 (left, bottom) to 1 (right, top). */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface ChartParts {
  /** What a person who cannot see it is told. */
  readonly label: string;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
  /** SVG inside of the frame, made with `FRAME`. */
  readonly content: string;
  readonly height?: number;
}

export const CHART_WIDTH = 640;
export const CHART_HEIGHT = 240;
const LEFT = 62;
const RIGHT = 12;
const TOP = 8;
const BOTTOM = 24;

export interface Frame {
  x(share: number): number;
  y(share: number): number;
}

export function frameOf(height = CHART_HEIGHT): Frame {
  return {
    x: (share) => LEFT + share * (CHART_WIDTH - LEFT - RIGHT),
    y: (share) => height - BOTTOM - share * (height - TOP - BOTTOM),
  };
}

export function chart(parts: ChartParts): string {
  const { label, height = CHART_HEIGHT } = parts;
  const inside = chartInside(parts);
  return `<svg viewBox="0 0 ${CHART_WIDTH} ${height}" role="img" aria-label="${htmlText(label)}">${inside}</svg>`;
}

/** The same for a drawing that has more in it than the chart. */
export function chartInside(parts: Omit<ChartParts, 'label'>): string {
  const { xTicks, yTicks, content, height = CHART_HEIGHT } = parts;
  const { x, y } = frameOf(height);
  const lines = yTicks.map(({ at, label: text }) => {
    const level = point(y(at));
    return (
      `<line x1="${point(x(0))}" x2="${point(x(1))}" y1="${level}" y2="${level}"/>` +
      `<text x="${LEFT - 6}" y="${level}" dy="4" text-anchor="end">${htmlText(text)}</text>`
    );
  });
  const marks = xTicks.map(({ at, label: text }) => {
    const anchor = at > 0.95 ? 'end' : at < 0.05 ? 'start' : 'middle';
    return `<text x="${point(x(at))}" y="${height - 6}" text-anchor="${anchor}">${htmlText(text)}</text>`;
  });
  return `<g class="axes">${lines.join('')}${marks.join('')}</g>${content}`;
}

export interface Line {
  readonly points: readonly (readonly [number, number])[];
  /** Of the style sheet. */
  readonly className: string;
}

/** @param points shares of the frame. */
export function polyline({ points, className }: Line, { x, y }: Frame): string {
  const path = points.map(([px, py]) => `${point(x(px))},${point(y(py))}`).join(' ');
  return `<polyline class="${className}" points="${path}"/>`;
}

/** Short numbers: a page of thousands of them stays small. */
export function point(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Round times between 0 and `endMs`, five or so. */
export function timeTicks(endMs: number): Tick[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21_600];
  const stepMs = (steps.find((step) => endMs / 1000 / step <= 6) ?? 43_200) * 1000;
  const ticks: Tick[] = [];
  for (let ms = 0; ms <= endMs; ms += stepMs) {
    ticks.push({ at: endMs === 0 ? 0 : ms / endMs, label: timeLabel(ms) });
  }
  return ticks;
}

function timeLabel(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 120) return `${seconds} s`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${(seconds / 60).toFixed(1)} min`;
}

/** Powers of ten within a logarithmic range; where there are few, twos and fives between them. */
export function powerTicks(low: number, high: number, label: (value: number) => string): Tick[] {
  const place = (value: number): number => Math.log(value / low) / Math.log(high / low);
  const tens = [];
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10) tens.push(power);
  const inside = (values: readonly number[]): number[] => {
    return values.filter((value) => value >= low && value <= high);
  };
  const few = inside(tens);
  const values = few.length > 2 ? few : inside(tens.flatMap((ten) => [ten, ten * 2, ten * 5]));
  return values.map((value) => ({ at: place(value), label: label(value) }));
}

/** Zero and round numbers up to the highest. */
export function countTicks(max: number, label: (value: number) => string): Tick[] {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, max)));
  const step = [0.2, 0.5, 1, 2].map((part) => part * power).find((one) => max / one <= 5) ?? power;
  const ticks: Tick[] = [];
  for (let value = 0; value <= max; value += step) {
    ticks.push({ at: max === 0 ? 0 : value / max, label: label(value) });
  }
  return ticks;
}
