import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ANOMALY_FILES_MAX, ANOMALY_PACE, AnomalyProfile } from './anomaly-profile.ts';

const PACE = { ...ANOMALY_PACE, intervalUs: 1000, keptMs: 50, afterMs: 10, settleMs: 0 };

let folder: string;
let profile: AnomalyProfile | null = null;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-anomaly-'));
});
afterEach(async () => {
  await profile?.stop();
  await rm(folder, { recursive: true });
});

describe('AnomalyProfile', () => {
  test('AnomalyProfile keeps the last moments as a file that only we may read', async () => {
    profile = await AnomalyProfile.start(folder, PACE);
    const kept = await profile.keep();
    expect((await stat(kept?.file ?? '')).mode & 0o777).toBe(0o600);
    const { startTime, endTime, nodes } = JSON.parse(await readFile(kept?.file ?? '', 'utf8'));
    expect(endTime - startTime).toBeLessThanOrEqual(PACE.keptMs * 1000);
    expect(nodes[0].callFrame.functionName).toBe('(root)');
  });

  test('AnomalyProfile keeps one at a time, and none that has only just begun', async () => {
    profile = await AnomalyProfile.start(folder, PACE);
    const [first, second] = await Promise.all([profile.keep(), profile.keep()]);
    expect(first).not.toBeNull();
    expect(second).toBeNull();
    await profile.stop();
    profile = await AnomalyProfile.start(folder, { ...PACE, settleMs: 60_000 });
    expect(await profile.keep()).toBeNull();
    expect(await readdir(folder)).toHaveLength(1);
  });

  test('AnomalyProfile forgets the oldest files', async () => {
    profile = await AnomalyProfile.start(folder, PACE);
    const files: string[] = [];
    for (let at = 0; at < ANOMALY_FILES_MAX + 1; at += 1) {
      files.push((await profile.keep())?.file ?? '');
    }
    const left = (await readdir(folder)).sort();
    expect(left).toEqual(files.slice(1).map((file) => file.slice(folder.length + 1)));
  });
});
