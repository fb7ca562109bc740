import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeFlight } from '../../test/doubles/flight.ts';
import type { Flight } from './flight.ts';
import { frameLines } from './frame.ts';
import { sceneOf } from './once.ts';
import { type RecordedCluster, Recorder, readRecording, recordedClusters } from './recording.ts';
import type { Sample } from './sample.ts';
import { plainText } from './text.ts';
import { newUi } from './ui.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-recording-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function record(flight: Flight): Promise<string> {
  const file = join(folder, 'flight.rtrec');
  const recorder = await Recorder.create(file, ['demo']);
  for (let at = 0; at < flight.length; at += 1) recorder.add(flight.at(at) as never);
  await recorder.close();
  expect(recorder.bytes).toBe((await stat(file)).size);
  return file;
}

describe('readRecording', () => {
  test('readRecording gives back what was recorded, frame for frame', async () => {
    const flight = fakeFlight(3, 30);
    const file = await record(flight);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const [recorded] = await readRecording(file);
    const { flight: again, name: cluster } = recorded as RecordedCluster;
    expect(cluster).toBe('demo');
    const ui = newUi({
      ...{ view: 'latency', refreshMs: 1000, theme: 'dark', isReadOnly: false, hasMouse: false },
      ...{ scope: [], profileDirectory: '' },
    });
    const frame = (shown: Flight): string[] =>
      frameLines(sceneOf({ flight: shown, ui, isAscii: false, replay: null }), {
        width: 120,
        height: 30,
      }).map(plainText);
    expect(frame(again)).toEqual(frame(flight));
  });

  test('readRecording tells the clusters of a recording apart, each by its name', async () => {
    const file = join(folder, 'two.rtrec');
    const recorder = await Recorder.create(file, ['shop', 'none', 'demo']);
    const flight = fakeFlight(3, 10);
    for (let at = 0; at < 10; at += 1) {
      const sample = flight.at(at) as Sample;
      recorder.add(sample);
      if (at % 2 === 0) recorder.add({ ...sample, cluster: 'shop' });
    }
    await recorder.close();
    const recorded = await readRecording(file);
    expect(recorded.map((one) => [one.name, one.flight.length])).toEqual([
      ['shop', 5],
      ['demo', 10],
    ]);
    const [shop] = recordedClusters(file, recorded, ['shop']);
    expect(shop).toBe(recorded[0]);
    expect(() => recordedClusters(file, recorded, ['shop', 'bar'])).toThrow(
      'it holds shop, demo, not bar',
    );
  });

  test('readRecording leaves out a line that a crash cut off', async () => {
    const file = await record(fakeFlight(3, 10));
    await appendFile(file, '{"atMs":17723');
    expect((await readRecording(file))[0]?.flight.length).toBe(10);
  });

  test('readRecording refuses what is no recording, and Recorder to write over a file', async () => {
    const file = join(folder, 'other');
    for (const text of ['', 'hello\n', '{"schema":"raftctl/flight/v1"}\n']) {
      await writeFile(file, text);
      await expect(readRecording(file)).rejects.toMatchObject({ code: 'RECORDING_INVALID' });
    }
    await expect(readRecording(join(folder, 'none'))).rejects.toMatchObject({
      code: 'RECORDING_INVALID',
    });
    const before = await readFile(file, 'utf8');
    await expect(Recorder.create(file, ['demo'])).rejects.toMatchObject({
      code: 'RECORDING_INVALID',
    });
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  test('readRecording of ten minutes can be sought in well under 200 ms', async () => {
    const [recorded] = await readRecording(await record(fakeFlight(3, 600)));
    const { flight } = recorded as RecordedCluster;
    const startMs = flight.at(0)?.atMs ?? 0;
    const startedMs = performance.now();
    for (let i = 0; i < 100; i += 1) {
      const second = (i * 37) % 600;
      expect(flight.at(flight.indexAt(startMs + second * 1000))?.atMs).toBe(
        startMs + second * 1000,
      );
    }
    expect((performance.now() - startedMs) / 100).toBeLessThan(20);
  });
});
