/**
 * `npm run sim -- --seeds 1..500`: runs the built simulator. With `MUTATE=M13` it runs a copy of
 * the build into which that bug of test/simulator/mutants.json was planted: what the oracles are
 * worth shows in what they find there. The build itself is never changed.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './tree.js';

function fail(message) {
  process.stderr.write(`sim: ${message}\n`);
  process.exit(2);
}

/** A copy of the build with the bug in it. @returns its folder. */
function plant(id) {
  const mutants = JSON.parse(readFileSync(join(ROOT, 'test/simulator/mutants.json'), 'utf8'));
  const mutant = mutants.find((m) => m.id === id);
  if (mutant === undefined) {
    fail(`no mutant ${id}: there are ${mutants.map((m) => m.id).join(' ')}`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'raftctl-mutant-'));
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
  const file = join(folder, 'dist', mutant.file);
  const pieces = readFileSync(file, 'utf8').split(mutant.find);
  if (pieces.length !== 2) {
    rmSync(folder, { recursive: true, force: true });
    // A change of the code must not silently disarm a mutant.
    fail(`mutant ${id} finds its text ${pieces.length - 1} times in ${mutant.file}, not once`);
  }
  writeFileSync(file, pieces.join(mutant.replace));
  return folder;
}

const id = process.env.MUTATE ?? '';
const folder = id === '' ? null : plant(id);
const main = join(folder ?? ROOT, 'dist/simulator/main.js');
const child = spawn(process.execPath, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
// Whoever stops this script means the simulator: the copy is removed once it has ended.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code, signal) => {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 128 + constants.signals[signal];
});
