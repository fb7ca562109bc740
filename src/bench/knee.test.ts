import { describe, expect, test } from 'vitest';
import { PLAIN } from '../std/paint.ts';
import { type Knee, type KneePoint, KneeSearch, kneePointOf, type StepOutcome } from './knee.ts';
import { kneeLines, kneeSentence } from './knee-picture.ts';
import type { BenchResult } from './result.ts';
import { parseSlo } from './slo.ts';

const RULES = { slos: ['p99<10ms'], ceilingPerSecond: 1000, stepsMax: 16, precision: 0.05 };

const ROOM = { stepsMax: 24 };

function pointOf(askedPerSecond: number, outcome: StepOutcome): KneePoint {
  const p99Us = outcome === 'holds' ? 4000 : 40_000;
  const figures = { achievedPerSecond: askedPerSecond, p50Us: 1000, p99Us, p999Us: 2 * p99Us };
  const rest = { failed: 0, isValid: outcome !== 'doubtful', latenessP99Us: 100, run: null };
  return { askedPerSecond, ...figures, outcome, ...rest };
}

/** Measures until the search is over. @param judge what a rate does at its nth measurement. */
function searched(
  judge: (rate: number, time: number) => StepOutcome,
  rules: Partial<typeof RULES> = {},
): { readonly knee: Knee; readonly asked: readonly number[] } {
  const search = new KneeSearch({ ...RULES, ...rules });
  const asked: number[] = [];
  for (let rate = search.next(); rate !== null; rate = search.next()) {
    asked.push(rate);
    search.add(pointOf(rate, judge(rate, asked.filter((one) => one === rate).length)));
  }
  return { knee: search.finish(false), asked };
}

const below =
  (limit: number, otherwise: StepOutcome = 'misses') =>
  (rate: number): StepOutcome =>
    rate <= limit ? 'holds' : otherwise;

describe('KneeSearch', () => {
  test.each([150, 400, 615, 980])(
    'finds %d within its precision, and measures it twice',
    (limit) => {
      const { knee, asked } = searched(below(limit), ROOM);
      const found = knee.kneePerSecond ?? 0;
      expect(knee.limit).toBe('objective');
      expect(found).toBeLessThanOrEqual(limit);
      expect(found).toBeGreaterThan(limit / 1.051);
      expect(asked.filter((rate) => rate === found)).toHaveLength(2);
      expect(asked.filter((rate) => rate === knee.missesPerSecond)).toHaveLength(2);
    },
  );

  test('climbs beyond a ceiling that was too low', () => {
    const { knee } = searched(below(3000), { stepsMax: 30 });
    expect(knee.kneePerSecond).toBeGreaterThan(2850);
  });

  test('takes a single miss for a stall: two of three decide', () => {
    const { knee, asked } = searched((rate, time) => {
      return rate === 500 && time === 1 ? 'misses' : below(1000)(rate);
    });
    expect(asked.slice(2, 5)).toEqual([500, 500, 500]);
    expect(knee.kneePerSecond).toBe(1000);
  });

  test('goes back when the rate does not hold again', () => {
    const { knee } = searched((rate, time) => {
      return rate > 750 || (rate === 750 && time > 1) ? 'misses' : 'holds';
    }, ROOM);
    expect(knee.missesPerSecond).toBe(750);
    expect(knee.kneePerSecond).toBeGreaterThan(700);
  });

  test('ends after two misses of the lowest rate', () => {
    const { knee, asked } = searched(below(50));
    expect(asked).toEqual([100, 100]);
    expect(knee).toMatchObject({ kneePerSecond: null, missesPerSecond: 100, limit: 'objective' });
    expect(kneeSentence(knee)).toBe('Not even 100/s holds p99<10ms');
  });

  test('says that the generator, not the target, was at its end', () => {
    const { knee } = searched(below(600, 'doubtful'));
    expect(knee.limit).toBe('generator');
    expect(kneeSentence(knee)).toMatch(/^At least 5\d\d\/s hold .* the generator was late$/);
    const none = searched(() => 'doubtful').knee;
    expect(none).toMatchObject({ kneePerSecond: null, limit: 'generator' });
  });

  test('never measures more often than it may', () => {
    const { knee, asked } = searched(below(600), { stepsMax: 6 });
    expect(asked).toHaveLength(6);
    expect(knee).toMatchObject({ limit: 'steps', kneePerSecond: 500, missesPerSecond: 750 });
    expect(kneeSentence(knee)).toContain('(+50.0 %); there were no steps left');
  });
});

test('kneeLines() shows every step, and where the objective lies', () => {
  const { knee } = searched(below(615), { stepsMax: 6 });
  const lines = kneeLines(knee, { columns: 60, isAscii: true, paint: PLAIN });
  expect(lines.filter((line) => line.includes('misses'))).toHaveLength(3);
  expect(lines.find((line) => line.startsWith('  40.0 ms'))).toMatch(/x$/);
  expect(lines.filter((line) => /(- ){20}/.test(line))).toHaveLength(1);
});

describe('kneePointOf()', () => {
  const summary = { count: 100, p50Us: 1000, p99Us: 30_000, p999Us: 40_000 };
  const slo = { slo: 'p99<10ms', isMet: false, actual: 30_000, unit: 'us' };
  const measured = {
    ...{ throughputPerSecond: 990, isValid: true, requests: { failed: 0 }, slos: [slo] },
    workload: { slos: [parseSlo('p99<10ms')] },
    latency: { corrected: summary, raw: summary },
    lateness: { count: 100, p99Us: 50 },
  };
  const outcomeOf = (more: object): StepOutcome => {
    return kneePointOf({ ...measured, ...more } as unknown as BenchResult, 1000, null).outcome;
  };
  const met = [{ ...slo, isMet: true, actual: 5000 }];
  const late = { count: 100, p99Us: 9000 };

  test.each([
    ['met', { slos: met }, 'holds'],
    ['missed', {}, 'misses'],
    ['met, but much was not answered in time', { slos: met, throughputPerSecond: 900 }, 'misses'],
    ['met by a late generator: lateness only adds', { slos: met, lateness: late }, 'holds'],
    ['missed by more than it was late', { lateness: late }, 'misses'],
    ['missed by no more', { lateness: { count: 100, p99Us: 10_000 } }, 'doubtful'],
    [
      'too few answered by a late generator',
      { slos: met, throughputPerSecond: 900, lateness: late },
      'doubtful',
    ],
  ])('kneePointOf() of an objective that is %s', (_, more, expected) => {
    expect(outcomeOf(more)).toBe(expected);
  });
});
