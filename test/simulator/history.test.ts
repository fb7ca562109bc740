/** The oracles of what clients are told fire on the smallest broken promise, and only then. */
import { describe, expect, test } from 'vitest';
import type { OracleName } from '../../src/simulator/violation.ts';
import { batchOf, context, oracleOf, Scene } from '../doubles/oracle-scene.ts';

describe('History', () => {
  test('History sees different commands applied at an index (I8)', () => {
    const scene = new Scene();
    scene.operation('a');
    scene.operation('b');
    scene.replicated('a');
    for (const member of [1, 2]) scene.turn(member, { commitIndex: 2 });
    scene.history.applies(1, 'a', context(2, 2));
    expect(oracleOf(() => scene.history.applies(2, 'b', context(2, 2)))).toBe(
      'I8 state machine safety',
    );
  });

  test('History sees an entry applied before it is committed, or twice (I12)', () => {
    const scene = new Scene();
    scene.operation('a');
    scene.replicated('a');
    expect(oracleOf(() => scene.history.applies(1, 'a', context(2, 2)))).toBe(
      'I12 commit monotone',
    );
    scene.turn(1, { commitIndex: 2 });
    scene.history.applies(1, 'a', context(2, 2));
    expect(oracleOf(() => scene.history.applies(1, 'a', context(2, 2)))).toBe(
      'I12 commit monotone',
    );
  });

  test('History sees an answer without a commit (I10)', () => {
    const scene = new Scene();
    const operation = scene.operation('a');
    expect(oracleOf(() => scene.history.settled(operation, 1, 'ok'))).toBe(
      'I10 no ack before commit',
    );
  });

  test('History sees a refused write that happens and a write that happens twice (I24)', () => {
    const scene = new Scene();
    const operation = scene.operation('a');
    scene.replicated('a');
    scene.turn(1, { commitIndex: 2 });
    scene.history.settled(operation, 1, 'noLeader');
    expect(oracleOf(() => scene.history.applies(1, 'a', context(2, 2)))).toBe('I24 at most once');
    const twice = new Scene();
    twice.operation('a');
    twice.replicated('a');
    twice.turn(1, { commitIndex: 2 });
    twice.history.applies(1, 'a', context(2, 2));
    for (const member of [1, 2]) twice.durable(member, 2, 1, batchOf(3, 2, 'a'));
    twice.turn(1, { commitIndex: 3 });
    expect(oracleOf(() => twice.history.applies(1, 'a', context(3, 2)))).toBe('I24 at most once');
  });

  test('History sees a read that misses what was committed before it began (I26)', () => {
    const scene = new Scene();
    scene.operation('a');
    scene.replicated('a');
    scene.turn(1, { commitIndex: 2 });
    scene.history.applies(1, 'a', context(2, 2));
    expect(
      oracleOf(() => scene.history.read(2, { key: 'k', value: null, committedAtStart: 2 })),
    ).toBe('I26 stale read');
  });

  test('History sees a value that the log does not explain (I23)', () => {
    const scene = new Scene();
    expect(
      oracleOf(() => scene.history.read(2, { key: 'k', value: 'x', committedAtStart: 1 })),
    ).toBe('I23 read value');
  });

  test('History lets a value expire in cluster time, and sees one that stays', () => {
    const scene = new Scene();
    const operation = scene.operation('a', 100);
    scene.clockMs = 2000;
    scene.replicated('a');
    scene.turn(1, { commitIndex: 2, matchIndex: 2 });
    scene.history.applies(1, 'a', context(2, 2, 1000));
    scene.history.settled(operation, 1, 'ok');
    const read = (value: string | null): OracleName | null =>
      oracleOf(() => scene.history.read(1, { key: 'k', value, committedAtStart: 2 }));
    expect(read('a')).toBeNull();
    expect(read(null)).toBe('I23 read value');
  });

  test('History sees a time in the log that no sound clock shows', () => {
    const scene = new Scene();
    scene.operation('a');
    scene.clockMs = 2000;
    scene.replicated('a');
    scene.turn(1, { commitIndex: 2, matchIndex: 2 });
    const applied = (): void => scene.history.applies(1, 'a', context(2, 2, 90_000));
    expect(oracleOf(applied)).toBe('cluster time');
  });
});
