/**
 * What the oracles are worth: each planted bug of mutants.json must be found by an oracle that is
 * meant to find it, within its number of seeds, in a copy of the build that differs in one place.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SeedResult } from '../../src/simulator/run.ts';

interface Mutant {
  readonly id: string;
  readonly bug: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly oracles: readonly string[];
  readonly nodes: number;
  readonly profile: string;
  /** Seeds to look through: `first..last`. */
  readonly seeds: string;
}

const ROOT = join(import.meta.dirname, '../..');
const MUTANTS: readonly Mutant[] = JSON.parse(
  readFileSync(join(import.meta.dirname, 'mutants.json'), 'utf8'),
);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runScript(script: string, args: readonly string[], mutate: string): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env, MUTATE: mutate };
    const options = { cwd: ROOT, env, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

function lastResult(stdout: string): SeedResult {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as SeedResult;
}

describe('mutants', () => {
  beforeAll(async () => {
    // Bugs are planted into the build: it must be one of these sources.
    const built = await runScript('scripts/ensure-built.js', [], '');
    expect(built.code, built.stderr).toBe(0);
  }, 300_000);

  test.each(MUTANTS)(
    'mutants: $id is found ($bug)',
    async (mutant) => {
      const args = ['--seeds', mutant.seeds, '--nodes', String(mutant.nodes)];
      args.push('--profile', mutant.profile, '--json');
      const { code, stdout, stderr } = await runScript('scripts/sim.js', args, mutant.id);
      expect(code, stderr).toBe(9);
      const { violation } = lastResult(stdout);
      expect(mutant.oracles).toContain(violation?.oracle);
      expect(stderr).toMatch(/replay: MUTATE=\w+ npm run sim -- --seed \d+/);
    },
    180_000,
  );

  test('mutants: the build without a bug passes where the bugs are found', async () => {
    const args = ['--seeds', '1..10', '--json'];
    const { code, stderr } = await runScript('scripts/sim.js', args, '');
    expect(code, stderr).toBe(0);
  }, 60_000);

  test('mutants: a bug whose place is gone is an error, not a pass', async () => {
    const { code, stderr } = await runScript('scripts/sim.js', ['--seed', '1'], 'M99');
    expect(code).toBe(2);
    expect(stderr).toContain('no mutant M99: there are M01a');
  });
});
