/** A profile of the processor, from a moment on. Pure. */
import type { Profiler as Cpu } from 'node:inspector/promises';

/**
 * What was sampled before the moment is left out; the calls stay, some without a sample.
 *
 * @param fromUs of the machine's monotonic clock, as the profile's own times.
 */
export function cutProfile(profile: Cpu.Profile, fromUs: number): Cpu.Profile {
  const { nodes, endTime, samples = [], timeDeltas = [] } = profile;
  const startTime = Math.min(Math.max(fromUs, profile.startTime), endTime);
  const kept: number[] = [];
  const deltas: number[] = [];
  const hits = new Map<number, number>();
  let atUs = profile.startTime;
  let lastUs = startTime;
  samples.forEach((id, i) => {
    atUs += timeDeltas[i] ?? 0;
    if (atUs < startTime) return;
    kept.push(id);
    deltas.push(atUs - lastUs);
    lastUs = atUs;
    hits.set(id, (hits.get(id) ?? 0) + 1);
  });
  return {
    nodes: nodes.map(({ positionTicks, ...node }) => ({
      ...node,
      hitCount: hits.get(node.id) ?? 0,
      // Lines are counted over the whole only: right where nothing was left out.
      ...(positionTicks !== undefined && hits.get(node.id) === node.hitCount && { positionTicks }),
    })),
    ...{ startTime, endTime, samples: kept, timeDeltas: deltas },
  };
}
