import fs from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
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

test('FsDisk tells how long a write held up the loop, also one without a sync', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raftctl-disk-'));
  const told: number[] = [];
  const disk = new FsDisk({ onWritten: (durationMs) => told.push(durationMs) });
  const file = await disk.open(join(directory, 'file'), { create: true });
  const write = vi.spyOn(fs, 'writevSync').mockImplementationOnce((fd, chunks, at) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    return fs.writevSync(fd, chunks, at);
  });
  await new Promise<unknown>((done) => file.write([Buffer.from('mark')], 0, false, done));
  write.mockRestore();
  expect(told).toHaveLength(1);
  expect(told[0]).toBeGreaterThan(19);
  await file.close();
  await rm(directory, { recursive: true });
});
