/** Heights as characters. Pure. */
const BARS = '▁▂▃▄▅▆▇█';
/** Nothing at all: a hole, not a low bar. */
export const HOLE = '·';

/** Heights relative to the highest. */
export function sparkline(values: readonly number[]): string {
  const top = Math.max(1, ...values);
  return values
    .map((value) => {
      if (value === 0) return HOLE;
      return BARS[Math.min(BARS.length - 1, Math.floor((value / top) * BARS.length))] ?? HOLE;
    })
    .join('');
}
