import { describe, expect, it } from 'vitest';
import {
  blockedSlowly,
  isLinearizableSlowly,
  linearizableHistory,
  mutated,
  type Shape,
  stepSlowly,
} from '../../test/doubles/checker-twin.ts';
import { Prng } from '../std/prng.ts';
import { checkLinearizability } from './checker.ts';
import { type ActionKind, isUnknown, type Operation, type Value } from './history.ts';
import { modelNamed } from './models.ts';

const KV = modelNamed('kv');

/** Whether an order explains every answer before `blocked`, and respects time. */
function explains(order: readonly Operation[], initial: Value): boolean {
  let state: Value | undefined = initial;
  for (const [at, operation] of order.entries()) {
    state = stepSlowly(state, operation.action, isUnknown(operation));
    if (state === undefined) return false;
    if (order.slice(at + 1).some((later) => later.returnedAt < operation.calledAt)) return false;
  }
  return true;
}

const SHAPES: readonly (readonly ActionKind[])[] = [
  ['get', 'put'],
  ['get', 'put', 'cas'],
  ['get', 'put', 'put', 'del'],
  ['get', 'append', 'put'],
  ['get', 'incr', 'del'],
  ['get', 'put', 'cas', 'del', 'append'],
];

function shapeOf(prng: Prng): Shape {
  return {
    operations: prng.between(1, 7),
    clients: prng.between(1, 4),
    kinds: prng.pick(SHAPES),
    valuesMax: prng.pick([null, 1, 2]),
    unknownShare: prng.pick([0, 0.2, 0.5]),
  };
}

describe('checkLinearizability', () => {
  it('agrees with the slow twin on thousands of small histories', () => {
    const prng = new Prng(1);
    const counts = { ok: 0, illegal: 0, unknown: 0 };
    for (let run = 0; run < 6000; run += 1) {
      let history = linearizableHistory(prng, shapeOf(prng));
      for (let changes = prng.between(0, 2); changes > 0; changes -= 1) {
        history = mutated(prng, history);
      }
      const { verdict, finding } = checkLinearizability(history, KV);
      const expected = isLinearizableSlowly(history, null) ? 'ok' : 'illegal';
      expect({ verdict, history }).toEqual({ verdict: expected, history });
      counts[verdict] += 1;
      expect(explains(finding?.order ?? [], null)).toBe(true);
      if (verdict === 'ok') continue;
      const blocked = blockedSlowly(history, null);
      expect({ blocked: finding?.blocked, history }).toEqual({ blocked, history });
    }
    expect(counts.ok).toBeGreaterThan(1500);
    expect(counts.illegal).toBeGreaterThan(800);
  });

  it('finds each history legal that really took effect', () => {
    const prng = new Prng(2);
    for (let run = 0; run < 300; run += 1) {
      const shape = { ...shapeOf(prng), operations: prng.between(20, 200) };
      const history = linearizableHistory(prng, { ...shape, unknownShare: 0.05 });
      expect(checkLinearizability(history, KV).verdict).toBe('ok');
    }
  });
});
