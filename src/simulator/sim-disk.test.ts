import { describe, expect, test } from 'vitest';
import type { Disk, DiskFile } from '../node/ports/disk.ts';
import { bytesFrom, zeroBytes } from '../std/bytes.ts';
import { Prng } from '../std/prng.ts';
import { SimDisk, type SimDiskInit } from './sim-disk.ts';

/** A disk whose operations end when told to. */
function makeDisk(seed: number, init: Partial<SimDiskInit> = {}) {
  const tasks: (() => void)[] = [];
  const schedule = (_delayMs: number, task: () => void): void => void tasks.push(task);
  const disk = new SimDisk({ prng: new Prng(seed), schedule, ...init });
  const finish = (): void => {
    for (const task of tasks.splice(0)) task();
  };
  return { disk, finish };
}

async function durableFile(disk: Disk, finish: () => void, content: Uint8Array): Promise<DiskFile> {
  const file = await disk.open('/d/f', { create: true });
  await disk.syncDirectory('/d');
  file.write([content], 0, true, () => {});
  finish();
  return file;
}

describe('SimDisk.crash', () => {
  test('SimDisk.crash keeps what was synced, and leaves each unsynced sector to chance', async () => {
    const kept = new Set<string>();
    for (let seed = 1; seed <= 300; seed += 1) {
      const { disk, finish } = makeDisk(seed);
      const file = await durableFile(disk.boot(), finish, zeroBytes(2048).fill('a'));
      file.write([zeroBytes(1024).fill('b')], 512, false, () => {});
      finish();
      disk.crash();
      const after = Buffer.from(disk.contentOf('/d/f'));
      expect(after).toHaveLength(2048);
      expect(after.subarray(0, 512).equals(zeroBytes(512).fill('a'))).toBe(true);
      expect(after.subarray(1536).equals(zeroBytes(512).fill('a'))).toBe(true);
      kept.add([0, 1].map((i) => fateOf(after.subarray(512 + i * 512, 1024 + i * 512))).join(' '));
    }
    for (const fate of ['b b', 'a a', 'a b', 'b a']) expect(kept).toContain(fate);
    expect(kept.size).toBeGreaterThanOrEqual(12);
  });

  test('SimDisk.crash garbles no byte that was synced, in a sector that goes on', async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const { disk, finish } = makeDisk(seed);
      const file = await durableFile(disk.boot(), finish, bytesFrom('durable'));
      file.write([bytesFrom('not yet')], 7, true, () => {});
      disk.crash();
      expect(Buffer.from(disk.contentOf('/d/f')).toString('latin1').slice(0, 7)).toBe('durable');
    }
  });

  test('SimDisk.crash may undo what was done to names without a directory sync', async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const { disk, finish } = makeDisk(seed);
      const life = disk.boot();
      await durableFile(life, finish, bytesFrom('x'));
      await life.rename('/d/f', '/d/g');
      await life.open('/d/h', { create: true });
      disk.crash();
      outcomes.add(disk.paths().join(' '));
    }
    expect([...outcomes].sort()).toEqual(['/d/f', '/d/f /d/h', '/d/g', '/d/g /d/h']);
  });

  test('SimDisk.crash ends a life: no callback, no promise, no write of it has an effect', async () => {
    const { disk, finish } = makeDisk(1);
    const life = disk.boot();
    const file = await durableFile(life, finish, bytesFrom('first'));
    let called = false;
    file.write([bytesFrom('x')], 0, true, () => {
      called = true;
    });
    disk.crash();
    const before = Buffer.from(disk.contentOf('/d/f'));
    finish();
    file.write([bytesFrom('yyyyy')], 0, true, () => {
      called = true;
    });
    life.remove('/d/f').then(() => {
      called = true;
    });
    finish();
    await new Promise((resolve) => setImmediate(resolve));
    expect(called).toBe(false);
    expect(Buffer.from(disk.contentOf('/d/f')).equals(before)).toBe(true);
  });

  test('SimDisk.kill loses nothing that was written', async () => {
    const { disk, finish } = makeDisk(1);
    const file = await durableFile(disk.boot(), finish, bytesFrom('first'));
    file.write([bytesFrom('second')], 0, false, () => {});
    disk.kill();
    expect(Buffer.from(disk.contentOf('/d/f')).toString()).toBe('second');
  });

  test('SimDisk.crash gives the same outcome for the same seed', async () => {
    const run = async (): Promise<Buffer> => {
      const { disk, finish } = makeDisk(42);
      const file = await durableFile(disk.boot(), finish, zeroBytes(5000));
      file.write([zeroBytes(4000).fill('z')], 100, false, () => {});
      finish();
      disk.crash();
      return Buffer.from(disk.contentOf('/d/f'));
    };
    expect((await run()).equals(await run())).toBe(true);
  });
});

describe('SimDisk faults', () => {
  test('SimDisk.failNext fails one operation, after those to be skipped', async () => {
    const { disk, finish } = makeDisk(1);
    const file = await durableFile(disk.boot(), finish, bytesFrom('x'));
    disk.failNext('sync', '/d/f', 1);
    const codes: (string | null)[] = [];
    for (let count = 0; count < 3; count += 1) file.sync((e) => codes.push(e?.code ?? null));
    finish();
    expect(codes).toEqual([null, 'DISK_FAILED', null]);
  });

  test('SimDisk runs out of space in the middle of a write, and has it back after a remove', async () => {
    const { disk, finish } = makeDisk(1, { capacityBytes: 100 });
    const life = disk.boot();
    const file = await life.open('/d/f', { create: true });
    const codes: (string | null)[] = [];
    file.write([zeroBytes(150).fill(1)], 0, false, (e) => codes.push(e?.code ?? null));
    finish();
    expect(codes).toEqual(['DISK_FULL']);
    expect(disk.contentOf('/d/f')).toHaveLength(100);
    expect((await life.space('/d')).freeBytes).toBe(0);
    await life.remove('/d/f');
    expect((await life.space('/d')).freeBytes).toBe(100);
  });
});

/** a: old, b: new, p: the new one's beginning, g: neither. */
function fateOf(sector: Buffer): string {
  const text = sector.toString('latin1');
  if (/^a+$/.test(text)) return 'a';
  if (/^b+$/.test(text)) return 'b';
  return /^b*\0+$/.test(text) ? 'p' : 'g';
}
