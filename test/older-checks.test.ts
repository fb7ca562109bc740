/** The table of checks in docs/older-systems.md names tests that there are. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

const WANTED = range(1, 86);

const ROWS = [...read('docs/older-systems.md').matchAll(/^\| (\d+) .*\| ([^|]+) \|$/gm)].map(
  ([, number, files]) => {
    const names = [...(files ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);
    return { number: Number(number), names };
  },
);

test('every check has a row', () => {
  expect(ROWS.map(({ number }) => number)).toEqual(WANTED);
});

test('every row names tests that bear its number', () => {
  for (const { number, names } of ROWS.filter((row) => row.number !== 62)) {
    for (const name of names) {
      const numbers = [...read(`test/acceptance/${name}.test.ts`).matchAll(/'([\d, ]+): /g)];
      const found = numbers.flatMap(([, list]) => (list as string).split(', ').map(Number));
      expect([name, found]).toEqual([name, expect.arrayContaining([number])]);
    }
    expect(names).not.toEqual([]);
  }
});

test('check 62 is a test of the paper, and a dialogue', () => {
  expect(read('test/paper/replication.test.ts')).toContain('check 62');
  expect(read('test/interaction/dialogues/figure-8.txt')).toContain('figure 8');
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
