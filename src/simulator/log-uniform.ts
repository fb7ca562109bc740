import type { Prng } from '../std/prng.ts';

/** Every order of magnitude is as likely as the next. */
export function logUniform(prng: Prng, low: number, high: number): number {
  return low * (high / low) ** prng.unit();
}
