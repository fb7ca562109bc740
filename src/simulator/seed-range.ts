/** Seeds as people write them: `100` (so many, from 1 on), `200..300`; and the way back. */
import { RaftctlError } from '../std/errors.ts';
import type { RunOptions } from './run.ts';

export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

/**
 * @param isOne the number is a seed, not how many.
 * @throws {RaftctlError} USAGE when it is neither.
 */
export function parseSeeds(text: string, isOne = false): SeedRange {
  const match = /^(\d{1,15})(?:\.\.(\d{1,15}))?$/.exec(text.trim());
  const a = Number(match?.[1]);
  const b = Number(match?.[2]);
  if (match !== null && isOne && match[2] === undefined) return { first: a, last: a };
  if (match !== null && !isOne) {
    if (match[2] === undefined && a > 0) return { first: 1, last: a };
    if (b >= a) return { first: a, last: b };
  }
  throw new RaftctlError('USAGE', {
    message: `Cannot read ${JSON.stringify(text)} as ${isOne ? 'a seed: it is not like 4711' : 'seeds: it is not like 100 or 200..300'}`,
  });
}

/** What a person types to see one seed again. */
export function replayCommand(seed: number, options: RunOptions, mutant: string | null): string {
  const words = ['raftctl sim', `--seed ${seed}`, `--sim-seconds ${options.seconds}`];
  if (options.nodes !== null) words.push(`--nodes ${options.nodes}`);
  if (options.load !== null) words.push(`--load ${options.load}`);
  words.push(`--profile ${options.profile}`);
  if (mutant !== null) words.push(`--mutate ${mutant}`);
  return words.join(' ');
}
