/**
 * The log on a real disk. A copy of its files, taken between two turns of the event loop, is what a
 * `kill -9` at that moment would have left: everything written is in the system's hands.
 */
import { cpSync, rmSync } from 'node:fs';
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FsDisk } from '../../src/node/io/fs-disk.ts';
import { SystemClock } from '../../src/node/io/system-clock.ts';
import type { LogStore } from '../../src/node/ports/log-store.ts';
import { formatLog, openLog } from '../../src/node/wal/wal.ts';
import { systemCode } from '../../src/std/errors.ts';
import { SILENT_LOG } from '../../src/std/log.ts';
import { Prng } from '../../src/std/prng.ts';
import { batchOf, CLUSTER, FOUNDING } from '../doubles/log-rig.ts';

const SEGMENT_BYTES = 64 * 1024;

/** The thread pool renames a new segment whenever it is ready: a copy that met that begins anew. */
function copyNow(directory: string, copy: string): void {
  for (;;) {
    try {
      cpSync(directory, copy, { recursive: true });
      return;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      rmSync(copy, { recursive: true, force: true });
    }
  }
}

describe('the log on a real disk', () => {
  let root: string;
  let seed = 0;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'raftctl-log-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  function common(directory: string) {
    seed += 1;
    const identity = { cluster: CLUSTER, member: 1, segmentBytes: SEGMENT_BYTES };
    return { ...identity, directory, disk: new FsDisk(), random: new Prng(seed) };
  }

  const openAt = (directory: string): Promise<LogStore> => {
    return openLog({ ...common(directory), clock: new SystemClock(), log: SILENT_LOG });
  };

  /** Writes entries 2.. one after the other, `onReported` after each, until it says stop. */
  function fill(log: LogStore, onReported: (index: number) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let index = log.recovered.lastIndex;
      let sequence = 0;
      const next = (): void => {
        index += 1;
        sequence += 1;
        const batch = batchOf({ first: index, payloadBytes: 100 + ((index * 37) % 900) });
        log.write({ sequence, hardState: null, batches: [batch] });
      };
      log.start({
        onSynced: () => {
          if (onReported(index)) next();
          else resolve();
        },
        onFailed: reject,
        onSpace: () => {},
      });
      next();
    });
  }

  test('a process killed at any time leaves everything it reported', async () => {
    const directory = join(root, 'log');
    await formatLog({ ...common(directory), founding: FOUNDING });
    const log = await openAt(directory);
    const kills: { copy: string; reported: number }[] = [];
    await fill(log, (index) => {
      if (index % 20 === 0) {
        const copy = join(root, `killed-${index}`);
        copyNow(directory, copy);
        kills.push({ copy, reported: index });
      }
      return index < 400;
    });
    await log.close();
    expect(kills).toHaveLength(20);
    for (const { copy, reported } of kills) {
      const again = await openAt(copy);
      expect(again.recovered.lastIndex).toBe(reported);
      await again.close();
      const third = await openAt(copy);
      expect(third.recovered.lastIndex).toBe(reported);
      await third.close();
    }
  });

  for (const ending of ['closed', 'killed'] as const) {
    test(`a flipped byte in a ${ending} log is refused with exit 12${ending === 'killed' ? ', or lies in free space' : ''}`, async () => {
      const directory = join(root, 'log');
      await formatLog({ ...common(directory), founding: FOUNDING });
      const log = await openAt(directory);
      const killed = join(root, 'killed');
      await fill(log, (index) => {
        if (index === 300) copyNow(directory, killed);
        return index < 300;
      });
      await log.close();
      const source = ending === 'killed' ? killed : directory;
      const names = (await readdir(source)).filter((name) => name.endsWith('.seg')).sort();
      const prng = new Prng(50);
      let refused = 0;
      for (let round = 0; round < 50; round += 1) {
        const copy = join(root, `flip-${round}`);
        cpSync(source, copy, { recursive: true });
        const path = join(copy, prng.pick(names));
        await flip(path, prng.between(0, (await stat(path)).size - 1));
        const outcome = await openAt(copy).catch((error: unknown) => error);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ code: 'WAL_CORRUPT', exitCode: 12 });
          expect(outcome.message).toContain(path);
          refused += 1;
        } else {
          expect((outcome as LogStore).recovered.lastIndex).toBe(300);
          await (outcome as LogStore).close();
        }
        await rm(copy, { recursive: true });
      }
      if (ending === 'closed') expect(refused).toBe(50);
      else expect(refused).toBeGreaterThan(20);
    });
  }
});

async function flip(path: string, offset: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte[0] = (byte[0] as number) ^ 0x10;
  await file.write(byte, 0, 1, offset);
  await file.close();
}
