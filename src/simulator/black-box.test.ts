import { expect, test } from 'vitest';
import { BlackBox, livesForEver } from './black-box.ts';
import { Violation } from './violation.ts';

function boxAt(clock: { ms: number }): BlackBox {
  return new BlackBox(() => clock.ms, true);
}

test('BlackBox.judge passes what some order explains, and counts it', () => {
  const clock = { ms: 0 };
  const box = boxAt(clock);
  const written = box.begin('a', { key: 'k1', write: { value: 'x', ttlMs: null } });
  const before = box.begin('b', { key: 'k1', write: null });
  clock.ms = 5;
  before('ok', null);
  written('ok', null);
  clock.ms = 6;
  const after = box.begin('b', { key: 'k1', write: null });
  clock.ms = 7;
  after('ok', 'x');
  box.judge();
  expect(box.counts['histories judged']).toBe(1);
});

test('BlackBox.judge throws when a read misses what was acknowledged before it began', () => {
  const clock = { ms: 0 };
  const box = boxAt(clock);
  const written = box.begin('a', { key: 'k1', write: { value: 'x', ttlMs: null } });
  clock.ms = 1;
  written('ok', null);
  clock.ms = 2;
  const read = box.begin('b', { key: 'k1', write: null });
  clock.ms = 3;
  read('ok', null);
  expect(() => box.judge()).toThrow(Violation);
});

test('BlackBox.judge holds a refused write for one that never happened, an unknown one for either', () => {
  for (const [outcome, legal] of [
    ['noLeader', false],
    ['unknown', true],
  ] as const) {
    const clock = { ms: 0 };
    const box = boxAt(clock);
    box.begin('a', { key: 'k1', write: { value: 'x', ttlMs: null } })(outcome, null);
    clock.ms = 2;
    const read = box.begin('b', { key: 'k1', write: null });
    clock.ms = 3;
    read('ok', 'x');
    if (legal) box.judge();
    else expect(() => box.judge()).toThrow('no order explains');
  }
});

test('BlackBox.begin leaves out keys whose values expire', () => {
  expect(['k1', 'k2', 'k3.4', 'liveness'].map(livesForEver)).toEqual([true, false, true, false]);
  const box = boxAt({ ms: 0 });
  box.begin('a', { key: 'k3', write: { value: 'x', ttlMs: 5 } })('ok', null);
  box.begin('a', { key: 'k3', write: null })('ok', 'never written');
  box.judge();
  expect(box.counts['histories judged']).toBe(0);
});

test('BlackBox.nameOf gives a key another name before its search grows too long', () => {
  const box = boxAt({ ms: 0 });
  const names = new Set(Array.from({ length: 1200 }, () => box.nameOf('k1')));
  expect([...names]).toEqual(['k1', 'k1.1', 'k1.2']);
});
