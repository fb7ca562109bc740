import { describe, expect, test } from 'vitest';
import type { RaftctlError } from '../std/errors.ts';
import { Prng } from '../std/prng.ts';
import { drawPlan } from './draw-plan.ts';
import { decodePlan, encodePlan, makePlan } from './plan-file.ts';

const PLAN = makePlan({
  ...{ seed: 7, seconds: 1.5, nodes: 3, profile: 'swarm', mutant: 'M13', oracle: 'I29 liveness' },
  faults: drawPlan(new Prng(3), { nodes: 3, durationMs: 20_000, profile: 'storm' }),
  operations: [{ atMs: 600, member: 2, key: 'k1', read: false, ttlMs: null, padding: 3 }],
});

describe('decodePlan', () => {
  test('decodePlan reads what encodePlan wrote', () => {
    expect(decodePlan(encodePlan(PLAN), 'a.json')).toEqual(PLAN);
  });

  test.each([
    ['no JSON', '{'],
    ['another schema', '{"schema":"x"}'],
    ['no nodes', encodePlan(PLAN).replace('"nodes": 3', '"nodes": 0')],
    ['no time', encodePlan(PLAN).replace('"atMs":600', '"atMs":null')],
    ['no such profile', encodePlan(PLAN).replace('"swarm"', '"calm"')],
  ])('decodePlan refuses %s and names the file', (_, text) => {
    try {
      decodePlan(text, 'a.json');
      expect.unreachable();
    } catch (error) {
      expect((error as RaftctlError).code).toBe('CONFIG_INVALID');
      expect((error as RaftctlError).message).toContain('a.json');
    }
  });
});
