import { describe, expect, it } from 'vitest';
import { Prng } from '../std/prng.ts';
import { drawPlan } from './draw-plan.ts';
import { isElectionQuick } from './liveness.ts';

describe('isElectionQuick', () => {
  const plan = drawPlan(new Prng(1), { nodes: 3, durationMs: 1000, profile: 'swarm' });
  const config = { ...plan.config, electionTimeoutTicksMin: 9, tickMs: 10 };

  it('isElectionQuick asks that two syncs take at most half of the election timeout', () => {
    expect(isElectionQuick({ ...plan, config, diskMsMin: 0.5, diskMsMean: 11 })).toBe(true);
    expect(isElectionQuick({ ...plan, config, diskMsMin: 0.5, diskMsMean: 11.1 })).toBe(false);
  });

  it('isElectionQuick holds for most seeds', () => {
    const plans = Array.from({ length: 200 }, (_, seed) =>
      drawPlan(new Prng(seed), { nodes: 3, durationMs: 1000, profile: 'swarm' }),
    );
    expect(plans.filter(isElectionQuick).length).toBeGreaterThan(180);
  });
});
