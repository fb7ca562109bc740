import { describe, expect, test } from 'vitest';
import { batchOf, DIRECTORY, LogRig } from '../../../test/doubles/log-rig.ts';
import { Prng } from '../../std/prng.ts';
import type { Batch } from '../model/batch.ts';
import { BatchIndex } from './log-index.ts';
import { segmentPath } from './segment-files.ts';

const SEGMENT_1 = segmentPath(DIRECTORY, 1);

describe('LogStore.write', () => {
  test('LogStore.write puts all that arrives during a sync into the next group', async () => {
    const rig = new LogRig();
    const opened = await rig.make();
    await rig.pass(50);
    const before = opened.store.stats().syncs;
    const first = rig.write(opened, [batchOf({ first: 2 })]);
    for (let index = 3; index <= 100; index += 1) rig.write(opened, [batchOf({ first: index })]);
    await rig.until(() => opened.synced > 0);
    expect(opened.synced).toBe(first);
    await rig.until(() => opened.synced === 99);
    expect(opened.store.stats().syncs - before).toBe(2);
    expect(opened.syncTimes).toHaveLength(2);
    for (const durationMs of opened.syncTimes) expect(durationMs).toBeGreaterThan(0);
  });

  test('LogStore.write reports a write without content, and one with a hard state only', async () => {
    const rig = new LogRig();
    const opened = await rig.make();
    await rig.commit(opened, []);
    await rig.commit(opened, [], { term: 5, vote: 2 });
    await rig.commit(opened, []);
    rig.crash(true);
    expect((await rig.open()).store.recovered.hardState).toEqual({ term: 5, vote: 2 });
  });

  test('LogStore.write gives a batch larger than a segment a segment of its own', async () => {
    const rig = new LogRig(1, 16 * 1024);
    let opened = await rig.make();
    const giants = [2, 3, 4].map((first) => batchOf({ first, payloadBytes: first * 100_000 }));
    for (const batch of giants) rig.write(opened, [batch]);
    await rig.commit(opened, [batchOf({ first: 5 })], { term: 2, vote: 1 });
    rig.crash(true);
    opened = await rig.open();
    expect(opened.store.recovered.lastIndex).toBe(5);
    expect(opened.store.recovered.tail[2]?.bytes).toEqual(giants[1]?.bytes);
    expect(await rig.read(opened, { from: 3, through: 4, bytesMax: 1 })).toHaveLength(1);
  });

  test('LogStore.write refuses to leave a gap: that is a bug of the caller', async () => {
    const rig = new LogRig();
    const opened = await rig.make();
    expect(() => rig.write(opened, [batchOf({ first: 3 })])).toThrow('leaves a gap');
  });

  for (const operation of ['write', 'sync'] as const) {
    test(`LogStore.write ends for good when a ${operation} fails, and reports nothing after it`, async () => {
      const rig = new LogRig(2);
      const opened = await rig.make();
      await rig.pass(50);
      await rig.commit(opened, [batchOf({ first: 2 })]);
      await rig.pass(50);
      const reported = opened.synced;
      rig.disk.failNext(operation, '.seg');
      rig.write(opened, [batchOf({ first: 3 })]);
      rig.write(opened, [batchOf({ first: 4 })]);
      await rig.until(() => opened.failed !== null);
      expect(opened.failed).toMatchObject({ code: 'DISK_FAILED', exitCode: 11 });
      rig.write(opened, [batchOf({ first: 5 })]);
      await rig.pass(1000);
      expect(opened.synced).toBe(reported);
      await rig.drive(opened.store.close());
      // No mark of an orderly stop, and what was reported is there.
      expect(rig.disk.paths()).not.toContain(`${DIRECTORY}/clean`);
      rig.crash(true);
      const { lastIndex } = (await rig.open()).store.recovered;
      expect(lastIndex).toBeGreaterThanOrEqual(2);
      expect(lastIndex).toBeLessThanOrEqual(4);
    });
  }

  test('LogStore.write fails when a segment cannot be made for another reason than space', async () => {
    const rig = new LogRig(3);
    await rig.format();
    rig.disk.failNext('rename', 'next.tmp');
    const opened = await rig.open();
    await rig.until(() => opened.failed !== null);
    expect(opened.failed?.code).toBe('DISK_FAILED');
  });
});

describe('a full disk', () => {
  test('a full disk makes writes wait, and they go on by themselves once there is space', async () => {
    const rig = new LogRig(4, 16 * 1024);
    await rig.format();
    rig.disk.setCapacity(rig.disk.usedBytes + 20 * 1024);
    const opened = await rig.open();
    let index = 1;
    let sequence = 0;
    while (index < 60) {
      index += 1;
      sequence = rig.write(opened, [batchOf({ first: index, payloadBytes: 1000 })]);
    }
    await rig.until(() => opened.space.length > 0);
    await rig.pass(5000);
    expect(opened.space).toEqual([true]);
    expect(opened.store.stats().full).toBe(true);
    expect(opened.failed).toBeNull();
    const waiting = opened.synced;
    expect(waiting).toBeLessThan(sequence);
    // What was reported is durable, and nothing half-made takes space.
    expect(rig.disk.paths().some((path) => path.endsWith('.tmp'))).toBe(false);
    rig.disk.setCapacity(10_000_000);
    await rig.until(() => opened.synced === sequence);
    expect(opened.space).toEqual([true, false]);
    expect(opened.store.stats().full).toBe(false);
    rig.crash(true);
    expect((await rig.open()).store.recovered.lastIndex).toBe(index);
  });

  test.each([5000, 0])(
    'a full disk (%i bytes free) does not keep a log from closing, nor from opening again',
    async (freeBytes) => {
      const rig = new LogRig(5, 16 * 1024);
      await rig.format();
      rig.disk.setCapacity(rig.disk.usedBytes + freeBytes);
      const opened = await rig.open();
      for (let first = 2; first < 40; first += 1) {
        rig.write(opened, [batchOf({ first, payloadBytes: 1000 })]);
      }
      await rig.until(() => opened.store.stats().full);
      await rig.pass(3000);
      const reported = opened.synced;
      await rig.drive(opened.store.close());
      rig.crash(true);
      const { recovered } = (await rig.open()).store;
      expect(recovered.lastIndex).toBe(1 + reported);
    },
  );
});

describe('fsync modes', () => {
  test('fsync batch reports at once and syncs at most 100 ms later', async () => {
    const rig = new LogRig(6);
    rig.fsync = 'batch';
    const opened = await rig.make();
    await rig.pass(50);
    const before = opened.store.stats().syncs;
    const start = rig.nowMs;
    await rig.commit(opened, [batchOf({ first: 2 })]);
    expect(rig.nowMs - start).toBeLessThan(1);
    expect(opened.store.stats().syncs).toBe(before);
    await rig.pass(110);
    expect(opened.store.stats().syncs).toBe(before + 1);
    await rig.pass(1000);
    expect(opened.store.stats().syncs).toBe(before + 1);
    rig.crash(true);
    expect((await rig.open()).store.recovered.lastIndex).toBe(2);
  });

  test('fsync none never syncs, but an orderly stop does, all segments', async () => {
    const rig = new LogRig(7, 8 * 1024);
    rig.fsync = 'none';
    const opened = await rig.make();
    for (let first = 2; first <= 60; first += 1) {
      await rig.commit(opened, [batchOf({ first, payloadBytes: 900 })]);
    }
    expect(opened.store.stats().syncs).toBe(0);
    await rig.drive(opened.store.close());
    rig.crash(true);
    expect((await rig.open()).store.recovered.lastIndex).toBe(60);
  });
});

describe('LogStore.stats', () => {
  test('LogStore.stats knows the free space some seconds after it changed', async () => {
    const rig = new LogRig(8);
    const opened = await rig.make();
    await rig.pass(100);
    rig.disk.setCapacity(5_000_000);
    await rig.pass(6000);
    const { freeBytes, totalBytes, logBytes } = opened.store.stats();
    expect(totalBytes).toBe(5_000_000);
    expect(freeBytes).toBe(5_000_000 - rig.disk.usedBytes);
    expect(logBytes).toBe(rig.disk.usedBytes);
  });
});

describe('LogStore.read', () => {
  test('LogStore.read returns whole batches, at least one, then as many as fit', async () => {
    const rig = new LogRig(9);
    const opened = await rig.make();
    for (let first = 2; first < 300; first += 3) {
      rig.write(opened, [batchOf({ first, count: 3, payloadBytes: 944 })]);
    }
    await rig.until(() => opened.synced === 100);
    const read = async (from: number, through: number, bytesMax: number): Promise<number[]> => {
      return (await rig.read(opened, { from, through, bytesMax })).map((b) => b.first);
    };
    expect(await read(1, 301, 1)).toEqual([1]);
    expect(await read(3, 301, 1)).toEqual([2]);
    expect(await read(6, 301, 3000)).toEqual([5, 8, 11]);
    expect(await read(6, 9, 1_000_000)).toEqual([5, 8]);
    expect(await read(150, 301, 1_000_000)).toHaveLength(51);
    expect(await read(301, 301, 1_000_000)).toEqual([299]);
  });

  test('LogStore.read never returns what was superseded, here and after a restart', async () => {
    const rig = new LogRig(10, 16 * 1024);
    const prng = new Prng(10);
    let opened = await rig.make();
    let log: Batch[] = [];
    let term = 1;
    for (let round = 0; round < 400; round += 1) {
      if (prng.chance(0.15)) {
        term += 1;
        log = log.slice(0, -prng.between(1, 40));
      }
      const first = (log.at(-1)?.last ?? 1) + 1;
      const payloadBytes = prng.chance(0.02) ? 200_000 : prng.between(1, 2000);
      const batch = batchOf({ first, count: prng.between(1, 3), term, payloadBytes });
      log.push(batch);
      rig.write(opened, [batch]);
      if (prng.chance(0.3)) await rig.step();
      if (prng.chance(0.2)) {
        const from = prng.between(2, batch.last);
        const range = { from, through: batch.last, bytesMax: prng.between(1, 30_000) };
        const expected = log.filter((b) => b.last >= from);
        const found = await rig.read(opened, range);
        expect(found.length).toBeGreaterThan(0);
        expect(found.map((b) => b.bytes)).toEqual(
          expected.slice(0, found.length).map((b) => b.bytes),
        );
      }
      if (round % 150 === 149) {
        await rig.drive(opened.store.close());
        opened = await rig.open({ tailBytesMax: 1000 });
      }
    }
  });

  test('LogStore.read during a truncation returns nothing that was superseded', async () => {
    const rig = new LogRig(11);
    const opened = await rig.make();
    for (let first = 2; first <= 50; first += 1) await rig.commit(opened, [batchOf({ first })]);
    let found: readonly Batch[] | null = null;
    opened.store.read({ from: 40, through: 50, bytesMax: 100_000 }, (_, batches) => {
      found = batches;
    });
    rig.write(opened, [batchOf({ first: 45, term: 2 })]);
    await rig.until(() => found !== null);
    expect((found as unknown as Batch[]).map((b) => [b.first, b.term])).toEqual(
      [40, 41, 42, 43, 44].map((first) => [first, 1]),
    );
  });

  test('LogStore.read reports damage found on the way, by file and offset', async () => {
    const rig = new LogRig(12);
    const opened = await rig.make();
    for (let first = 2; first <= 50; first += 1) await rig.commit(opened, [batchOf({ first })]);
    rig.disk.flipByte(SEGMENT_1, 4096 + 3000, 4);
    const range = { from: 2, through: 50, bytesMax: 100_000 };
    await expect(rig.read(opened, range)).rejects.toMatchObject({
      code: 'WAL_CORRUPT',
      message: expect.stringMatching(/0{15}1\.seg at offset \d+/),
    });
    // Another range is still there.
    expect((await rig.read(opened, { from: 2, through: 3, bytesMax: 1000 })).length).toBe(2);
  });
});

describe('BatchIndex', () => {
  test('BatchIndex agrees with a plain list of all batches', () => {
    const prng = new Prng(3);
    for (let round = 0; round < 50; round += 1) {
      const index = new BatchIndex();
      let live: { first: number; position: number }[] = [];
      const all: { first: number; position: number }[] = [];
      let position = 4096;
      for (let count = 0; count < 200; count += 1) {
        const cut = prng.chance(0.1) && live.length > 1;
        if (cut) live = live.slice(0, prng.between(1, live.length - 1));
        const last = live.at(-1)?.first ?? 0;
        const supersedes = cut;
        const batch = { first: last + 1, position };
        index.add(batch.first, position, supersedes);
        live.push(batch);
        all.push(batch);
        position += prng.between(100, 30_000);
      }
      for (const batch of all) {
        expect(index.isLive(batch.first, batch.position)).toBe(live.includes(batch));
      }
      for (const [at, batch] of live.entries()) {
        const start = index.positionBefore(batch.first);
        expect(start).toBeLessThanOrEqual(batch.position);
        expect(batch.position - start).toBeLessThan(position);
        expect(live.slice(0, at + 1).some((b) => b.position === start)).toBe(true);
      }
    }
  });
});
