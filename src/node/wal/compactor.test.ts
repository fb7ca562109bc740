import { describe, expect, it } from 'vitest';
import { batchOf, DIRECTORY, FOUNDING, LogRig } from '../../../test/doubles/log-rig.ts';
import type { Batch } from '../model/batch.ts';
import type { LogBase } from '../model/log-write.ts';
import { dumpLog } from './dump.ts';

const SEGMENT_BYTES = 16 * 1024;
const ARCHIVE = '/data/archive';

/** Batches first..last of one entry each, a segment holds about ten. */
function batches(first: number, last: number, term = 1): Batch[] {
  return Array.from({ length: last - first + 1 }, (_, i) =>
    batchOf({ first: first + i, term, payloadBytes: 1000 }),
  );
}

async function filled(seed: number, last: number) {
  const rig = new LogRig(seed, SEGMENT_BYTES);
  const opened = await rig.make();
  for (const batch of batches(2, last)) await rig.commit(opened, [batch]);
  return { rig, opened };
}

function reopen(rig: LogRig, snapshot: LogBase | null) {
  return rig.open({ snapshot });
}

/** First and last entry of a batch, for those that a dump has. */
async function dumped(rig: LogRig): Promise<number[]> {
  const firsts: number[] = [];
  const end = await rig.drive(
    dumpLog(rig.disk.boot(), DIRECTORY, ({ first }) => {
      if (first !== null) firsts.push(first);
    }),
  );
  expect(end.damage).toBeNull();
  return firsts;
}

describe('LogStore.archiving', () => {
  it('moves segments to the archive, where a dump finds the whole log', async () => {
    const { rig, opened } = await filled(1, 100);
    opened.store.archiving = true;
    const before = rig.segments();
    opened.store.compact(80);
    await rig.pass(10);
    const archived = rig.segments().filter((path) => path.startsWith(ARCHIVE));
    expect(archived.length).toBeGreaterThan(3);
    expect(rig.segments()).toHaveLength(before.length);
    rig.crash(false);
    expect(await dumped(rig)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    const again = await reopen(rig, { index: 90, term: 1 });
    expect(again.store.recovered.lastIndex).toBe(100);
  });

  it('loses no segment to a power cut at any moment', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { rig, opened } = await filled(seed, 60);
      opened.store.archiving = true;
      opened.store.compact(50);
      for (let i = seed % 14; i > 0; i -= 1) await new Promise((resolve) => setImmediate(resolve));
      rig.crash(true);
      expect(await dumped(rig)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
      const again = await reopen(rig, { index: 50, term: 1 });
      again.store.archiving = true;
      again.store.compact(55);
      await rig.pass(10);
      rig.crash(false);
      expect(await dumped(rig)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    }
  });
});

describe('LogStore.compact', () => {
  it('removes whole segments, and a later start knows the rest by the snapshot', async () => {
    const { rig, opened } = await filled(1, 100);
    const before = { segments: rig.segments().length, bytes: opened.store.stats().logBytes };
    opened.store.compact(80);
    await rig.pass(10);
    expect(rig.segments().length).toBeLessThan(before.segments - 3);
    expect(opened.store.stats().logBytes).toBeLessThan(before.bytes * 0.75);
    const tail = await rig.read(opened, { from: 81, through: 100, bytesMax: 1e6 });
    expect(tail.map((b) => b.first)).toEqual(Array.from({ length: 20 }, (_, i) => 81 + i));
    expect(await rig.read(opened, { from: 5, through: 100, bytesMax: 1e6 })).toEqual([]);
    rig.crash(true);
    const again = await reopen(rig, { index: 90, term: 1 });
    const { baseIndex, baseTerm, lastIndex } = again.store.recovered;
    expect({ baseTerm, lastIndex }).toEqual({ baseTerm: 1, lastIndex: 100 });
    expect(baseIndex).toBeLessThanOrEqual(80);
    expect(baseIndex).toBeGreaterThan(40);
    await rig.commit(again, batches(101, 101));
    const read = await rig.read(again, { from: 95, through: 101, bytesMax: 1e6 });
    expect(read.at(-1)?.last).toBe(101);
  });

  it('leaves a log that is damage without the snapshot that holds what is gone', async () => {
    const { rig, opened } = await filled(2, 100);
    opened.store.compact(80);
    await rig.pass(10);
    rig.crash(false);
    await expect(reopen(rig, null)).rejects.toMatchObject({ code: 'WAL_CORRUPT' });
    rig.crash(false);
    await expect(reopen(rig, { index: 30, term: 1 })).rejects.toMatchObject({
      code: 'WAL_CORRUPT',
    });
    rig.crash(false);
    expect((await reopen(rig, { index: 80, term: 1 })).store.recovered.lastIndex).toBe(100);
  });

  it('survives a power cut at any moment of the removal', async () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { rig, opened } = await filled(seed, 60);
      opened.store.compact(50);
      for (let i = seed % 14; i > 0; i -= 1) await new Promise((resolve) => setImmediate(resolve));
      rig.crash(true);
      const again = await reopen(rig, { index: 50, term: 1 });
      expect(again.store.recovered.lastIndex).toBe(60);
    }
  });
});

describe('LogStore.write with a reset', () => {
  it('begins the log anew, durably, and then frees the segments before', async () => {
    const { rig, opened } = await filled(3, 60);
    const reset = { index: 500, term: 3 };
    opened.store.write({ sequence: 1000, hardState: null, batches: batches(501, 503, 3), reset });
    opened.store.compact(500);
    await rig.until(() => opened.synced === 1000);
    await rig.pass(10);
    expect(rig.segments().length).toBeLessThanOrEqual(3);
    rig.crash(true);
    const { recovered } = (await reopen(rig, reset)).store;
    expect(recovered).toMatchObject({ baseIndex: 500, baseTerm: 3, lastIndex: 503 });
    expect(recovered.tail.map((b) => b.first)).toEqual([501, 502, 503]);
    rig.crash(false);
    await expect(reopen(rig, null)).rejects.toMatchObject({ code: 'WAL_CORRUPT' });
  });

  it('is made up for when the snapshot became durable and the reset did not', async () => {
    for (const [last, term] of [
      [500, 3],
      [40, 2],
    ] as const) {
      const { rig } = await filled(4, 60);
      rig.crash(true);
      const again = await reopen(rig, { index: last, term });
      const expected = { baseIndex: last, baseTerm: term, lastIndex: last, tail: [] };
      expect(again.store.recovered).toMatchObject(expected);
      await rig.commit(again, batches(last + 1, last + 2, term));
      rig.crash(true);
      const third = await reopen(rig, { index: last, term });
      expect(third.store.recovered).toMatchObject({ ...expected, lastIndex: last + 2, tail: {} });
    }
  });

  it('keeps a log that holds the entry of the snapshot', async () => {
    const { rig } = await filled(5, 60);
    rig.crash(true);
    const { recovered } = (await reopen(rig, { index: 40, term: 1 })).store;
    expect(recovered).toMatchObject({ baseIndex: 0, baseTerm: 0, lastIndex: 60 });
    expect(recovered.configurations.map((b) => b.bytes)).toEqual([FOUNDING.bytes]);
  });
});
