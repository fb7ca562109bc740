import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lockDirectory, lockHolder } from './lock.ts';

describe('lockDirectory', () => {
  let directory: string;
  let children: ChildProcess[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'raftctl-lock-'));
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(directory, { recursive: true });
  });

  /** A process that does nothing. */
  async function bystander(): Promise<ChildProcess & { pid: number }> {
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)']);
    children.push(child);
    await once(child.stdout, 'data');
    return child as unknown as ChildProcess & { pid: number };
  }

  async function kill(child: ChildProcess): Promise<void> {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** The lock as that process would have left it. */
  async function lockOf(pid: number): Promise<void> {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    await put({ pid, startTicks, bootId, token: '0123456789abcdef' });
  }

  async function put(holder: object): Promise<void> {
    await writeFile(join(directory, 'lock'), JSON.stringify(holder));
  }

  test('lockDirectory refuses a second holder, names the first, and lets go on release', async () => {
    const lock = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toMatchObject({
      code: 'DATA_DIR_LOCKED',
      exitCode: 13,
      message: expect.stringContaining(`process ${process.pid} holds it`),
    });
    expect((await lockHolder(directory))?.pid).toBe(process.pid);
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
    await (await lockDirectory(directory)).release();
  });

  test('lockDirectory refuses while another process lives, and takes over after kill -9', async () => {
    const child = await bystander();
    await lockOf(child.pid);
    await expect(lockDirectory(directory)).rejects.toThrow(`process ${child.pid} holds it`);
    await kill(child);
    const lock = await lockDirectory(directory);
    expect((await lockHolder(directory))?.pid).toBe(process.pid);
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
  });

  test('lockDirectory takes over from a pid that is in use again by another process', async () => {
    const child = await bystander();
    await put({ pid: child.pid, startTicks: '17', bootId: null, token: '0123456789abcdef' });
    await (await lockDirectory(directory)).release();
  });

  test('lockDirectory takes over from before the last boot', async () => {
    const bootId = '00000000-0000-0000-0000-000000000000';
    await put({ pid: process.pid, startTicks: null, bootId, token: '0123456789abcdef' });
    await (await lockDirectory(directory)).release();
  });

  test('lockDirectory takes over a lock that nobody can read', async () => {
    for (const text of ['', 'garbage', '{}', '{"pid":"1"}', '[]', 'null']) {
      await writeFile(join(directory, 'lock'), text);
      await (await lockDirectory(directory)).release();
      expect(await readdir(directory)).toEqual([]);
    }
  });

  test('lockDirectory lets exactly one of many take over a stale lock, every time', async () => {
    for (let round = 0; round < 30; round += 1) {
      await put({ pid: 0, startTicks: null, bootId: null, token: `${round}`.padStart(16, '0') });
      const results = await Promise.allSettled(
        Array.from({ length: 8 }, () => lockDirectory(directory)),
      );
      const won = results.filter((result) => result.status === 'fulfilled');
      expect(won).toHaveLength(1);
      await won[0]?.value.release();
    }
  });

  test('lockDirectory gets past a process that died while it took a lock over', async () => {
    const token = '0123456789abcdef';
    await put({ pid: 0, startTicks: null, bootId: null, token });
    const dead = { pid: 0, startTicks: null, bootId: null, token: 'fedcba9876543210' };
    await writeFile(join(directory, `lock.${token}.taken`), JSON.stringify(dead));
    await (await lockDirectory(directory)).release();
    expect(await readdir(directory)).toEqual([]);
  });

  test('release leaves a lock that is no longer its own', async () => {
    const lock = await lockDirectory(directory);
    const child = await bystander();
    await lockOf(child.pid);
    await lock.release();
    expect((await lockHolder(directory))?.pid).toBe(child.pid);
  });
});
