/**
 * The one gate, `npm run check`: changes nothing, runs every part to its end, says one line a part
 * and closes with the list of what failed. `--fast` leaves out the tests and what needs a
 * build, `--without-tests` only the tests.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './tree.js';

const TOOLS = 'node_modules';
const TYPES = { name: 'types', args: [`${TOOLS}/typescript/bin/tsc`, '--noEmit'] };
const STYLE = {
  name: 'style',
  args: [`${TOOLS}/@biomejs/biome/bin/biome`, 'check', '--error-on-warnings', '.'],
};
const WALLS = { name: 'walls', args: ['scripts/walls.js'] };
const DEAD_CODE = { name: 'dead code', args: [`${TOOLS}/knip/bin/knip.js`] };
// Looks at what `npm pack` would take, without building again.
const PACKAGE = {
  name: 'package',
  args: [`${TOOLS}/publint/src/cli.js`, 'run', '--strict', '--pack', 'npm'],
  env: { npm_config_ignore_scripts: 'true' },
};
/** Sizes, columns and ports: seconds, and what a last edit most often breaks. */
const SIZES = {
  name: 'sizes',
  args: [
    ...['scripts/run-tests.js', '--project', 'unit'],
    ...['test/architecture.test.ts', 'test/ports.test.ts'],
  ],
};
const TESTS = { name: 'tests', args: ['scripts/run-tests.js', '--project', 'unit'] };

const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' };

/** Runs one part; resolves with what it said and how it ended. */
function run(part) {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, part.args.map(fromRoot), {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...colour, ...part.env },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => {
        said += text;
      });
    }
    child.on('close', (code) => {
      resolve({ ...part, said, ok: code === 0, seconds: (performance.now() - startedAt) / 1000 });
    });
  });
}

function fromRoot(argument) {
  return /^(node_modules|scripts)\//.test(argument) ? join(ROOT, argument) : argument;
}

function report({ name, ok, seconds, said }) {
  if (!ok) process.stdout.write(`\n${said.trimEnd()}\n\n`);
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)} ${seconds.toFixed(1)} s\n`);
}

/** Runs the parts two at a time: there are parts that use one core only. */
async function runAll(parts) {
  const waiting = [...parts];
  const results = [];
  const worker = async () => {
    for (let part = waiting.shift(); part; part = waiting.shift()) {
      const result = await run(part);
      report(result);
      results.push(result);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

const fast = process.argv.includes('--fast');
const results = await runAll([TYPES, STYLE, WALLS, SIZES, ...(fast ? [] : [DEAD_CODE, PACKAGE])]);
if (!fast && !process.argv.includes('--without-tests')) results.push(...(await runAll([TESTS])));
const failed = results.filter((result) => !result.ok).map((result) => result.name);
process.stdout.write(
  failed.length === 0 ? '\ncheck: all clean\n' : `\ncheck: failed: ${failed.join(', ')}\n`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
