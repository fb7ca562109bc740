import { expect, test } from 'vitest';
import { sparkline } from './sparkline.ts';

test('sparkline() draws heights relative to the highest, and nothing as a hole', () => {
  expect(sparkline([0, 1, 4, 8])).toBe('·▂▅█');
  expect(sparkline([0, 1, 50, 100])).toBe('·▁▅█');
  expect(sparkline([0, 0])).toBe('··');
  expect(sparkline([])).toBe('');
});
