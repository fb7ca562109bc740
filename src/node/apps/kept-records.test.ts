import { expect, it } from 'vitest';
import { Prng } from '../../std/prng.ts';
import { KeptRecords } from './kept-records.ts';

it('KeptRecords hands out what was added, by shard, whatever its length', () => {
  const prng = new Prng(3);
  const shards = 16;
  const kept = new KeptRecords(shards);
  const twin: string[][] = Array.from({ length: shards }, () => []);
  for (let i = 0; i < 5000; i += 1) {
    const shard = prng.between(0, shards - 2);
    const text = `${i}`.padEnd(prng.chance(0.002) ? 600_000 : prng.between(0, 300), 'x');
    kept.add(shard, text.length);
    kept.bytes.write(text, kept.start, 'latin1');
    twin[shard]?.push(text);
  }
  for (let shard = 0; shard < shards; shard += 1) {
    const found: string[] = [];
    kept.forEach(shard, (bytes, start, end) => found.push(bytes.toString('latin1', start, end)));
    expect(found.sort()).toEqual(twin[shard]?.sort());
  }
  kept.clear();
  kept.forEach(1, () => {
    throw new Error('nothing is left');
  });
});
