import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NO_WISH, planCluster } from '../cluster/topology.ts';
import { act } from './hand.ts';
import { HAND_VERSION } from './hand-request.ts';

const ENTRY = '/nowhere/raftctl-1.0.0-000000000001/bin/run.js';

let directory: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'raftctl-hand-data-'));
  const spec = planCluster({
    ...{ name: 'wide', clusterId: 'c'.repeat(32), createdAt: '2026-03-01T12:00:00.000Z' },
    ...{ ephemeral: false, wish: { ...NO_WISH, nodeCount: 1 } },
    dataDirOf: (id) => join(directory, 'wide', id),
  });
  await act({ ...about(), verb: 'make', spec, secret: `${'5'.repeat(64)}\n`, tls: {} }, ENTRY);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function about() {
  const clusterId = 'c'.repeat(32);
  return { version: HAND_VERSION, directory, cluster: 'wide', clusterId, ids: ['n1'] } as const;
}

const inNode = (...names: string[]): string => join(directory, 'wide', 'n1', ...names);

function damageLog(): void {
  const [segment = ''] = readdirSync(inNode('log')).filter((name) => name.endsWith('.seg'));
  const bytes = readFileSync(inNode('log', segment));
  bytes[100] = (bytes[100] ?? 0) ^ 16;
  writeFileSync(inNode('log', segment), bytes);
}

test('act() tells what snapshots lie there, and the damage of one', async () => {
  expect(await act({ ...about(), verb: 'snapshots' }, ENTRY)).toEqual([
    { id: 'n1', rows: [], damage: null },
  ]);
  const file = inNode('snapshots', `${'7'.padStart(16, '0')}-${'1'.padStart(16, '0')}.snap`);
  mkdirSync(inNode('snapshots'), { recursive: true });
  writeFileSync(file, 'no snapshot');
  expect(await act({ ...about(), verb: 'snapshots' }, ENTRY)).toMatchObject([
    { rows: [{ index: null, state: 'damaged', file }], damage: { code: 'SNAPSHOT_CORRUPT' } },
  ]);
});

test('act() says how a log is damaged, and leaves it as it is', async () => {
  const ask = { ...about(), verb: 'damage', timeoutMs: 0 } as const;
  expect(await act(ask, ENTRY)).toEqual({ damage: null });
  damageLog();
  const before = readdirSync(inNode());
  expect(await act(ask, ENTRY)).toMatchObject({ damage: { code: 'WAL_CORRUPT' } });
  expect(readdirSync(inNode())).toEqual(before);
  // Nothing that is no snapshot takes its place.
  const snapshot = join(directory, 'no.snap');
  writeFileSync(snapshot, 'no snapshot');
  const repair = { ...about(), verb: 'repair', snapshot, term: 3, timeoutMs: 0 } as const;
  await expect(act(repair, ENTRY)).rejects.toMatchObject({ code: 'SNAPSHOT_CORRUPT' });
  expect(await act(ask, ENTRY)).toMatchObject({ damage: { code: 'WAL_CORRUPT' } });
});

test.each(['down', 'damage'] as const)('act() of %s refuses a node that runs', async (verb) => {
  const startedAtMs = Date.now() - process.uptime() * 1000;
  writeFileSync(inNode('node.pid'), JSON.stringify({ pid: process.pid, startedAtMs }));
  await expect(act({ ...about(), verb, timeoutMs: 0 }, ENTRY)).rejects.toMatchObject({
    code: 'NODE_RUNNING',
  });
  rmSync(inNode('node.pid'));
  expect(await act({ ...about(), verb, timeoutMs: 0 }, ENTRY)).toEqual({ damage: null });
});
