/**
 * The values that are written: made once, from the seed. Where they are to be read back, each
 * begins with what tells this run from all others, and a number that no other write has.
 *
 * ```
 *  AbCdEfGhI 000000000042 kJ2p...      mark, stamp, filler: as long together as any other value
 * ```
 */
import { Prng } from '../std/prng.ts';
import { KEY_DIGITS, MARK_LETTERS, MARKED_BYTES_MIN } from './drivers/driver.ts';
import type { Workload } from './workload.ts';

/** Letters and digits: whatever the protocol, they mean themselves. */
const VALUE_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** What the values of a run begin with. */
export function newMark(seed: number): string {
  return fillerOf(MARK_LETTERS, new Prng(seed));
}

/** Each worker draws from a sequence of its own, all of them from the one seed. */
export function prngOf({ seed }: Pick<Workload, 'seed'>, worker: number): Prng {
  const seeds = new Prng(seed);
  let prng = seeds.fork();
  for (let i = 0; i < worker; i += 1) prng = seeds.fork();
  return prng;
}

export function sizesOf({ dataBytes, dataSizes }: Workload): Workload['dataSizes'] {
  return dataSizes.length === 0 ? [{ bytes: dataBytes, weight: 1 }] : dataSizes;
}

/** One a size, with zeros for the stamp. @param mark null: values without one. */
export function valuesOf(workload: Workload, prng: Prng, mark: string | null): string[] {
  return sizesOf(workload).map(({ bytes }) => {
    const filler = fillerOf(bytes, prng);
    if (mark === null) return filler;
    return `${mark}${'0'.repeat(KEY_DIGITS)}${filler.slice(MARKED_BYTES_MIN)}`;
  });
}

function fillerOf(size: number, prng: Prng): string {
  let value = '';
  // A kilobyte of chance is enough: nobody looks for repeats.
  const piece = Array.from({ length: Math.min(size, 1024) }, () =>
    VALUE_LETTERS.charAt(prng.between(0, VALUE_LETTERS.length - 1)),
  ).join('');
  value = piece.repeat(Math.ceil(size / piece.length));
  return value.slice(0, size);
}
