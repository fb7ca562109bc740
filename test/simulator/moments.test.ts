import { expect, test } from 'vitest';
import type { RecoveredLog } from '../../src/node/ports/log-store.ts';
import { drawLag, drawMoments } from '../../src/simulator/draw-moments.ts';
import { MOMENTS, MomentOracles } from '../../src/simulator/moments.ts';
import { Prng } from '../../src/std/prng.ts';
import { batchOf } from '../doubles/oracle-scene.ts';

const FOUND: RecoveredLog = {
  ...{ hardState: { term: 1, vote: 0 }, baseIndex: 0, baseTerm: 0, lastIndex: 1 },
  ...{ configurations: [], tail: [batchOf(1, 1)], termRuns: [{ term: 1, first: 1 }] },
};

test('MomentOracles tell of each moment when it is there', () => {
  const oracles = new MomentOracles([1, 2, 3], [batchOf(1, 1)]);
  const seen: string[] = [];
  oracles.onMoment = (member, moment) => seen.push(`${member} ${moment}`);
  for (const member of [1, 2]) oracles.recovered(member, FOUND);
  const term = (number: number) => ({ hardState: { term: number, vote: 0 }, batches: [] });
  const entries = (...batches: ReturnType<typeof batchOf>[]) => ({ hardState: null, batches });
  oracles.wrote(1, { sequence: 1, ...term(2) });
  oracles.wrote(1, { sequence: 2, ...entries(batchOf(2, 2)) });
  oracles.wrote(1, { sequence: 3, ...term(3) });
  oracles.wrote(1, { sequence: 4, ...entries(batchOf(2, 3)) });
  oracles.stored(1, { index: 1, term: 1 }, 'taken');
  oracles.stored(2, { index: 1, term: 1 }, 'received');
  oracles.compacts(1, 1);
  expect(seen).toEqual([
    ...['1 start', '2 start', '1 term', '1 entries', '1 term', '1 truncation'],
    ...['1 snapshot', '2 receivedSnapshot', '1 compaction'],
  ]);
});

test('drawMoments() draws every moment in some seed, and none for a calm one', () => {
  const drawn = new Set<string>();
  for (let seed = 1; seed <= 100; seed += 1) {
    const { classes, events } = drawMoments(new Prng(seed), { calm: false, durationMs: 20_000 });
    expect(classes.length === 0).toBe(events.length === 0);
    for (const event of events) if (event.type === 'moment') drawn.add(event.moment);
    expect(drawMoments(new Prng(seed), { calm: true, durationMs: 20_000 }).events).toEqual([]);
  }
  expect([...drawn].sort()).toEqual([...MOMENTS].sort());
});

test('drawLag() has somebody away for a good part of the time', () => {
  const events = drawLag(new Prng(1), 60_000);
  let awayMs = 0;
  for (const event of events) if (event.type === 'crash') awayMs += event.ms;
  expect(awayMs).toBeGreaterThan(15_000);
  expect(events.every(({ atMs }) => atMs < 60_000)).toBe(true);
});
