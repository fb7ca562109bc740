/** What is said about a handful of measurements. Pure. */

const DRAWS = 2000;

/** @param q from 0 to 1. The value that so large a part of all does not exceed. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1))];
}

/** Of an even number of values, the mean of the middle two. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

export const round = (value, digits = 0) => Number(value.toFixed(digits));

/**
 * The 95 % bootstrap interval of the median: how far it moves when the values are drawn again from
 * themselves. The generator is fixed, so that one run's data give one answer.
 */
export function medianInterval(values) {
  let state = 12_345;
  const below = (count) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * count);
  };
  const medians = Array.from({ length: DRAWS }, () =>
    median(values.map(() => values[below(values.length)])),
  );
  return [quantile(medians, 0.025), quantile(medians, 0.975)];
}
