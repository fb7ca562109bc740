import { describe, expect, it } from 'vitest';
import { CLUSTER, FOUNDING, LogRig } from '../../../test/doubles/log-rig.ts';
import { bytesFrom } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { SnapshotMeta } from '../model/snapshot.ts';
import type { SnapshotStore, SnapshotWriter, StoredSnapshot } from '../ports/snapshot-store.ts';
import { openSnapshots } from './snapshot-files.ts';

const DIRECTORY = '/data/snapshots';
const PIECES = [bytesFrom('one piece'), bytesFrom('x'.repeat(900)), bytesFrom('end')];

function metaOf(index: number): SnapshotMeta {
  return { index, term: 2, configuration: FOUNDING, chain: index * 3, leaderTimeMs: index * 7 };
}

function open(rig: LogRig, retained = 2): Promise<SnapshotStore> {
  return rig.drive(
    openSnapshots({
      ...{ disk: rig.disk.boot(), directory: DIRECTORY },
      ...{ cluster: CLUSTER, app: 'kvstore', retained },
    }),
  );
}

function write(writer: SnapshotWriter, data: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    writer.write(data, (error) => (error === null ? resolve() : reject(error)));
  });
}

function finish(writer: SnapshotWriter): Promise<StoredSnapshot | null> {
  return new Promise((resolve, reject) => {
    writer.finish((error, stored) => (error === null ? resolve(stored) : reject(error)));
  });
}

async function take(store: SnapshotStore, index: number): Promise<StoredSnapshot | null> {
  const writer = store.create(metaOf(index));
  for (const piece of PIECES) await write(writer, piece);
  return await finish(writer);
}

function fileOf(store: SnapshotStore, index: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    store.read({ index, offset: 0, bytesMax: 1e6 }, (error, part) => {
      if (error !== null || part === null) reject(error ?? new Error('gone'));
      else resolve(part.data);
    });
  });
}

function load(store: SnapshotStore): Promise<string> {
  const data: Buffer[] = [];
  return new Promise((resolve, reject) => {
    store.load(
      (piece) => data.push(Buffer.from(piece)),
      (error) => (error === null ? resolve(Buffer.concat(data).toString()) : reject(error)),
    );
  });
}

describe('openSnapshots', () => {
  it('finds the newest with all it said, and keeps two', async () => {
    const rig = new LogRig(1);
    const store = await open(rig);
    expect(store.newest).toBeNull();
    for (const index of [10, 20, 30]) await rig.drive(take(store, index));
    expect(rig.disk.paths()).toHaveLength(2);
    rig.crash(true);
    const again = await open(rig);
    const { meta } = again.newest as StoredSnapshot;
    const { configuration, ...rest } = metaOf(30);
    expect(meta).toMatchObject(rest);
    expect(meta.configuration.bytes.equals(configuration.bytes)).toBe(true);
    expect(await rig.drive(load(again))).toBe(Buffer.concat(PIECES).toString());
  });

  it('keeps as many as it is told, never the oldest', async () => {
    for (const retained of [1, 4]) {
      const rig = new LogRig(1);
      const store = await open(rig, retained);
      for (const index of [10, 20, 30, 40, 50]) await rig.drive(take(store, index));
      const indexes = rig.disk.paths().map((path) => Number.parseInt(path.slice(16, 32), 16));
      expect(indexes).toEqual([20, 30, 40, 50].slice(-retained));
    }
  });

  it('has nothing to send of a snapshot that is removed while it is looked for', async () => {
    const rig = new LogRig(1);
    const disk = rig.disk.boot();
    const init = { disk, directory: DIRECTORY, cluster: CLUSTER, app: 'kvstore' };
    const store = await rig.drive(openSnapshots(init));
    await rig.drive(take(store, 10));
    const openFile = disk.open.bind(disk);
    disk.open = async (path, options) => {
      await disk.remove(path);
      return openFile(path, options);
    };
    await expect(rig.drive(fileOf(store, 10))).rejects.toThrow('gone');
  });

  it('leaves nothing behind of a snapshot for whose last sync there was no room', async () => {
    const rig = new LogRig(1);
    const disk = rig.disk.boot();
    const init = { disk, directory: DIRECTORY, cluster: CLUSTER, app: 'kvstore' };
    const store = await rig.drive(openSnapshots(init));
    const openFile = disk.open.bind(disk);
    disk.open = async (path, options) => {
      const file = await openFile(path, options);
      file.sync = (done) => done(new RaftctlError('DISK_FULL', { message: 'full' }));
      return file;
    };
    await expect(rig.drive(take(store, 10))).rejects.toThrow('full');
    expect(rig.disk.paths()).toEqual([]);
  });

  it('refuses a snapshot of another cluster, and the state of another app', async () => {
    const rig = new LogRig(1);
    await rig.drive(take(await open(rig), 10));
    const init = { disk: rig.disk.boot(), directory: DIRECTORY };
    const other = { ...init, cluster: 'ff'.repeat(16), app: 'kvstore' };
    await expect(rig.drive(openSnapshots(other))).rejects.toThrow('another cluster');
    const chat = { ...init, cluster: CLUSTER, app: 'chatroom' };
    await expect(rig.drive(openSnapshots(chat))).rejects.toThrow('the app kvstore');
  });

  it('keeps two of several that become durable at once, an own one and one that was received', async () => {
    const rig = new LogRig(1, { namesMs: [0.1, 0.1] });
    const store = await open(rig);
    for (const index of [10, 20]) await rig.drive(take(store, index));
    const file = await rig.drive(fileOf(store, 20));
    const received = store.receive({ index: 20, term: 2 });
    await rig.drive(write(received, file));
    const writers = [30, 40, 50].map((index) => store.create(metaOf(index)));
    for (const writer of writers) await rig.drive(write(writer, bytesFrom('state')));
    await rig.drive(Promise.all([...writers, received].map(finish)));
    expect(store.newest?.meta.index).toBe(50);
    expect(rig.disk.paths()).toHaveLength(2);
    expect((await open(rig)).newest?.meta.index).toBe(50);
  });

  it('finds the old or the new one after a power cut at any moment, and nothing half-written', async () => {
    const found = new Set<number>();
    for (let seed = 1; seed <= 60; seed += 1) {
      const rig = new LogRig(seed);
      const store = await open(rig);
      await rig.drive(take(store, 10));
      let reported = false;
      take(store, 20).then(
        () => {
          reported = true;
        },
        () => {},
      );
      for (let steps = seed % 9; steps > 0; steps -= 1) await rig.step();
      rig.crash(true);
      const again = await open(rig);
      const index = again.newest?.meta.index ?? 0;
      if (reported) expect(index).toBe(20);
      expect([10, 20]).toContain(index);
      expect(await rig.drive(load(again))).toBe(Buffer.concat(PIECES).toString());
      expect(rig.disk.paths().filter((path) => path.endsWith('.tmp'))).toEqual([]);
      found.add(index);
    }
    expect([...found].sort()).toEqual([10, 20]);
  });

  it('refuses every flipped byte and every cut, and says where', async () => {
    const rig = new LogRig(2);
    await rig.drive(take(await open(rig), 10));
    const [path] = rig.disk.paths() as [string];
    const { length } = rig.disk.contentOf(path);
    for (let offset = 0; offset < length; offset += 1) {
      rig.disk.flipByte(path, offset, 1 << (offset % 8));
      await expect(open(rig), `byte ${offset}`).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
      rig.disk.flipByte(path, offset, 1 << (offset % 8));
    }
    expect((await open(rig)).newest?.meta.index).toBe(10);
    rig.disk.truncate(path, length - 1);
    await expect(open(rig)).rejects.toThrow(path);
  });
});

describe('SnapshotStore.receive', () => {
  it('makes the same file of the same bytes, and nothing of others', async () => {
    const rig = new LogRig(3);
    const store = await open(rig);
    await rig.drive(take(store, 10));
    const bytes = await rig.drive(fileOf(store, 10));
    const other = new LogRig(4);
    const receiver = await open(other);
    const receive = async (index: number, content: Buffer) => {
      const writer = receiver.receive({ index, term: 2 });
      for (let at = 0; at < content.length; at += 100) {
        await write(writer, content.subarray(at, at + 100));
      }
      return await finish(writer);
    };
    for (const offset of [3, 40, 300, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[offset] = (damaged[offset] as number) ^ 4;
      expect(await other.drive(receive(10, damaged))).toBeNull();
    }
    expect(await other.drive(receive(10, bytes.subarray(0, bytes.length - 1)))).toBeNull();
    expect(await other.drive(receive(11, bytes))).toBeNull();
    expect(other.disk.paths()).toEqual([]);
    expect((await other.drive(receive(10, bytes)))?.meta.index).toBe(10);
    expect(await other.drive(load(receiver))).toBe(Buffer.concat(PIECES).toString());
  });

  it('leaves nothing of what was given up, or met a full disk', async () => {
    const rig = new LogRig(5);
    const store = await open(rig);
    const writer = store.receive({ index: 5, term: 1 });
    await rig.drive(write(writer, bytesFrom('begun')));
    writer.abort();
    await rig.pass(10);
    expect(rig.disk.paths()).toEqual([]);
    rig.disk.setCapacity(600);
    await expect(rig.drive(take(store, 10))).rejects.toMatchObject({ code: 'DISK_FULL' });
    await rig.pass(10);
    expect(rig.disk.paths()).toEqual([]);
    expect(store.newest).toBeNull();
  });
});
