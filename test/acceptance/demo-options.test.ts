/** The options of raft-demo's kvstore as flags of `cluster up` and `node start`. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeDemoCommand } from '../../src/wire/dialects/raft-demo-command.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { eventually } from '../doubles/old-programs.ts';
import { ROOT, raftctl } from '../doubles/program.ts';
import { RawClient, resp } from '../doubles/raw-client.ts';

const HRECOV_BASE = 24_650;
const RECORD_HEAD_BYTES = 4;

let rig: ClusterRig;
let folder: string;
let flags: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-demo-options-'));
  flags = [
    ...['--logfolder', join(folder, 'logs'), '--synclog', '--throughput', join(folder, 'counts')],
    ...['--hrecov-base', String(HRECOV_BASE), '--prefill', '12000', '--compress'],
  ];
  rig = await ClusterRig.start({ portBase: 10_400, name: 'options', upFlags: flags });
});
afterAll(async () => {
  await rig?.dispose();
  await rm(folder, { recursive: true, force: true });
});

const logOf = (id: string): Promise<Buffer> =>
  readFile(join(folder, 'logs', `log-file-${id}.txt`)).catch(() => Buffer.alloc(0));

function keysIn(log: Buffer): string[] {
  const keys: string[] = [];
  for (let at = 0; at < log.length; at += RECORD_HEAD_BYTES + log.readUInt32BE(at)) {
    const end = at + RECORD_HEAD_BYTES + log.readUInt32BE(at);
    keys.push(decodeDemoCommand(log, at + RECORD_HEAD_BYTES, end)?.key ?? '?');
  }
  return keys;
}

async function say(address: string, text: string): Promise<string> {
  const client = await RawClient.connect(address);
  client.socket.end(text, 'latin1');
  return client.takeUntilClosed();
}

test('cluster up: every node writes its log and its counts, and hands the log out', async () => {
  const first = rig.clientAddress('n1');
  expect(await say(first, 'set-a-1\nget-a\n')).toBe('OK\n1\n');
  for (const id of rig.ids()) {
    const log = await eventually(
      () => logOf(id),
      (bytes) => keysIn(bytes).filter((key) => key === 'a').length === 2,
    );
    const port = HRECOV_BASE + Number(id.slice(1)) - 1;
    expect(await say(`127.0.0.1:${port}`, '127.0.0.1:1-0\n')).toBe(log.toString('latin1'));
  }
  const counts = () => readFile(join(folder, 'counts', 'n1-throughput.out'), 'utf8');
  await eventually(counts, (text) => text.split('\n').map(Number).includes(2));
});

test('cluster up: begins with keys, and stores values compressed', async () => {
  const client = await RawClient.connect(rig.clientAddress('n2'));
  const size = await eventually(
    async () => {
      client.send(resp('DBSIZE'));
      return Number((await client.take((text) => text.endsWith('\r\n'))).slice(1));
    },
    (count) => count >= 12_000,
  );
  expect(size).toBeLessThanOrEqual(12_001);
  client.send(resp('GET', '11999'));
  const stored = await client.take((text) => text.endsWith('\r\n'));
  expect(stored.length).toBeLessThan(100);
  client.close();
  expect(await say(rig.clientAddress('n2'), 'get-11999\n')).toBe(`${'!'.repeat(1024)}\n`);
});

test('cluster up: an existing cluster keeps what it was made with', async () => {
  const other = ['cluster', 'up', rig.name, '--detach', '--dir', rig.directory];
  expect((await raftctl([...other, ...flags])).code).toBe(0);
  const asked = await raftctl([...other, '--prefill', '5']);
  expect([asked.code, asked.stderr]).toEqual([
    2,
    expect.stringContaining('prefill is 12000, not 5'),
  ]);
});

test('cluster up, node start: refuse what cannot be', async () => {
  const up = ['cluster', 'up', 'other', '--detach', '--dir', rig.directory];
  const chat = await raftctl([...up, '--app', 'chatroom', '--logfolder', folder]);
  expect([chat.code, chat.stderr]).toEqual([
    2,
    expect.stringContaining('Cannot use --logfolder with --app chatroom'),
  ]);
  const slots = await raftctl([...up, '--app', 'diskstorage', '--compress']);
  expect(slots.stderr).toContain('Cannot use --compress with --app diskstorage');
  const alone = await raftctl([...up, '--hrecov-base', '24655']);
  expect([alone.code, alone.stderr]).toEqual([2, expect.stringContaining('--logfolder')]);
  const existing = ['node', 'start', '--data-dir', rig.dataDir('n1'), '--compress'];
  const fixed = await raftctl(existing, { cwd: ROOT });
  expect([fixed.code, fixed.stderr]).toEqual([
    2,
    expect.stringContaining('Cannot change --compress of a node that exists'),
  ]);
});
