/**
 * `npm test`: runs vitest (arguments go through to it) and closes with the line
 * `N passed, N failed`. Zero tests, and a vitest that died, are failures.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './tree.js';

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 }; // Vitest ended before it could count.
  }
}

const folder = mkdtempSync(join(tmpdir(), 'raftctl-tests-'));
const countsFile = join(folder, 'counts.json');
const child = spawn(
  process.execPath,
  [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    `--reporter=${join(ROOT, 'scripts/count-reporter.js')}`,
    ...process.argv.slice(2),
  ],
  {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, RAFTCTL_TEST_COUNTS: countsFile },
  },
);
// The terminal sends Ctrl-C to both: let vitest end first, then say how far it came.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));

child.on('close', (code) => {
  const { passed, failed } = readCounts(countsFile);
  rmSync(folder, { recursive: true, force: true });
  const failures = failed === 0 && (code !== 0 || passed === 0) ? 1 : failed;
  process.stdout.write(`\n${passed} passed, ${failures} failed\n`);
  process.exitCode = failures === 0 ? 0 : 1;
});
