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

/** Without the calls that were on the stack in no sample. */
export function pruneProfile(profile: Cpu.Profile): Cpu.Profile {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const seen = new Set<number>();
  const look = (id: number): boolean => {
    const node = byId.get(id);
    const below = (node?.children ?? []).filter(look);
    const isSeen = below.length > 0 || (node?.hitCount ?? 0) > 0;
    if (isSeen) seen.add(id);
    return isSeen;
  };
  const [root] = profile.nodes;
  if (root === undefined) return profile;
  look(root.id);
  seen.add(root.id);
  const nodes = profile.nodes
    .filter(({ id }) => seen.has(id))
    .map(({ children, ...node }) => {
      const kept = (children ?? []).filter((id) => seen.has(id));
      return kept.length > 0 ? { ...node, children: kept } : node;
    });
  return { ...profile, nodes };
}
