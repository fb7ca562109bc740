import { mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { secretIn } from './key-material.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('secretIn() makes a secret once, for its own user only', async () => {
  const secret = await secretIn(folder);
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  expect(await secretIn(folder)).toBe(secret);
  expect((await stat(join(folder, 'secret'))).mode & 0o777).toBe(0o600);
});

test('secretIn() leaves a secret alone that it cannot read', async () => {
  await symlink('secret', join(folder, 'secret'));
  await expect(secretIn(folder)).rejects.toMatchObject({ code: 'ELOOP' });
  await expect(readFile(join(folder, 'secret'))).rejects.toMatchObject({ code: 'ELOOP' });
});
