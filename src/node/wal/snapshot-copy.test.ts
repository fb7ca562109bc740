import { describe, expect, it } from 'vitest';
import { CLUSTER, FOUNDING, DIRECTORY as LOG, LogRig } from '../../../test/doubles/log-rig.ts';
import { bytesFrom } from '../../std/bytes.ts';
import { SILENT_LOG } from '../../std/log.ts';
import { foundingBatch } from '../model/membership.ts';
import type { SnapshotStore } from '../ports/snapshot-store.ts';
import { inspectSnapshot, listSnapshots } from './snapshot-catalogue.ts';
import { copySnapshot } from './snapshot-copy.ts';
import { openSnapshots } from './snapshot-files.ts';
import { formatLog, openLog } from './wal.ts';

const OLD = '/old/snapshots';
const NEW = '/new/snapshots';
const OTHER = 'ee'.repeat(16);
const DATA = bytesFrom('state '.repeat(400_000));
const NAME = '000000000000001e-0000000000000004.snap';
const MEMBER = { voter: true, peerAddress: 'h:1', clientAddress: 'h:2', adminAddress: 'h:3' };
const NEW_FOUNDING = foundingBatch(OTHER, {
  members: [{ number: 1, name: 'm1', ...MEMBER }],
  leases: false,
});

async function take(rig: LogRig): Promise<void> {
  const disk = rig.disk.boot();
  const store = await rig.drive(
    openSnapshots({ disk, directory: OLD, cluster: CLUSTER, app: 'kvstore' }),
  );
  const meta = { index: 30, term: 4, configuration: FOUNDING, chain: 77, leaderTimeMs: 5000 };
  const writer = store.create(meta);
  await rig.drive(
    new Promise<void>((resolve) => {
      writer.write(DATA, () => writer.finish(() => resolve()));
    }),
  );
}

function copy(rig: LogRig) {
  return rig.drive(
    copySnapshot({
      disk: rig.disk.boot(),
      path: `${OLD}/${NAME}`,
      directory: NEW,
      owner: { cluster: OTHER, app: 'kvstore' },
      founding: NEW_FOUNDING,
    }),
  );
}

function load(store: SnapshotStore): Promise<Buffer> {
  const data: Buffer[] = [];
  return new Promise((resolve, reject) => {
    store.load(
      (piece) => data.push(Buffer.from(piece)),
      (error) => (error === null ? resolve(Buffer.concat(data)) : reject(error)),
    );
  });
}

describe('copySnapshot', () => {
  it('gives the same state to another cluster, whose log begins behind it', async () => {
    const rig = new LogRig(1);
    await take(rig);
    const base = await copy(rig);
    expect(base).toEqual({ index: 30, term: 4 });
    rig.crash(true);
    const disk = rig.disk.boot();
    const owner = { cluster: OTHER, app: 'kvstore' };
    const store = await rig.drive(openSnapshots({ disk, directory: NEW, ...owner }));
    expect((await rig.drive(load(store))).equals(DATA)).toBe(true);
    const meta = store.newest?.meta;
    expect(meta).toMatchObject({ index: 30, term: 4, chain: 77, leaderTimeMs: 5000 });
    expect(meta?.configuration.bytes.equals(NEW_FOUNDING.bytes)).toBe(true);

    const common = { disk, directory: LOG, cluster: OTHER, member: 1, random: rig.prng };
    await rig.drive(formatLog({ ...common, founding: base }));
    rig.crash(true);
    const opened = { ...common, disk: rig.disk.boot(), clock: rig.clock, log: SILENT_LOG };
    const log = await rig.drive(openLog({ ...opened, snapshot: base }));
    expect(log.recovered).toMatchObject({ baseIndex: 30, baseTerm: 4, lastIndex: 30 });
    expect(log.recovered.hardState).toEqual({ term: 4, vote: 0 });
    // Without the state the log is damage, not an empty member that may vote.
    await expect(rig.drive(openLog({ ...opened, snapshot: null }))).rejects.toMatchObject({
      code: 'WAL_CORRUPT',
    });
  });

  it('makes nothing of a damaged file, and says where it is damaged', async () => {
    const rig = new LogRig(2);
    await take(rig);
    const path = `${OLD}/${NAME}`;
    const { length } = rig.disk.contentOf(path);
    for (const offset of [70, length >> 1, length - 3]) {
      rig.disk.flipByte(path, offset, 8);
      await expect(copy(rig)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
      const left = rig.disk.paths().filter((one) => one.startsWith(NEW) && one.endsWith('.snap'));
      expect(left).toEqual([]);
      const found = await rig.drive(inspectSnapshot(rig.disk.boot(), path));
      expect(found.damage?.message).toContain(`${path} at offset `);
      expect(found.digest).toBeNull();
      expect(found.header === null).toBe(offset === 70);
      rig.disk.flipByte(path, offset, 8);
    }
    const whole = await rig.drive(inspectSnapshot(rig.disk.boot(), path));
    expect(whole).toMatchObject({ damage: null, chunks: 3, dataBytes: DATA.length });
  });
});

describe('listSnapshots', () => {
  it('lists what is there, and names what is damaged', async () => {
    const rig = new LogRig(4);
    expect(await rig.drive(listSnapshots(rig.disk.boot(), OLD, null))).toEqual([]);
    await take(rig);
    const [one] = await rig.drive(listSnapshots(rig.disk.boot(), OLD, null));
    expect(one?.header?.meta.index).toBe(30);
    expect(one?.bytes).toBe(rig.disk.contentOf(`${OLD}/${NAME}`).length);
    rig.disk.flipByte(`${OLD}/${NAME}`, 33, 1);
    const [damaged] = await rig.drive(listSnapshots(rig.disk.boot(), OLD, null));
    expect(damaged?.header).toBeNull();
    expect(damaged?.damage?.code).toBe('SNAPSHOT_CORRUPT');
  });
});
