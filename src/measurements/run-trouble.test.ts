import { expect, test } from 'vitest';
import type { BenchResult } from '../bench/result.ts';
import type { Verification } from '../bench/verify.ts';
import { troubleOf, worstTrouble } from './run-trouble.ts';

const FAULTS = { missing: 0, older: 0, foreign: 0, damaged: 0, unjudged: 0, unread: 0 };

interface Story {
  readonly found?: Partial<Verification>;
  readonly isLate?: boolean;
  readonly isSlow?: boolean;
}

function told({ found, isLate = false, isSlow = false }: Story): BenchResult {
  const verification = { keys: 10, sound: 9, ...FAULTS, lost: [], durationMs: 5, ...found };
  const slo = { slo: 'p99<1ms', isMet: !isSlow, actual: 2000, unit: 'us' };
  return {
    ...{ isValid: !isLate, invalidReasons: isLate ? ['the generator was too late'] : [] },
    ...{ slos: [slo], verification: found === undefined ? null : verification },
  } as unknown as BenchResult;
}

test.each<readonly [string, Story, string | undefined, number]>([
  ['good', {}, undefined, 0],
  ['good, and read back', { found: {} }, undefined, 0],
  ['slow', { isSlow: true }, 'SLO_MISSED', 6],
  ['late: what it missed is not known', { isSlow: true, isLate: true }, 'MEASUREMENT_INVALID', 10],
  ['late, and a write is gone', { isLate: true, found: { missing: 1 } }, 'WRITE_LOST', 9],
  ['followed by an older value', { found: { older: 1 } }, 'WRITE_LOST', 9],
  ['not wholly read', { found: { unread: 1 } }, 'CHECK_UNDECIDED', 4],
  ['never acknowledged', { found: { unjudged: 1 } }, undefined, 0],
])('troubleOf() a run that is %s', (_, story, code, exit) => {
  const trouble = troubleOf(told(story));
  expect(trouble?.code).toBe(code);
  expect(trouble?.exitCode ?? 0).toBe(exit);
});

test('troubleOf() a foreign value asks who else writes there', () => {
  const trouble = troubleOf(told({ found: { foreign: 2 } }));
  expect(trouble?.message).toContain('9 of 10 keys as written, 2 with a value of somebody else');
  expect(trouble?.hint).toContain('--key-prefix');
});

test('worstTrouble() is the loss before the doubt, and the doubt before the miss', () => {
  const runs = [{}, { isSlow: true }, { isLate: true }, { found: { damaged: 1 } }].map(told);
  expect([1, 2, 3, 4].map((count) => worstTrouble(runs.slice(0, count))?.code)).toEqual([
    ...[undefined, 'SLO_MISSED', 'MEASUREMENT_INVALID', 'WRITE_LOST'],
  ]);
});
