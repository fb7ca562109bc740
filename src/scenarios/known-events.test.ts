import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fakeFlight } from '../../test/doubles/flight.ts';
import { Recorder } from '../tui/recording.ts';
import type { Sample } from '../tui/sample.ts';
import { knownEvents } from './known-events.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-events-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function recordingOf(names: readonly string[]): Promise<string> {
  const file = join(folder, names.join('-'));
  const recorder = await Recorder.create(file, names);
  for (const cluster of names) {
    recorder.add({ ...(fakeFlight(3, 1).at(0) as Sample), cluster });
  }
  await recorder.close();
  return file;
}

test('knownEvents() takes those of one cluster from a recording', async () => {
  const two = { dir: folder, recording: await recordingOf(['demo', 'shop']) };
  const shop = await knownEvents({ ...two, cluster: 'shop' });
  expect(shop).toMatchObject({ cluster: 'shop', events: [{ type: 'leader.elected' }] });
  await expect(knownEvents({ ...two, cluster: null })).rejects.toMatchObject({
    code: 'CLUSTER_AMBIGUOUS',
    message: expect.stringContaining('demo, shop'),
  });
  await expect(knownEvents({ ...two, cluster: 'wiki' })).rejects.toMatchObject({
    code: 'RECORDING_INVALID',
    message: expect.stringContaining('it holds demo, shop, not wiki'),
  });
  // There is nothing to choose: what the settings mean by a cluster does not count.
  const one = { dir: folder, recording: await recordingOf(['demo']) };
  expect(await knownEvents({ ...one, cluster: 'wiki' })).toMatchObject({ cluster: 'demo' });
});
