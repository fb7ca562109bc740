import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { auditNode } from './sync-audit.ts';

const dir = mkdtempSync(join(tmpdir(), 'raftctl-audit-'));

afterAll(() => rmSync(dir, { recursive: true, force: true }));

const LOG = '21</data/n1/log/1.wal>';
const CLIENT = '30<TCP:[127.0.0.1:14000->127.0.0.1:50001]>';

function audit(lines: readonly string[]) {
  const file = join(dir, 'trace');
  writeFileSync(file, lines.join('\n'));
  return auditNode({ file, logPath: '/data/n1/', clientPort: 14000 });
}

test('auditNode() takes a write for durable when a sync that began after it has returned', () => {
  const { durableAt, oksAt } = audit([
    `7 10.000000 pwritev(${LOG}, [{iov_base="ma0000001m ma0000002m"...}], 1, 0 <unfinished ...>`,
    `8 10.000100 fdatasync(${LOG} <unfinished ...>`,
    '7 10.000300 <... pwritev resumed>) = 512 <0.000300>',
    '8 10.000400 <... fdatasync resumed>) = 0 <0.000300>',
    `7 10.000500 pwritev(${LOG}, [{iov_base="ma0000003m"}], 1, 512) = 64 <0.000010>`,
    `8 10.000600 fdatasync(${LOG}) = 0 <0.000200>`,
    `8 10.000900 fdatasync(${LOG}) = -1 EIO (Input/output error) <0.000100>`,
    `7 10.001000 writev(${CLIENT}, [{iov_base="+OK\\r\\n+OK\\r\\n", iov_len=10}], 1) = 10 <0.000010>`,
    `7 10.002000 write(31<TCP:[127.0.0.1:15000->127.0.0.1:50001]>, "+OK\\r\\n", 5) = 5 <0.000010>`,
  ]);
  // The sync that was under way while it was written says nothing about it.
  expect([...durableAt].map(([mark, at]) => [mark, at.toFixed(6)])).toEqual([
    ['ma0000001m', '10.000800'],
    ['ma0000002m', '10.000800'],
    ['ma0000003m', '10.000800'],
  ]);
  expect([...oksAt]).toEqual([[50001, [10.001, 10.001]]]);
});

test('auditNode() takes nothing for durable whose sync failed', () => {
  const { durableAt } = audit([
    `7 10.000000 pwrite64(${LOG}, "ma0000001m", 10, 0) = 10 <0.000010>`,
    `8 10.000100 fdatasync(${LOG}) = -1 EIO (Input/output error) <0.000100>`,
  ]);
  expect(durableAt.size).toBe(0);
});
