/**
 * Draws what came to the simulator last, each from random numbers of its own, so that the rest of a
 * seed stays as it was: crashes at the worst moment, and entries of one size.
 */
import type { Prng } from '../std/prng.ts';
import type { FaultClass, FaultEvent, FaultPlan } from './fault-plan.ts';
import { logUniform } from './log-uniform.ts';
import { MOMENTS } from './moments.ts';

export interface MomentDraws {
  readonly classes: readonly FaultClass[];
  readonly events: readonly FaultEvent[];
}

/** A third of the seeds that have faults: some moments a run, each of them met at once. */
export function drawMoments(
  prng: Prng,
  { calm, durationMs }: { readonly calm: boolean; readonly durationMs: number },
): MomentDraws {
  if (calm || !prng.chance(0.35)) return { classes: [], events: [] };
  const count = Math.ceil((durationMs / 1000) * logUniform(prng, 0.1, 1));
  const events = Array.from({ length: count }, (): FaultEvent => {
    return {
      ...{ type: 'moment', atMs: Math.floor(prng.unit() * durationMs), draw: prng.u32() },
      ...{ moment: prng.pick(MOMENTS), power: prng.chance(0.7) },
      ...{ afterMs: logUniform(prng, 0.02, 50), ms: logUniform(prng, 5, 2000) },
    };
  });
  return { classes: ['moment'], events };
}

/** Somebody is away all the time, for as long as it takes the others to forget what it needs. */
export function drawLag(prng: Prng, durationMs: number): readonly FaultEvent[] {
  return Array.from({ length: Math.ceil(durationMs / 1500) }, (): FaultEvent => {
    return {
      ...{ type: 'crash', atMs: Math.floor(prng.unit() * durationMs), draw: prng.u32() },
      ...{ target: 'anybody', power: prng.chance(0.5), ms: logUniform(prng, 100, 3000) },
    };
  });
}

/** Where all entries have one size, what is left of one frame may pass for the start of another. */
export function drawsOneSize(prng: Prng): boolean {
  return prng.chance(0.25);
}

/** Of one node power goes again and again, each time while it writes. */
export function drawPowerCuts(prng: Prng, durationMs: number): readonly FaultEvent[] {
  return Array.from({ length: Math.ceil(durationMs / 250) }, (): FaultEvent => {
    return {
      ...{ type: 'moment', atMs: Math.floor(prng.unit() * durationMs), draw: prng.u32() },
      moment: prng.pick(['start', 'start', 'entries', 'term', 'truncation'] as const),
      ...{ power: prng.chance(0.8), afterMs: logUniform(prng, 0.02, 50) },
      ms: logUniform(prng, 2, 100),
    };
  });
}

/** One key whose values never expire: every entry of the log has the size of the one before. */
export function oneKey(plan: FaultPlan): FaultPlan {
  return { ...plan, keys: 1, valueBytesMax: 0 };
}
