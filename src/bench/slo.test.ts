import { expect, test } from 'vitest';
import { judge, type Measured, parseSlo } from './slo.ts';

const MEASURED: Measured = {
  latencyCount: 100,
  percentileNs: (percent) => percent * 1e5,
  meanNs: 5e6,
  maxNs: 2e9,
  errorShare: 0.001,
  ratePerSecond: 1999.5,
};

test.each([
  ['p99<10ms', true, 9900, 'us'],
  ['p99 < 9.9 ms', false, 9900, 'us'],
  ['p99<=9.9ms', true, 9900, 'us'],
  ['p99.9<9990us', false, 9990, 'us'],
  ['p50>4ms', true, 5000, 'us'],
  ['max<=2s', true, 2_000_000, 'us'],
  ['mean<1m', true, 5000, 'us'],
  ['err<0.1%', false, 0.001, 'share'],
  ['err<=0.1%', true, 0.001, 'share'],
  ['err<0.5', true, 0.001, 'share'],
  ['rate>=2000', false, 1999.5, 'perSecond'],
] as const)('judge() of %s', (text, isMet, actual, unit) => {
  const slo = text.replaceAll(' ', '');
  expect(judge(parseSlo(text), MEASURED)).toEqual({ slo, isMet, actual, unit });
});

test.each(['', 'p99', 'p99<10', 'p101<1ms', 'p99=1ms', 'err<10ms', 'rate>5ms', 'p99<10%', 'q<1s'])(
  'parseSlo() refuses %j',
  (text) => {
    expect(() => parseSlo(text)).toThrow(`Cannot read ${JSON.stringify(text)} as an objective`);
  },
);

test('judge() does not call an objective met of which nothing was measured', () => {
  const nothing = { ...MEASURED, latencyCount: 0 };
  expect(judge(parseSlo('p99<10ms'), nothing)).toMatchObject({ isMet: false, actual: null });
});
