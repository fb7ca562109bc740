import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FsDisk } from '../../src/node/io/fs-disk.ts';
import { LogRig } from '../doubles/log-rig.ts';
import { describeDisk } from './disk-contract.ts';

describeDisk('node:fs', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raftctl-disk-'));
  return {
    disk: new FsDisk(),
    directory,
    drive: (promise) => promise,
    close: () => rm(directory, { recursive: true }),
  };
});

describeDisk('simulated', async () => {
  const rig = new LogRig();
  return {
    disk: rig.disk.boot(),
    directory: '/some/directory',
    drive: (promise) => rig.drive(promise),
    close: async () => {},
  };
});

test('FsDisk makes files and directories for its own user only', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raftctl-disk-'));
  const disk = new FsDisk();
  const deep = join(directory, 'a', 'b');
  await disk.makeDirectory(deep);
  await (await disk.open(join(deep, 'file'), { create: true })).close();
  expect((await stat(deep)).mode & 0o777).toBe(0o700);
  expect((await stat(join(deep, 'file'))).mode & 0o777).toBe(0o600);
  await rm(directory, { recursive: true });
});
