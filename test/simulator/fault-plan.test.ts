import { expect, test } from 'vitest';
import { RAFT_CONFIG_DEFAULT } from '../../src/node/raft/config.ts';
import { drawPlan } from '../../src/simulator/draw-plan.ts';
import { PROFILES } from '../../src/simulator/fault-plan.ts';
import { Prng } from '../../src/std/prng.ts';

test.each(PROFILES)("drawPlan() of %s draws the daemon's tick and a finer one", (profile) => {
  const ticks = new Map<number, number>();
  for (let seed = 1; seed <= 200; seed += 1) {
    const { config } = drawPlan(new Prng(seed), { nodes: 3, durationMs: 20_000, profile });
    const { tickMs, electionTimeoutTicksMin: min, electionTimeoutTicksMax: max } = config;
    ticks.set(tickMs, (ticks.get(tickMs) ?? 0) + 1);
    expect(min * tickMs).toBeGreaterThanOrEqual(profile === 'storm' ? 40 : 80);
    expect(max).toBeGreaterThan(min);
    expect(config.heartbeatTicks).toBeGreaterThan(0);
    expect(config.heartbeatTicks).toBeLessThan(min);
  }
  expect([...ticks.keys()].sort()).toEqual([10, RAFT_CONFIG_DEFAULT.tickMs]);
  for (const count of ticks.values()) expect(count).toBeGreaterThan(50);
});
