/** What every Disk does, real or simulated: run by disk.test.ts on both. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Disk, DiskFile } from '../../src/node/ports/disk.ts';
import { type Bytes, bytesFrom, zeroBytes } from '../../src/std/bytes.ts';
import type { RaftctlError } from '../../src/std/errors.ts';

export interface DiskUnderTest {
  readonly disk: Disk;
  /** An existing, empty directory. */
  readonly directory: string;
  /** Waits for a promise; a simulated world makes time pass meanwhile. */
  drive<T>(promise: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export function describeDisk(name: string, make: () => Promise<DiskUnderTest>): void {
  describe(`Disk contract: ${name}`, () => {
    let rig: DiskUnderTest;
    let path: string;

    beforeEach(async () => {
      rig = await make();
      path = `${rig.directory}/file`;
    });
    afterEach(() => rig.close());

    const create = (at = path): Promise<DiskFile> => rig.disk.open(at, { create: true });

    const write = (
      file: DiskFile,
      chunks: readonly Uint8Array[],
      options: { offset: number; sync?: boolean },
    ): Promise<void> => {
      const written = new Promise<void>((resolve, reject) => {
        file.write(chunks, options.offset, options.sync ?? false, settle(resolve, reject));
      });
      return rig.drive(written);
    };

    const read = (file: DiskFile, offset: number, length: number): Promise<Bytes> => {
      const found = new Promise<Bytes>((resolve, reject) => {
        file.read(offset, length, (error, bytes) => {
          if (error === null) resolve(bytes);
          else reject(error);
        });
      });
      return rig.drive(found);
    };

    test('write puts chunks one after the other where they belong', async () => {
      const file = await create();
      await write(file, [bytesFrom('abc'), bytesFrom(''), bytesFrom('def')], { offset: 10 });
      await write(file, [bytesFrom('X')], { offset: 12, sync: true });
      expect(await read(file, 0, 100)).toEqual(Buffer.concat([zeroBytes(10), bytesFrom('abXdef')]));
      expect(await file.size()).toBe(16);
      await file.close();
    });

    for (const size of [0, 1, 4096, 300 * 1024, 5 * 1024 * 1024]) {
      test(`write and read carry ${size} bytes in many chunks`, async () => {
        const file = await create();
        const bytes = zeroBytes(size);
        for (let at = 0; at < size; at += 1) bytes[at] = (at * 31) & 0xff;
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < size; at += 3000) chunks.push(bytes.subarray(at, at + 3000));
        await write(file, chunks, { offset: 7, sync: true });
        expect((await read(file, 7, size)).equals(bytes)).toBe(true);
        await file.close();
      });
    }

    test('write answers later, once, and in its own time also when there is nothing to write', async () => {
      const file = await create();
      for (const sync of [false, true]) {
        let answers = 0;
        const done = new Promise<void>((resolve) => {
          file.write([], 0, sync, (error) => {
            expect(error).toBeNull();
            answers += 1;
            resolve();
          });
        });
        expect(answers).toBe(0);
        await rig.drive(done);
        expect(answers).toBe(1);
      }
      await file.close();
    });

    test('what was written is read by another handle before any sync', async () => {
      const file = await create();
      await write(file, [bytesFrom('seen')], { offset: 0 });
      const other = await rig.disk.open(path, { create: false });
      expect((await read(other, 0, 10)).toString()).toBe('seen');
      await other.close();
      await file.close();
    });

    test('read gives fewer bytes at the end of the file and none past it', async () => {
      const file = await create();
      await write(file, [bytesFrom('0123456789')], { offset: 0 });
      expect((await read(file, 6, 100)).toString()).toBe('6789');
      expect(await read(file, 10, 5)).toHaveLength(0);
      expect(await read(file, 1000, 5)).toHaveLength(0);
      await file.close();
    });

    test('sync ends well on a new file', async () => {
      const file = await create();
      const synced = new Promise<void>((resolve, reject) => file.sync(settle(resolve, reject)));
      await rig.drive(synced);
      await file.close();
    });

    test('open without create names the file that is missing', async () => {
      await expect(rig.disk.open(path, { create: false })).rejects.toMatchObject({
        code: 'DISK_FAILED',
        message: expect.stringContaining(path),
      });
    });

    test('open with create keeps what is in the file', async () => {
      const file = await create();
      await write(file, [bytesFrom('kept')], { offset: 0 });
      await file.close();
      const again = await create();
      expect(await again.size()).toBe(4);
      await again.close();
    });

    test('list gives the names in a directory, sorted, and none when there is no directory', async () => {
      for (const name of ['b', 'a', 'c']) await (await create(`${rig.directory}/${name}`)).close();
      expect(await rig.disk.list(rig.directory)).toEqual(['a', 'b', 'c']);
      expect(await rig.disk.list(`${rig.directory}/none`)).toEqual([]);
    });

    test('rename replaces, and an open file goes along', async () => {
      const file = await create();
      await write(file, [bytesFrom('new')], { offset: 0 });
      const target = `${rig.directory}/target`;
      await (await create(target)).close();
      await rig.disk.rename(path, target);
      await rig.disk.syncDirectory(rig.directory);
      await write(file, [bytesFrom('er')], { offset: 3 });
      await file.close();
      expect(await rig.disk.list(rig.directory)).toEqual(['target']);
      const found = await rig.disk.open(target, { create: false });
      expect((await read(found, 0, 10)).toString()).toBe('newer');
      await found.close();
    });

    test('remove and rename of a missing file fail', async () => {
      await expect(rig.disk.remove(path)).rejects.toMatchObject({ code: 'DISK_FAILED' });
      const target = `${rig.directory}/x`;
      await expect(rig.disk.rename(path, target)).rejects.toMatchObject({ code: 'DISK_FAILED' });
      await (await create()).close();
      await rig.disk.remove(path);
      expect(await rig.disk.list(rig.directory)).toEqual([]);
    });

    test('makeDirectory makes parents too, and does nothing when it is there', async () => {
      const deep = `${rig.directory}/a/b/c`;
      await rig.disk.makeDirectory(deep);
      await rig.disk.makeDirectory(deep);
      await (await create(`${deep}/file`)).close();
      expect(await rig.disk.list(deep)).toEqual(['file']);
    });

    test('space says how much there is', async () => {
      const { freeBytes, totalBytes } = await rig.disk.space(rig.directory);
      expect(freeBytes).toBeGreaterThan(0);
      expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
    });
  });
}

function settle(resolve: () => void, reject: (error: RaftctlError) => void) {
  return (error: RaftctlError | null): void => {
    if (error === null) resolve();
    else reject(error);
  };
}
