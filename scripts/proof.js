/**
 * `npm run proof`: real processes under real faults, with the whole counts, and one table over all.
 *
 *     npm run proof                      all rows
 *     npm run proof -- --resume          only those that this build has not passed yet
 *     npm run proof -- killed-nodes      only these rows, by the names of their test files
 *     npm run proof -- --short           the counts of `npm test`: a rehearsal
 *     npm run proof -- --write           put the table into docs/testing.md: of the rows that this
 *                                        build has passed, and the names of the others
 *
 * Each row is a run of its own, ended when it takes too long, and kept when it has passed: after an
 * interruption `--resume` goes on. Whatever a row leaves behind is ended and removed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import {
  allRows,
  keepResult,
  keptResult,
  ROW_MINUTES_MAX,
  tableOf,
  timeText,
} from './proof/rows.js';
import { ROOT } from './tree.js';

const OPTIONS = ['--short', '--resume', '--write'];
const PAGE = join(ROOT, 'docs/testing.md');
const BEGIN = '<!-- proof:begin -->';
const END = '<!-- proof:end -->';
/** From SIGTERM to SIGKILL. */
const GRACE_SECONDS = 10;

const words = process.argv.slice(2);
const isShort = words.includes('--short');
const names = words.filter((word) => !word.startsWith('--'));
const all = allRows();

function say(text) {
  process.stderr.write(`proof: ${text}\n`);
}

function refuse(text) {
  say(`cannot run as ${text}`);
  process.exit(2);
}

function checkWords() {
  const option = words.find((word) => word.startsWith('--') && !OPTIONS.includes(word));
  if (option !== undefined) refuse(`there is no ${option}, only ${OPTIONS.join(' ')}`);
  const name = names.find((one) => !all.some((row) => row.name === one));
  if (name !== undefined) {
    refuse(`there is no row ${name}, only ${all.map((row) => row.name).join(' ')}`);
  }
  if (isShort && words.includes('--write')) refuse('--write takes the whole counts, not --short');
}

let child = null;
let isOver = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    isOver = true;
    killGroup(signal);
  });
}

/** The tests and all that they run in their group. */
function killGroup(signal) {
  if (child?.pid !== undefined) kill(-child.pid, signal);
}

/** @returns the exit code of the tests of one row; null: they were ended. */
function runTests(row, folder) {
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  child = spawn(
    process.execPath,
    [join(ROOT, 'scripts/run-tests.js'), '--project', 'process*', row.file],
    {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 2, 2],
      env: {
        ...process.env,
        TMPDIR: temporary,
        RAFTCTL_PROOF_FILE: join(folder, 'lines'),
        ...(isShort ? {} : { RAFTCTL_ACCEPTANCE: 'full' }),
      },
    },
  );
  // Seconds in which this process ran: a machine that slept meanwhile has not used them up.
  let ticks = 0;
  const clock = setInterval(() => {
    ticks += 1;
    if (ticks === ROW_MINUTES_MAX * 60) {
      say(`${row.name} takes more than ${ROW_MINUTES_MAX} min and is ended`);
      killGroup('SIGTERM');
    } else if (ticks === ROW_MINUTES_MAX * 60 + GRACE_SECONDS) killGroup('SIGKILL');
  }, 1000);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      clearInterval(clock);
      killGroup('SIGKILL');
      resolve(code);
    });
  });
}

/** Ends what a row that was ended itself has left running, and what it has left mounted. */
function clearAway(folder) {
  if (process.platform === 'linux') {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      if (Number(pid) !== process.pid && commandOf(pid).includes(folder))
        kill(Number(pid), 'SIGKILL');
    }
    const mounts = readFileSync('/proc/mounts', 'utf8').split('\n');
    for (const mount of mounts.map((line) => line.split(' ')[1] ?? '')) {
      if (mount.startsWith(folder)) spawnSync('umount', ['--lazy', mount], { stdio: 'inherit' });
    }
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It has ended.
  }
}

function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** @returns what the row found; null: it failed. */
async function prove(row) {
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-proof-'));
  const begunMs = performance.now();
  try {
    writeFileSync(join(folder, 'lines'), '');
    const code = await runTests(row, folder);
    const seconds = (performance.now() - begunMs) / 1000;
    const text = readFileSync(join(folder, 'lines'), 'utf8');
    const lines = text.split('\n').filter(Boolean).map(JSON.parse);
    const isProved = code === 0 && lines.length > 0;
    say(`${row.name} ${isProved ? 'passed' : 'FAILED'} after ${timeText(seconds)}`);
    return isProved ? { lines, seconds } : null;
  } finally {
    clearAway(folder);
  }
}

/** Runs what is asked for. @returns the results by row. */
async function proveAll(rows) {
  const results = new Map();
  for (const [at, row] of rows.entries()) {
    const kept = words.includes('--resume') && !isShort ? keptResult(row) : null;
    if (kept === null) say(`${at + 1} of ${rows.length}, ${row.name}`);
    else say(`${row.name} has passed before, in ${timeText(kept.seconds)}`);
    const result = kept ?? (await prove(row));
    results.set(row, result);
    if (isOver) break;
    if (result !== null && kept === null && !isShort) keepResult(row, result);
  }
  return results;
}

/** The table, and where and how long it was made. */
function textOf(found) {
  const seconds = found.reduce((sum, result) => sum + result.seconds, 0);
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  return `${tableOf(found)}\n\n${machine}; it took ${timeText(seconds)}.`;
}

function write(text) {
  const [before, rest] = readFileSync(PAGE, 'utf8').split(BEGIN);
  const [, after] = rest.split(END);
  writeFileSync(PAGE, `${before}${BEGIN}\n${text}\n${END}${after}`);
}

checkWords();
const rows = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
const results = await proveAll(rows);
process.stdout.write(`\n${textOf([...results.values()].filter((result) => result !== null))}\n`);
const missing = rows.filter((row) => !results.get(row)).map(({ name }) => name);
if (missing.length > 0) {
  say(`not proved: ${missing.join(', ')}; to go on: npm run proof -- --resume`);
  process.exitCode = 1;
}
if (words.includes('--write')) {
  // Rows that were not asked for count when this build has passed them before.
  const known = new Map(all.map((row) => [row.name, results.get(row) ?? keptResult(row)]));
  const unknown = [...known].filter(([, result]) => result === null).map(([name]) => name);
  const rest =
    unknown.length === 0 ? '' : `\n\nNot run in full with this build: ${unknown.join(', ')}.`;
  write(textOf([...known.values()].filter((result) => result !== null)) + rest);
}
