/**
 * `npm run proof`: real processes under real faults, with the whole counts, and one table over all.
 * `npm run proof -- --short` takes the counts of `npm test`; further words are names of test files.
 * `--write` puts the table into docs/testing.md.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './tree.js';

const TESTS = [
  ...['linearizability', 'sessions', 'killed-nodes', 'killed-writing', 'lease-reads'],
  ...['failed-sync', 'full-disk', 'damaged-log', 'durability-order', 'rolling-restart'],
];
const PAGE = join(ROOT, 'docs/testing.md');
const BEGIN = '<!-- proof:begin -->';
const END = '<!-- proof:end -->';

const words = process.argv.slice(2);
const isShort = words.includes('--short');
const names = words.filter((word) => !word.startsWith('--'));

function run(file) {
  const tests = (names.length === 0 ? TESTS : names).map((name) => `test/acceptance/${name}`);
  const child = spawn(
    process.execPath,
    [join(ROOT, 'scripts/run-tests.js'), '--project', 'process', ...tests],
    {
      cwd: ROOT,
      stdio: ['ignore', 2, 2],
      env: {
        ...process.env,
        RAFTCTL_PROOF_FILE: file,
        ...(isShort ? {} : { RAFTCTL_ACCEPTANCE: 'full' }),
      },
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.on('close', resolve));
}

function tableOf(rows) {
  const lines = rows.map(
    ({ fault, count, held, figures }) => `| ${fault} | ${count} | ${held} | ${figures} |`,
  );
  const head = ['| what was done | times | what held | figures |', '|---|---|---|---|'];
  return [...head, ...lines].join('\n');
}

const folder = mkdtempSync(join(tmpdir(), 'raftctl-proof-'));
const file = join(folder, 'rows.jsonl');
writeFileSync(file, '');
const code = await run(file);
const rows = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .filter(Boolean)
  .map((l) => JSON.parse(l));
rmSync(folder, { recursive: true, force: true });
const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
const table = `${tableOf(rows)}\n\n${machine}.`;
process.stdout.write(`\n${table}\n`);
if (words.includes('--write') && code === 0) {
  const page = readFileSync(PAGE, 'utf8');
  const [before, rest] = page.split(BEGIN);
  const [, after] = rest.split(END);
  writeFileSync(PAGE, `${before}${BEGIN}\n${table}\n${END}${after}`);
}
process.exitCode = code ?? 1;
