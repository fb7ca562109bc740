import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { RaftctlError } from '../../std/errors.ts';
import { openLogSink } from './log-sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'raftctl-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FIELDS = { cluster: 'demo', node: 'n1' };

function linesOf(path: string): Record<string, unknown>[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('openLogSink', () => {
  test('openLogSink writes one JSON object a line, appended to a file of mode 0600', async () => {
    const path = join(folder, 'lines.log');
    writeFileSync(path, '{"msg":"from before"}\n');
    chmodSync(path, 0o644);
    const sink = openLogSink({ level: 'info', path, fields: FIELDS });
    sink.log.debug({}, 'not told');
    sink.log.info({ term: 3 }, 'first');
    sink.log.warn({}, 'line\nbreak \u001b[2J');
    await sink.close();
    const [before, first, second, ...more] = linesOf(path);
    expect(more).toEqual([]);
    expect(before?.['msg']).toBe('from before');
    expect(first).toMatchObject({ ...FIELDS, level: 'info', term: 3, msg: 'first' });
    expect(Date.parse(String(first?.['time']))).toBeGreaterThan(1.6e12);
    expect(second?.['msg']).toBe('line\nbreak \u001b[2J');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain('\u001b');
  });

  test('openLogSink writes in the background, in order, also much more than fits one write', async () => {
    const path = join(folder, 'many.log');
    const sink = openLogSink({ level: 'debug', path, fields: FIELDS });
    for (let i = 0; i < 2000; i += 1) {
      sink.log.debug({ i }, 'x'.repeat(100));
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await waitFor(() => linesOf(path).length === 2000);
    await sink.close();
    const numbers = linesOf(path).map((line) => line['i']);
    expect(numbers).toEqual(Array.from({ length: 2000 }, (_, i) => i));
  });

  test('openLogSink changes its level and hears nothing after its end', async () => {
    const path = join(folder, 'level.log');
    const sink = openLogSink({ level: 'error', path, fields: FIELDS });
    sink.log.info({}, 'unheard');
    sink.setLevel('debug');
    sink.log.debug({}, 'heard');
    sink.setLevel('silent');
    sink.log.error({}, 'unheard too');
    await waitFor(() => linesOf(path).length === 1);
    expect(linesOf(path)[0]?.['msg']).toBe('heard');
    await sink.close();
    sink.setLevel('debug');
    sink.log.error({}, 'after the end');
    sink.flushSync();
    expect(linesOf(path).length).toBe(1);
  });

  test('openLogSink writes errors with code, hint and cause', async () => {
    const path = join(folder, 'errors.log');
    const sink = openLogSink({ level: 'info', path, fields: FIELDS });
    const cause = new Error('no such device');
    const error = new RaftctlError('DISK_FAILED', { message: 'Cannot write', hint: 'Look', cause });
    sink.log.error({ error }, 'the disk');
    await sink.close();
    expect(linesOf(path)[0]).toMatchObject({
      error: { code: 'DISK_FAILED', hint: 'Look', message: 'Cannot write' },
    });
    expect(JSON.stringify(linesOf(path)[0])).toContain('no such device');
  });

  test('openLogSink names the file that it cannot open', () => {
    const path = join(folder, 'missing', 'x.log');
    expect(() => openLogSink({ level: 'info', path, fields: {} })).toThrow(
      expect.objectContaining({ code: 'DISK_FAILED', message: expect.stringContaining(path) }),
    );
  });
});

async function waitFor(condition: () => boolean): Promise<void> {
  const until = Date.now() + 10_000;
  while (!condition()) {
    expect(Date.now()).toBeLessThan(until);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
