/**
 * What the oracles are worth: planted bugs must be found, in a copy of the build that differs in
 * one place. All of them are planted here; those that show within a few seeds are hunted too. The
 * whole table is made by `raftctl sim report`.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patched } from '../../src/simulator/mutant-build.ts';
import type { MutantRow } from '../../src/simulator/mutant-report.ts';
import { MUTANTS } from '../../src/simulator/mutants.ts';
import { RUN_OPTIONS_DEFAULT } from '../../src/simulator/run.ts';
import { SimPool } from '../../src/simulator/sim-pool.ts';

const ROOT = join(import.meta.dirname, '../..');
const FOLDER = mkdtempSync(join(tmpdir(), 'raftctl-mutants-test-'));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

async function sim(...args: string[]): Promise<{ code: number; data: Record<string, unknown> }> {
  const { code, stdout, stderr } = await run(['bin/run.js', 'sim', ...args, '--json']);
  expect(stdout, stderr).not.toBe('');
  const answer = JSON.parse(stdout) as { readonly data: Record<string, unknown> };
  return { code, data: answer.data };
}

async function hashOfBuild(): Promise<string> {
  const file = pathToFileURL(join(ROOT, 'dist/simulator/mutant-build.js')).href;
  const built = (await import(file)) as { programHash(): Promise<string> };
  return await built.programHash();
}

function oracleOf(data: Record<string, unknown>): string | undefined {
  const violations = data['violations'] as readonly { violation: { oracle: string } }[];
  return violations[0]?.violation.oracle;
}

beforeAll(async () => {
  // Bugs are planted into the build: it must be one of these sources.
  const built = await run(['scripts/ensure-built.js']);
  expect(built.code, built.stderr).toBe(0);
}, 300_000);

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe('sim --mutate', () => {
  test.each(MUTANTS)('sim --mutate $id finds its place in the build ($bug)', ({ patches }) => {
    for (const patch of patches) {
      const text = readFileSync(join(ROOT, 'dist', patch.file), 'utf8');
      expect(patched(text, patch), `${patch.file} holds it so often`).toEqual(expect.any(String));
    }
  });

  test('sim --mutate names each bug once', () => {
    expect(new Set(MUTANTS.map(({ id }) => id)).size).toBe(MUTANTS.length);
  });

  test.each([
    ['M01a', ['I3 persist before reply']],
    ['M02', ['I2 one vote per term']],
    ['M18c', ['I13 match accuracy']],
    // Others may hold the entry already, and their word be under way: then only the core sees it.
    ['M23', ['I9 committed is durable', 'core invariants']],
    ['M24', ['I9 committed is durable']],
    ['M30b', ['I26 stale read']],
    ['M39', ['assertion']],
    ['M51h', ['I1 election safety', 'I29 transfer']],
  ])(
    'sim --mutate %s is found by %s',
    async (id, oracles) => {
      const { code, data } = await sim('--seeds', '20', '--sim-seconds', '10', '--mutate', id);
      expect(oracles).toContain(oracleOf(data));
      expect(code).toBe(9);
      const [replay] = data['replays'] as readonly string[];
      expect(replay).toMatch(new RegExp(`^raftctl sim --seed \\d+ .*--mutate ${id}$`));
      const again = await sim(...(replay ?? '').split(' ').slice(2));
      expect(oracleOf(again.data)).toBe(oracleOf(data));
    },
    180_000,
  );

  test('sim --mutate of a bug that is not there is an error, not a pass', async () => {
    const { code, stderr } = await run(['bin/run.js', 'sim', '--seed', '1', '--mutate', 'M99']);
    expect(code).toBe(2);
    expect(stderr).toContain('there is no such bug');
  });
});

describe('sim report', () => {
  test('sim report goes on where it was interrupted, and counts all seeds', async () => {
    const state = join(FOLDER, 'report.jsonl');
    const args = ['bin/run.js', 'sim', 'report', '--only', 'M02,M24', '--sim-seconds', '10'];
    args.push('--state', state, '--seeds', '20', '--json');
    const whole = await run(args);
    expect(whole.code, whole.stderr).toBe(0);
    expect(existsSync(state)).toBe(false);
    const { rows } = (JSON.parse(whole.stdout) as { data: { rows: MutantRow[] } }).data;
    const [m02, m24] = rows as [MutantRow, MutantRow];
    // As if the hunt for the first had been stopped behind its first seed.
    const head = { program: await hashOfBuild(), seconds: 10 };
    const partial = { ...m02, oracle: null, seed: null, seeds: 1, simSeconds: 7 };
    const lines = [head, partial, m24].map((line) => `${JSON.stringify(line)}\n`);
    writeFileSync(state, lines.join(''));
    const rest = await run(args);
    expect(rest.code, rest.stderr).toBe(0);
    const again = (JSON.parse(rest.stdout) as { data: { rows: MutantRow[] } }).data.rows;
    expect(again[1]).toEqual(m24);
    expect(again[0]).toMatchObject({ oracle: m02.oracle, seed: m02.seed, seeds: m02.seeds });
    expect(m02.seeds).toBeGreaterThan(1);
  }, 180_000);
});

describe('sim shrink', () => {
  test('sim shrink leaves a plan that fails in the same way, again and again', async () => {
    const path = join(FOLDER, 'plan.json');
    const args = ['sim', 'shrink', '--seed', '2', '--mutate', 'M24', '--out', path, '--json'];
    args.push('--sim-seconds', '20');
    const shrunk = await run(['bin/run.js', ...args]);
    expect(shrunk.code, shrunk.stderr).toBe(0);
    const { data } = JSON.parse(shrunk.stdout) as { data: Record<string, number | string> };
    expect(data['oracle']).toBe('I9 committed is durable');
    expect(data['faults']).toBeLessThanOrEqual(50);
    const first = await sim('--plan', path);
    const second = await sim('--plan', path);
    expect(first.code).toBe(9);
    expect(second).toEqual(first);
  }, 180_000);
});

describe('sim', () => {
  test('sim calls a run that does not come to its end hung', async () => {
    const pool = new SimPool({ build: pathToFileURL(`${ROOT}/dist/`), width: 1, taskMsMax: 1 });
    try {
      const { result } = await pool.run({ type: 'seed', seed: 1, options: RUN_OPTIONS_DEFAULT });
      expect(result.violation?.oracle).toBe('hung');
      expect(result.violation?.detail).toBe('the run did not end within 0.001 s');
    } finally {
      await pool.close();
    }
  });

  test('sim finds the same whatever the number of its threads', async () => {
    const args = ['--seeds', '6', '--sim-seconds', '5'];
    const one = await sim(...args, '--workers', '1');
    const three = await sim(...args, '--workers', '3');
    expect(one.data['traceHash']).toEqual(expect.any(Number));
    expect(three.data['traceHash']).toBe(one.data['traceHash']);
    expect(three.data['counts']).toEqual(one.data['counts']);
    expect(one.code).toBe(0);
  }, 180_000);
});
