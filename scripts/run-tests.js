/**
 * `npm test`: runs vitest (arguments go through to it) and closes with the line
 * `N passed, N failed`. Zero tests, and a vitest that died, are failures. Tests of programs that
 * this machine lacks are left out, and named; in CI they are run, and fail. Without arguments the
 * older systems, other machines and the like are left to `npm run test:more`: ten minutes suffice.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whatCannotRun } from './tests/needed-programs.js';
import { afterRepeat, filesToRepeat } from './tests/second-chance.js';
import { ROOT } from './tree.js';

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, failures: [] }; // Vitest ended before it could count.
  }
}

const left = process.env.CI ? null : whatCannotRun(ROOT, process.env.PATH ?? '');
if (left !== null) process.stdout.write(`${left.notice}\n`);

const SIGNALS = ['SIGINT', 'SIGTERM'];
const DEFAULT_PROJECTS = ['--project', 'unit', '--project', 'process*'];
const given = process.argv.slice(2);

const folder = mkdtempSync(join(tmpdir(), 'raftctl-tests-'));
const countsFile = join(folder, 'counts.json');

/** @returns its exit code, and what it counted. */
function runVitest(args) {
  rmSync(countsFile, { force: true });
  const child = spawn(
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      `--reporter=${join(ROOT, 'scripts/count-reporter.js')}`,
      ...args,
    ],
    {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        RAFTCTL_TEST_COUNTS: countsFile,
        RAFTCTL_TEST_EXCLUDE: (left?.files ?? []).join(' '),
      },
    },
  );
  // The terminal sends Ctrl-C to both: let vitest end first, then say how far it came.
  const pass = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  return new Promise((resolve) => {
    child.on('close', (code) => {
      for (const signal of SIGNALS) process.off(signal, pass);
      resolve({ code, ...readCounts(countsFile) });
    });
  });
}

const first = await runVitest(given.length === 0 ? DEFAULT_PROJECTS : given);
const repeated = process.env.CI && first.code === 1 ? filesToRepeat(first, ROOT) : [];
let result = first;
if (repeated.length > 0) {
  process.stdout.write(`\nAgain, alone: ${repeated.join(', ')}\n`);
  const again = await runVitest(['--maxWorkers', '1', ...repeated]);
  result = { code: again.code, ...afterRepeat(first, again) };
  const verdict = result.failed === 0 ? 'UNSTEADY (look for the cause)' : 'fails alone, too';
  process.stdout.write(`\n${verdict}: ${repeated.join(', ')}\n`);
}
rmSync(folder, { recursive: true, force: true });
const { code, passed, failed } = result;
const failures = failed === 0 && (code !== 0 || passed === 0) ? 1 : failed;
if (left !== null) process.stdout.write(`\n${left.notice}\n`);
process.stdout.write(`\n${passed} passed, ${failures} failed\n`);
process.exitCode = failures === 0 ? 0 : 1;
