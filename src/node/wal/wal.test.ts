import { describe, expect, test } from 'vitest';
import { batchOf, CLUSTER, DIRECTORY, FOUNDING, LogRig } from '../../../test/doubles/log-rig.ts';
import { SILENT_LOG } from '../../std/log.ts';
import { segmentPath } from './segment-files.ts';
import { formatLog, openLog } from './wal.ts';

const SEGMENT_1 = segmentPath(DIRECTORY, 1);

describe('formatLog', () => {
  test('formatLog leaves entry 1, term 1 and no vote, durable at once', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const rig = new LogRig(seed);
      await rig.format();
      rig.crash(true);
      const { store } = await rig.open();
      expect(store.recovered.hardState).toEqual({ term: 1, vote: 0 });
      expect(store.recovered).toMatchObject({
        baseIndex: 0,
        baseTerm: 0,
        lastIndex: 1,
        termRuns: [{ term: 1, first: 1 }],
      });
      expect(store.recovered.configurations.map((b) => b.bytes)).toEqual([FOUNDING.bytes]);
      expect(store.recovered.tail.map((b) => b.bytes)).toEqual([FOUNDING.bytes]);
    }
  });

  test('formatLog interrupted at any point leaves either no log or a whole one', async () => {
    let whole = 0;
    for (let seed = 1; seed <= 60; seed += 1) {
      const rig = new LogRig(seed, 16 * 1024);
      const random = rig.prng.fork();
      const init = {
        directory: DIRECTORY,
        cluster: CLUSTER,
        member: 1,
        founding: FOUNDING,
        random,
      };
      formatLog({ disk: rig.disk.boot(), segmentBytes: 16 * 1024, ...init }).catch(() => {});
      for (let steps = seed % 6; steps > 0; steps -= 1) await rig.step();
      rig.crash(true);
      if (rig.segments().length === 0) {
        await expect(rig.open()).rejects.toMatchObject({ code: 'DATA_DIR_EMPTY' });
        await rig.format();
      } else whole += 1;
      expect((await rig.open()).store.recovered.lastIndex).toBe(1);
    }
    expect(whole).toBeGreaterThan(5);
  });

  test('formatLog refuses a directory that holds a log', async () => {
    const rig = new LogRig();
    await rig.format();
    await expect(rig.format()).rejects.toMatchObject({ code: 'DATA_DIR_FORMATTED', exitCode: 7 });
  });
});

describe('openLog', () => {
  test('openLog gives back what was written, over many segments and restarts', async () => {
    const rig = new LogRig(3, 16 * 1024);
    let opened = await rig.make();
    let index = 1;
    for (let life = 0; life < 4; life += 1) {
      for (let count = 0; count < 30; count += 1) {
        const batch = batchOf({ first: index + 1, count: 3, term: life + 1, payloadBytes: 900 });
        await rig.commit(opened, [batch], count === 0 ? { term: life + 1, vote: 1 } : null);
        index = batch.last;
      }
      if (life % 2 === 0) await rig.drive(opened.store.close());
      else rig.crash(false);
      opened = await rig.open();
      expect(opened.store.recovered.lastIndex).toBe(index);
      expect(opened.store.recovered.hardState).toEqual({ term: life + 1, vote: 1 });
      const runs = [1, 2, 3, 4].slice(0, life + 1);
      expect(opened.store.recovered.termRuns).toEqual(
        runs.map((term) => ({ term, first: term === 1 ? 1 : 2 + (term - 1) * 90 })),
      );
    }
    const { tail } = opened.store.recovered;
    expect(tail[0]?.first).toBe(1);
    expect(tail.at(-1)?.last).toBe(index);
    for (const batch of tail.slice(1)) {
      const { first, term } = batch;
      expect(batch.bytes).toEqual(batchOf({ first, count: 3, term, payloadBytes: 900 }).bytes);
    }
  });

  test('openLog keeps only as much of the newest log as tailBytesMax allows', async () => {
    const rig = new LogRig();
    let opened = await rig.make();
    for (let first = 2; first <= 101; first += 1) {
      rig.write(opened, [batchOf({ first, payloadBytes: 1000 - 56 })]);
    }
    await rig.until(() => opened.synced === 100);
    rig.crash(false);
    opened = await rig.open({ tailBytesMax: 10_000 });
    expect(opened.store.recovered.tail.map((b) => b.first)).toEqual([
      92, 93, 94, 95, 96, 97, 98, 99, 100, 101,
    ]);
  });

  test('openLog survives a log whose truncation was written last', async () => {
    const rig = new LogRig();
    let opened = await rig.make();
    await rig.commit(opened, [batchOf({ first: 2, count: 2 }), batchOf({ first: 4, count: 5 })]);
    await rig.commit(opened, [batchOf({ first: 4, count: 1, term: 2 })], { term: 2, vote: 3 });
    await rig.drive(opened.store.close());
    opened = await rig.open();
    const { recovered } = opened.store;
    expect(recovered.lastIndex).toBe(4);
    expect(recovered.termRuns).toEqual([
      { term: 1, first: 1 },
      { term: 2, first: 4 },
    ]);
    expect(recovered.tail.map((b) => [b.first, b.last, b.term])).toEqual([
      [1, 1, 1],
      [2, 3, 1],
      [4, 4, 2],
    ]);
    await rig.commit(opened, [batchOf({ first: 5, term: 2 })]);
    rig.crash(true);
    expect((await rig.open()).store.recovered.lastIndex).toBe(5);
  });

  test('openLog cuts a torn last group at every byte length, and what was cut stays away', async () => {
    // One group of three frames is torn: its first `kept` bytes are there, the rest is zeros.
    const size = 3 * 128;
    for (let kept = 0; kept < size; kept += 1) {
      const rig = new LogRig(kept + 1, 16 * 1024);
      let opened = await rig.make();
      await rig.commit(opened, [batchOf({ first: 2 })]);
      const start = usedBytes(rig);
      rig.write(
        opened,
        [3, 4, 5].map((first) => batchOf({ first })),
      );
      rig.crash(false);
      rig.disk.zero(SEGMENT_1, start + kept, start + size);
      opened = await rig.open();
      const whole = Math.floor(kept / 128);
      expect(opened.store.recovered.lastIndex).toBe(2 + whole);
      // A shorter entry goes where the torn ones were.
      const first = 3 + whole;
      await rig.commit(opened, [batchOf({ first, term: 2, payloadBytes: 8 })]);
      rig.crash(true);
      opened = await rig.open();
      expect(opened.store.recovered.lastIndex).toBe(first);
      expect(opened.store.recovered.tail.at(-1)?.term).toBe(2);
    }
  });

  test('openLog says that a directory without a log is empty', async () => {
    await expect(new LogRig().open()).rejects.toMatchObject({ code: 'DATA_DIR_EMPTY' });
  });

  test('openLog refuses the log of another cluster or member', async () => {
    const rig = new LogRig();
    await rig.format();
    const init = {
      ...{ disk: rig.disk.boot(), clock: rig.clock, log: SILENT_LOG, random: rig.prng.fork() },
      ...{ directory: DIRECTORY, cluster: CLUSTER, member: 1 },
    };
    const open = (other: object) => rig.drive(openLog({ ...init, ...other }));
    await expect(open({ cluster: 'ee'.repeat(16) })).rejects.toMatchObject({
      code: 'WAL_CORRUPT',
      message: expect.stringContaining(CLUSTER),
    });
    await expect(open({ member: 2 })).rejects.toMatchObject({
      code: 'WAL_CORRUPT',
      message: expect.stringContaining('belongs to member 1, this is member 2'),
    });
  });
});

/** Offset behind the last byte of the first segment that is not zero, frames being 8-aligned. */
function usedBytes(rig: LogRig): number {
  const bytes = rig.disk.contentOf(SEGMENT_1);
  let end = bytes.length;
  while (bytes[end - 1] === 0) end -= 1;
  return (end + 7) & ~7;
}
