/** `npm run proof`: its rows are tests that are there, its table has a line for each finding. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Rows {
  allRows(): { readonly name: string; readonly file: string }[];
  tableOf(results: { readonly lines: object[] }[]): string;
  timeText(seconds: number): string;
}

/** The scripts are plain JavaScript and run without a build. */
const { allRows, tableOf, timeText } = (await import(join(ROOT, 'scripts/proof/rows.js'))) as Rows;

test('proof has a row for every test that reports one, and no other', () => {
  const rows = allRows();
  expect(rows.length).toBeGreaterThanOrEqual(10);
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  for (const { file } of rows) {
    expect(readFileSync(join(ROOT, file), 'utf8'), file).toContain('reportProof(');
  }
  expect(rows.map(({ name }) => name)).toContain('lease-reads');
});

test('proof makes one line of the table of each finding', () => {
  const line = { fault: 'kill', count: 3, held: 'all', figures: '' };
  const table = tableOf([{ lines: [line, { ...line, fault: 'pause' }] }, { lines: [] }]);
  expect(table.split('\n').slice(2)).toEqual(['| kill | 3 | all |  |', '| pause | 3 | all |  |']);
  expect([timeText(59.4), timeText(61)]).toEqual(['59 s', '1 min 1 s']);
});

test.each([
  [['--fast'], 'there is no --fast'],
  [['no-such-row'], 'there is no row no-such-row'],
  [['--short', '--write'], '--write takes the whole counts'],
])('proof refuses %j', (words, why) => {
  const run = spawnSync(process.execPath, [join(ROOT, 'scripts/proof.js'), ...words], {
    encoding: 'utf8',
  });
  expect([run.status, run.stdout]).toEqual([2, '']);
  expect(run.stderr).toContain(why);
});
