/**
 * An experiment as a file: what is the same for all runs, and what is varied.
 *
 * ```toml
 * repeat = 5
 * targets = ["cluster:demo", "cluster:other", "resp://127.0.0.1:6379"]
 *
 * [bench]                         # flags of raftctl bench, in camelCase
 * duration = "10s"
 *
 * [vary]                          # each a flag with a list; all are crossed
 * clients = [1, 50]
 * dataSize = ["64", "4KiB"]
 * ```
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { resolveWorkload } from '../bench/workload.ts';
import type { WorkloadInput } from '../bench/workload-fields.ts';
import { checkToml, readTomlFile, type TomlFile } from '../config/toml-file.ts';
import { RaftctlError } from '../std/errors.ts';
import { Prng } from '../std/prng.ts';
import { isLive } from './compared-sides.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const SCHEMA = z.strictObject({
  repeat: z.int().min(1).max(1000).optional(),
  seed: z.int().min(0).optional(),
  targets: z.array(z.string()).min(1),
  bench: z.record(z.string(), z.union([scalar, z.array(z.string())])).optional(),
  vary: z.record(z.string(), z.array(scalar).min(1)).optional(),
});

export interface MatrixCell {
  readonly target: string;
  /** What is special about it, by flag. */
  readonly varied: Readonly<Record<string, string>>;
  /** All that is measured there, by flag. */
  readonly input: WorkloadInput;
}

export interface Matrix {
  readonly cells: readonly MatrixCell[];
  readonly repeat: number;
  /** Which cell is measured when: each as often as the others, in an order of chance. */
  readonly order: readonly number[];
}

/** Cells times repeats beyond this are a mistake. */
const RUNS_MAX = 10_000;

/** @throws {RaftctlError} CONFIG_INVALID with file, line and key */
export async function readMatrix(path: string): Promise<Matrix> {
  const file = await readTomlFile(resolve(path));
  if (file === null) {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot read ${path}: there is no such file`,
      hint: 'docs/bench.md shows one',
    });
  }
  return planMatrix(file);
}

export function planMatrix(file: TomlFile): Matrix {
  const { repeat = 1, seed = 1, targets, bench = {}, vary = {} } = checkToml(file, SCHEMA);
  const fail = (key: readonly string[], rule: string): never => {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot use ${file.path}: line ${file.lineOf(key)}, key ${key.join('.')}: ${rule}`,
    });
  };
  for (const target of targets) {
    if (!isLive(target))
      fail(['targets'], `${target} is neither cluster:NAME nor SCHEME://HOST:PORT`);
  }
  const shared = Object.fromEntries(
    Object.entries(bench).map(([key, value]) => [flagOf(key), value]),
  );
  let rows: Record<string, string>[] = [{}];
  for (const [key, values] of Object.entries(vary)) {
    if (key in bench) fail(['vary', key], 'it is in [bench] as well');
    rows = rows.flatMap((row) => values.map((value) => ({ ...row, [flagOf(key)]: String(value) })));
  }
  const cells = rows.flatMap((varied) => {
    return targets.map(
      (target): MatrixCell => ({ target, varied, input: { ...shared, ...varied } }),
    );
  });
  if (cells.length * repeat > RUNS_MAX) fail(['vary'], `that is more than ${RUNS_MAX} runs`);
  for (const { input } of cells) checkInput(file, input);
  return { cells, repeat, order: orderOf(cells.length, repeat, new Prng(seed)) };
}

function checkInput(file: TomlFile, input: WorkloadInput): void {
  const { reads: _knownLater, ...rest } = input;
  try {
    resolveWorkload(rest);
  } catch (error) {
    if (!(error instanceof RaftctlError)) throw error;
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot use ${file.path}: ${error.message}`,
    });
  }
}

/** Every round has all cells, in another order: a machine that drifts blurs all alike. */
function orderOf(cells: number, repeat: number, prng: Prng): number[] {
  return Array.from({ length: repeat }, () => {
    const round = Array.from({ length: cells }, (_, cell) => cell);
    for (let i = round.length - 1; i > 0; i -= 1) {
      const other = prng.between(0, i);
      [round[i], round[other]] = [round[other] as number, round[i] as number];
    }
    return round;
  }).flat();
}

/** `keyMaximum` in files is `key-maximum` as a flag. */
function flagOf(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
