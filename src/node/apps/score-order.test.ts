import { expect, test } from 'vitest';
import { Prng } from '../../std/prng.ts';
import { KvSortedSet } from './collections.ts';
import type { Scored } from './score-order.ts';

/** The obvious way: sort everything each time. */
class Twin {
  readonly scores = new Map<string, number>();

  sorted(): Scored[] {
    const all = [...this.scores].map(([member, score]) => ({ member, score }));
    return all.sort((a, b) => a.score - b.score || (a.member < b.member ? -1 : 1));
  }
}

test('ScoreOrder agrees with sorting everything, through growth and shrinking', () => {
  const prng = new Prng(7);
  const zset = new KvSortedSet();
  const twin = new Twin();
  for (let step = 0; step < 6000; step += 1) {
    const member = `m${prng.between(0, 1500)}`;
    if (prng.chance(step < 4000 ? 0.2 : 0.8)) {
      expect(zset.delete(member)).toBe(twin.scores.delete(member));
    } else {
      const score = prng.between(-50, 50) / 2;
      zset.set(member, score);
      twin.scores.set(member, score);
    }
    if (step % 200 !== 0) continue;
    const sorted = twin.sorted();
    expect(zset.order.size).toBe(sorted.length);
    expect(zset.order.slice(0, sorted.length)).toEqual(sorted);
    const from = prng.between(0, sorted.length);
    expect(zset.order.slice(from, from + 700)).toEqual(sorted.slice(from, from + 700));
    const limit = prng.between(-52, 52) / 2;
    for (const inclusive of [true, false]) {
      const below = sorted.filter((s) => s.score < limit || (inclusive && s.score === limit));
      expect(zset.order.countBelow(limit, inclusive)).toBe(below.length);
    }
  }
});

test('ScoreOrder keeps one zero', () => {
  const zset = new KvSortedSet();
  zset.set('a', -0);
  zset.set('a', 0);
  expect(zset.order.slice(0, 9)).toEqual([{ member: 'a', score: 0 }]);
  expect(zset.delete('a')).toBe(true);
  expect(zset.order.size).toBe(0);
});
