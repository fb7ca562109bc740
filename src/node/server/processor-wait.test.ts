import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ProcessorWait } from './processor-wait.ts';

test('ProcessorWait reads the file again at every question', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'raftctl-wait-'));
  const path = join(folder, 'schedstat');
  await writeFile(path, '1000000 2500000 7\n');
  const wait = new ProcessorWait(path);
  try {
    expect(wait.ms()).toBe(2.5);
    await writeFile(path, '1000000 1234500000 7\n');
    expect(wait.ms()).toBe(1234.5);
  } finally {
    wait.close();
    await rm(folder, { recursive: true });
  }
  expect(wait.ms()).toBe(0);
});

test('ProcessorWait says nothing where the system does not count', () => {
  expect(new ProcessorWait('/nowhere/schedstat').ms()).toBe(0);
});
