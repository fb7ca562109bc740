import { describe, expect, test } from 'vitest';
import { hotFunctions } from './hot-functions.ts';

const frame = (functionName: string, lineNumber: number) => ({
  ...{ functionName, lineNumber, columnNumber: 0, scriptId: '1' },
  url: functionName === '(root)' ? '' : 'file:///x/dist/node/a.js',
});

/** (root) calls work, which calls itself and part. */
const PROFILE = JSON.stringify({
  nodes: [
    { id: 1, callFrame: frame('(root)', -1), children: [2] },
    { id: 2, callFrame: frame('work', 9), children: [3, 4] },
    { id: 3, callFrame: frame('work', 9), children: [] },
    { id: 4, callFrame: frame('part', 19) },
  ],
  samples: [2, 3, 4, 4, 4],
  timeDeltas: [1000, 2000, 3000, 2000, 2000],
  ...{ startTime: 0, endTime: 10_000 },
});

describe('hotFunctions', () => {
  test('hotFunctions sums the time in each function and with what it calls', () => {
    expect(hotFunctions(PROFILE, 10)).toEqual([
      { name: 'part', place: 'node/a.js:20', selfMs: 7, totalMs: 7, selfShare: 0.7 },
      { name: 'work', place: 'node/a.js:10', selfMs: 3, totalMs: 10, selfShare: 0.3 },
    ]);
    expect(hotFunctions(PROFILE, 1)).toHaveLength(1);
  });

  test('hotFunctions says what it wants when the file is something else', () => {
    for (const text of ['', 'x', '{}', '[]', '{"nodes":[]}']) {
      expect(() => hotFunctions(text, 5)).toThrow('no profile of a processor');
    }
  });
});
