/**
 * The rows of `npm run proof`: the test files that report, and what a finished row is worth later:
 * it counts as long as neither the program nor the tests have changed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, ROOT, sourceStamp } from '../tree.js';

const FOLDER = 'test/acceptance';
/** Where finished rows are kept between runs. */
const KEPT = join(ROOT, '.proof');

/** Quick ones first: what is broken altogether is known soon. */
const ORDER = [
  ...['durability-order', 'full-disk', 'rolling-restart', 'sessions', 'failed-sync'],
  ...['lease-reads', 'linearizability', 'killed-writing', 'killed-nodes', 'damaged-log'],
];
/** The longest, the cycles of members, takes some 24 on two cores. */
export const ROW_MINUTES_MAX = 40;

/** Every test that reports what it proved: those above, and whoever came after them. */
export function allRows() {
  const reporting = readdirSync(join(ROOT, FOLDER))
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => readFileSync(join(ROOT, FOLDER, file), 'utf8').includes('reportProof('))
    .map((file) => file.slice(0, -'.test.ts'.length));
  const others = reporting.filter((name) => !ORDER.includes(name)).sort();
  return [...ORDER, ...others].map((name) => ({ name, file: `${FOLDER}/${name}.test.ts` }));
}

/** What a row was proved of: the program, its test, and what tests are made of. */
function stampOf({ file }) {
  const digest = createHash('sha256').update(sourceStamp(ROOT));
  for (const path of [file, ...filesBelow(ROOT, 'test/doubles')]) {
    digest.update(readFileSync(join(ROOT, path)));
  }
  return digest.digest('hex');
}

/** @returns what the row found when it was run in full last; null: never, or of something else. */
export function keptResult(row) {
  const path = join(KEPT, `${row.name}.json`);
  if (!existsSync(path)) return null;
  const { stamp, ...result } = JSON.parse(readFileSync(path, 'utf8'));
  return stamp === stampOf(row) ? result : null;
}

/** @param result `lines` of the table, and how many `seconds` they took. */
export function keepResult(row, result) {
  mkdirSync(KEPT, { recursive: true });
  const kept = { stamp: stampOf(row), ...result };
  writeFileSync(join(KEPT, `${row.name}.json`), `${JSON.stringify(kept, null, 2)}\n`);
}

/** The table over the results of all rows, in Markdown. */
export function tableOf(results) {
  const lines = results.flatMap((result) =>
    result.lines.map(
      ({ fault, count, held, figures }) => `| ${fault} | ${count} | ${held} | ${figures} |`,
    ),
  );
  return ['| what was done | times | what held | figures |', '|---|---|---|---|', ...lines].join(
    '\n',
  );
}

export function timeText(seconds) {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
