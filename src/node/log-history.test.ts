import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { zeroBytes } from '../std/bytes.ts';
import { SILENT_LOG } from '../std/log.ts';
import { Prng } from '../std/prng.ts';
import { FsDisk } from './io/fs-disk.ts';
import { SystemClock } from './io/system-clock.ts';
import { readHistory } from './log-history.ts';
import { BATCH_KIND, type Batch, sealBatch } from './model/batch.ts';
import type { LogWrite } from './model/log-write.ts';
import { formatLog, openLog } from './wal/wal.ts';

const cluster = 'ab'.repeat(16);
const segmentBytes = 16 * 1024;

let folder: string;
let directory: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-history-'));
  directory = join(folder, 'log');
  const init = { disk: new FsDisk(), directory, cluster, member: 1, random: new Prng(1) };
  await formatLog({ ...init, founding: batch(1, 1, 1), segmentBytes });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function batch(first: number, count: number, term: number): Batch {
  const kind = BATCH_KIND.commands;
  return sealBatch({
    ...{ cluster, term, first, kind, count, leaderTimeMs: 5, payload: zeroBytes(2000) },
  });
}

async function write(...writes: Omit<LogWrite, 'sequence' | 'hardState'>[]): Promise<void> {
  const init = { disk: new FsDisk(), directory, cluster, member: 1, random: new Prng(2) };
  const log = await openLog({ ...init, clock: new SystemClock(), log: SILENT_LOG, segmentBytes });
  let through = 0;
  for (const [i, each] of writes.entries()) {
    await new Promise<void>((resolve) => {
      if (i === 0) {
        log.start({ onSynced: (done) => wake(done), onFailed: () => {}, onSpace: () => {} });
      }
      waiting = { sequence: i + 1, resolve };
      const term = each.batches.at(-1)?.term ?? 1;
      log.write({ sequence: i + 1, hardState: { term, vote: 0 }, ...each });
    });
    through = i + 1;
  }
  expect(through).toBe(writes.length);
  await log.close();
}

let waiting = { sequence: 0, resolve: (): void => {} };
function wake(done: number): void {
  if (done >= waiting.sequence) waiting.resolve();
}

async function seen(from: number, through: number) {
  const found = await readHistory({ disk: new FsDisk(), directory, cluster }, { from, through });
  if (found === null) return null;
  const shown: string[] = [];
  for await (const { first, last, term } of found) shown.push(`${first}-${last}/${term}`);
  return shown;
}

describe('readHistory', () => {
  it('gives whole batches, also from segments that lie in the archive by now', async () => {
    const all = Array.from({ length: 200 }, (_, i) => batch(2 + 2 * i, 2, 1));
    await write({ batches: all.slice(0, 100) }, { batches: all.slice(100) });
    await mkdir(join(folder, 'archive'));
    for (const name of ['0000000000000001.seg', '0000000000000002.seg']) {
      renameSync(join(directory, name), join(folder, 'archive', name));
    }
    const found = await seen(1, 401);
    expect(found).toEqual(['1-1/1', ...all.map(({ first, last }) => `${first}-${last}/1`)]);
    expect(await seen(399, 401)).toEqual(['398-399/1', '400-401/1']);
    expect(await seen(1, 402)).toBeNull();
  });

  it('leaves out what another leader has replaced', async () => {
    await write(
      { batches: [batch(2, 3, 1), batch(5, 2, 1), batch(7, 1, 1)] },
      { batches: [batch(5, 1, 3), batch(6, 4, 3)] },
    );
    expect(await seen(2, 9)).toEqual(['2-4/1', '5-5/3', '6-9/3']);
  });

  it('has nothing from before a snapshot that the member was sent', async () => {
    await write(
      { batches: [batch(2, 3, 1)] },
      { batches: [batch(91, 2, 4)], reset: { index: 90, term: 4 } },
    );
    expect(await seen(2, 92)).toBeNull();
    expect(await seen(91, 92)).toEqual(['91-92/4']);
  });
});
