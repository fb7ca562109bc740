import { execa } from 'execa';
import { expect, test } from 'vitest';
import { isSameProcess } from './node-process.ts';
import { inspectProcess, listeningInodes, parseStat } from './process-table.ts';

test('parseStat() reads past a name that holds anything', () => {
  const tail = ['S', ...Array.from({ length: 16 }, () => '0'), '4', '0', '5150', '0'].join(' ');
  expect(parseStat(`7 (a) R) b) ${tail}`)).toEqual({
    state: 'S',
    threadCount: 4,
    startTicks: 5150,
  });
  expect(parseStat('nonsense')).toBeNull();
});

test('inspectProcess() knows this process and when it began', async () => {
  const facts = await inspectProcess(process.pid);
  expect(facts?.command).toContain('node');
  expect(Math.abs((facts?.startedAtMs ?? 0) - performance.timeOrigin)).toBeLessThan(5000);
});

test('inspectProcess() finds nothing once a process has ended', async () => {
  const child = execa(process.execPath, ['-e', '']);
  const pid = child.pid ?? 0;
  await child;
  expect(await inspectProcess(pid)).toBeNull();
});

test('isSameProcess() does not take a later process for the one that wrote the file', () => {
  const facts = { pid: 7, state: 'S', startedAtMs: 1_000_000, command: 'vim notes' };
  expect(isSameProcess(facts, { startedAtMs: 1_000_400 }, '/data/n1')).toBe(true);
  expect(isSameProcess(facts, { startedAtMs: 500_000 }, '/data/n1')).toBe(false);
  const own = { ...facts, command: 'node run.js node start --data-dir /data/n1' };
  expect(isSameProcess(own, { startedAtMs: 500_000 }, '/data/n1')).toBe(true);
});

test('listeningInodes() finds listeners only', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:2AF8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1',
    '   1: 0100007F:2AF8 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 222 1',
    '   2: 0100007F:2AF9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1',
  ].join('\n');
  expect(listeningInodes(table, 11_000)).toEqual(['111']);
});
