import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { concatBytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import { SILENT_LOG } from '../../std/log.ts';
import { encodeDemoCommand } from '../../wire/dialects/raft-demo-command.ts';
import { ApplicationLog } from './application-log.ts';
import { TextLog } from './text-log.ts';

const TIME_MS = Date.UTC(2026, 2, 27, 11, 17, 39);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'raftctl-log-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const fail = (error: RaftctlError): never => {
  throw error;
};
const record = (id: number, key: string) =>
  encodeDemoCommand({ id, op: 'set', key, value: 'v' }, true);
const pathOf = (name: string): string => join(folder, name);
const KINDS = [
  [
    'records',
    () => new ApplicationLog({ path: pathOf('a'), sync: false, log: SILENT_LOG, onFailed: fail }),
  ],
  ['text', () => new TextLog({ path: pathOf('a'), log: SILENT_LOG, onFailed: fail })],
] as const;

describe.each(KINDS)('an application log of %s', (_, open) => {
  const shown = (): string[] => readFileSync(pathOf('a'), 'latin1').match(/k\d/g) ?? [];

  /** As a killed process leaves it. */
  function killedAfter(...entries: [number, string[]][]): void {
    const log = open();
    for (const [index, keys] of entries) {
      log.append(index, concatBytes(keys.map((key) => record(index, key))), TIME_MS);
    }
    log.flush();
  }

  it('takes the last entry again after a kill: it may have had more records', () => {
    killedAfter([3, ['k1']], [5, ['k2', 'k3']]);
    const again = open();
    expect(again.lastIndex).toBe(3);
    expect(shown()).toEqual(['k1']);
    again.append(5, concatBytes([record(5, 'k2'), record(5, 'k3')]), TIME_MS);
    again.close();
    expect(shown()).toEqual(['k1', 'k2', 'k3']);
  });

  it('holds what it was told in order, whatever becomes of the bytes afterwards', () => {
    const log = open();
    let index = 0;
    let size = 0;
    for (const count of [1, 3, 900, 2]) {
      for (let i = 0; i < count; i += 1) {
        index += 1;
        const bytes = encodeDemoCommand(
          { id: index, op: 'set', key: 'k1', value: 'v'.repeat(99) },
          true,
        );
        log.append(index, bytes, TIME_MS);
        bytes.fill(0);
      }
      expect(readFileSync(pathOf('a'))).toHaveLength(size);
      log.flush();
      size = readFileSync(pathOf('a')).length;
    }
    log.close();
    expect(shown()).toHaveLength(906);
    expect(open().lastIndex).toBe(906);
  });

  it('cuts away what is no whole record', () => {
    killedAfter([3, ['k1']], [4, ['k2']]);
    appendFileSync(pathOf('a'), readFileSync(pathOf('a')).subarray(0, 7));
    expect(open().lastIndex).toBe(3);
    expect(shown()).toEqual(['k1']);
  });

  it('remembers entries that told nothing, over an orderly stop and a snapshot', () => {
    const log = open();
    log.append(3, record(3, 'k1'), TIME_MS);
    log.append(4, Buffer.alloc(0), TIME_MS);
    log.keep(6);
    const killed = open();
    expect(killed.lastIndex).toBe(6);
    killed.append(7, Buffer.alloc(0), TIME_MS);
    killed.close();
    const stopped = open();
    expect(stopped.lastIndex).toBe(7);
    expect(shown()).toEqual(['k1']);
    // The state of its own snapshot: that lacks nothing.
    stopped.skipTo(7);
    expect(readFileSync(pathOf('a.marks'), 'utf8')).toContain('"lacks":[]');
  });

  it('says for good which entries came as a snapshot', () => {
    const log = open();
    log.append(3, record(3, 'k1'), TIME_MS);
    log.skipTo(90);
    const again = open();
    expect([again.lastIndex, shown()]).toEqual([90, ['k1']]);
    expect(JSON.parse(readFileSync(pathOf('a.marks'), 'utf8'))).toEqual({
      through: 90,
      lacks: [{ first: 4, last: 90 }],
    });
  });

  it('begins anew when its file is gone, whatever the marks say', () => {
    writeFileSync(pathOf('a.marks'), '{"through":90,"lacks":[]}');
    expect(open().lastIndex).toBe(0);
  });
});

it('ApplicationLog.dropThrough: what was dropped does not come back after a kill', () => {
  const make = KINDS[0][1];
  const log = make();
  for (const id of [3, 4, 5]) log.append(id, record(id, `k${id}`));
  log.flush();
  log.dropThrough(5);
  expect(make().lastIndex).toBe(5);
  expect(make().bytes).toBe(0);
});

it('TextLog: a line each, with the index and the time of the entry', () => {
  const log = new TextLog({ path: pathOf('t'), log: SILENT_LOG, onFailed: fail });
  log.append(3, record(3, 'k\n1'), TIME_MS);
  log.append(4, encodeDemoCommand({ id: 4, op: 'get', key: 'k2' }, true), TIME_MS);
  log.append(5, encodeDemoCommand({ id: 5, op: 'delete', key: 'k3' }, true), TIME_MS);
  log.close();
  const texts = readFileSync(pathOf('t'), 'utf8').split('\n');
  expect(texts.map((line) => line.replace(/ {4}[|].*/, ''))).toEqual([
    '3 -- 1 --    Set key: k 1, value: v',
    '4 -- 0 --    Get key: k2',
    '5 -- 1 --    Delete key: k3',
    '',
  ]);
  expect(texts[0]).toMatch(/\| Mar 2\d \d\d:17:39$/);
});
