/**
 * `npm run sim -- --seeds 1..500`: the built `raftctl sim`. `MUTATE=M13` plants that bug, as
 * `--mutate M13` does.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './tree.js';

const id = process.env.MUTATE ?? '';
const args = [...process.argv.slice(2), ...(id === '' ? [] : ['--mutate', id])];
const child = spawn(process.execPath, [join(ROOT, 'bin/run.js'), 'sim', ...args], {
  stdio: 'inherit',
});
// Whoever stops this script means the simulator.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('close', (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});
