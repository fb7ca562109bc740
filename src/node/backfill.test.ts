/** What was put into a learner's log is there after the power has failed, or it was not said. */
import { describe, expect, test } from 'vitest';
import { batchOf, CLUSTER, LogRig } from '../../test/doubles/log-rig.ts';
import { SILENT_LOG } from '../std/log.ts';
import { DATA_FORMAT_VERSION, type NodeConfig } from '../wire/node-config.ts';
import { type Fetched, fillLog, type Missing } from './backfill.ts';

const SEGMENT_BYTES = 8 * 1024;

const CONFIG: NodeConfig = {
  ...{ formatVersion: DATA_FORMAT_VERSION, cluster: 'figures', clusterId: CLUSTER, id: 'n1' },
  ...{ member: 1, app: 'kvstore', fsync: 'always', members: [], secretFile: '/secret' },
  ...{ electionTimeoutMsMin: 500, electionTimeoutMsMax: 1000, heartbeatMs: 100 },
  ...{ segmentBytes: SEGMENT_BYTES, diskReserveBytes: 0 },
};

/** Entries 2 to 60, over several segments, in pieces that end anywhere. */
function archived(): Fetched {
  const bytes = Buffer.concat(
    Array.from({ length: 59 }, (_, i) => batchOf({ first: i + 2, payloadBytes: 900 }).bytes),
  );
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 5000) yield bytes.subarray(at, at + 5000);
  }
  return { through: 60, pieces: pieces() };
}

/** A log that has the founding entry and nothing else. */
async function newcomer(): Promise<LogRig> {
  const rig = new LogRig(7, SEGMENT_BYTES);
  const opened = await rig.make();
  await rig.drive(opened.store.close());
  return rig;
}

function fill(rig: LogRig, fetched: Fetched | null): Promise<Missing> {
  const init = { directory: '/data', config: CONFIG, log: SILENT_LOG, firstIndex: 61 };
  const components = { disk: rig.disk.boot(), clock: rig.clock };
  return rig.drive(fillLog(components, { ...init, fetch: async () => fetched }));
}

async function lastAfterPowerFailure(rig: LogRig): Promise<number> {
  rig.crash(true);
  return (await rig.open()).store.recovered.lastIndex;
}

describe('fillLog', () => {
  test('fillLog answers when all of it is durable, in every segment', async () => {
    const rig = await newcomer();
    expect(await fill(rig, archived())).toBeNull();
    expect(await lastAfterPowerFailure(rig)).toBe(60);
  });

  test('fillLog says what nobody has, and puts nothing into the log', async () => {
    const rig = await newcomer();
    expect(await fill(rig, null)).toEqual({ first: 2, last: 60 });
    expect(await lastAfterPowerFailure(rig)).toBe(1);
  });

  test('fillLog refuses entries that end too early or are damaged, and what came may stay', async () => {
    const short = { ...archived(), through: 61 };
    await expect(fill(await newcomer(), short)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const damaged = async function* (): AsyncGenerator<Uint8Array> {
      for await (const piece of archived().pieces) {
        piece[100] = (piece[100] ?? 0) ^ 1;
        yield piece;
      }
    };
    const rig = await newcomer();
    const fetched = { through: 60, pieces: damaged() };
    await expect(fill(rig, fetched)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(await lastAfterPowerFailure(rig)).toBe(1);
  });

  test('fillLog fails when closing cannot make it durable', async () => {
    for (const operation of ['write', 'sync'] as const) {
      const rig = await newcomer();
      const fetched = archived();
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        yield* fetched.pieces;
        rig.disk.failNext(operation, '.seg');
      };
      const filling = fill(rig, { through: 60, pieces: pieces() });
      await expect(filling).rejects.toMatchObject({ code: 'DISK_FAILED' });
    }
  });
});
