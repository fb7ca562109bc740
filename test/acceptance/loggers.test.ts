/**
 * `raftctl node start --app logger`: one process writes down what many clusters apply. Ports: 24440
 * to 24499 for clients and loggers, Raft's 1000 and those of administration 2000 above.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeDemoCommand } from '../../src/wire/dialects/raft-demo-command.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { Launched } from '../doubles/launched.ts';
import { eventually, OldPrograms } from '../doubles/old-programs.ts';
import { launchRaftctl, ROOT, raftctl } from '../doubles/program.ts';
import { RawClient } from '../doubles/raw-client.ts';
import { WriteLoad } from '../doubles/write-load.ts';

const LOGGER = '127.0.0.1:24490';
const JOURNEY = /^\d+ -- [01] -- {4}.* {4}\| [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d$/;

/** The log forgets its beginning soon. */
const SMALL = {
  segmentBytes: 256 * 1024,
  snapshotLogBytes: 512 * 1024,
  trailingLogBytes: 64 * 1024,
  trailingLogEntries: 200,
};

interface Measured {
  readonly isComplete: boolean;
  readonly faults: readonly string[];
  readonly writes: number;
  readonly worstRatio: number;
}
interface Figure {
  measureLoggers(init: {
    readonly portBase: number;
    readonly clusters: number;
    readonly seconds: number;
    readonly rate: number;
  }): Promise<Measured>;
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-loggers-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function recordsOf(file: string) {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const found: { id: number; op: string; key: string; value: string }[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const command = decodeDemoCommand(bytes, at + 4, end);
    if (command !== null) found.push(command);
    at = end;
  }
  return found;
}

test('one process follows three clusters under a steady load, and misses nothing', async () => {
  const figure = (await import(join(ROOT, 'scripts/figures/loggers.js'))) as Figure;
  const wish = { portBase: 24_443, clusters: 3, seconds: 3, rate: 300 };
  const seen = await figure.measureLoggers(wish);
  expect(seen.faults).toEqual([]);
  expect(seen.isComplete).toBe(true);
  expect(seen.writes).toBeGreaterThan(3 * 3 * 300);
  // How close it keeps is a matter of `npm run figures -- --only loggers`.
  expect(seen.worstRatio).toBeGreaterThan(0.8);
});

describe('a logger of three nodes', () => {
  let rig: ClusterRig;
  afterEach(() => rig?.dispose());

  async function follow(...more: string[]): Promise<Launched> {
    const words = ['node', 'start', '--app', 'logger', '--data-dir', join(rig.directory, 'logs')];
    const logger = rig.launch([...words, ...more]);
    await logger.seen(/ follows demo into /);
    return logger;
  }

  async function say(...commands: string[]): Promise<void> {
    const client = await RawClient.connect(rig.clientAddress('n1'));
    client.send(`${commands.join('\r\n')}\r\n`);
    await client.take((got) => got.split('\r\n').length > commands.length);
    client.close();
  }

  test('comes late, is killed, comes back; hands out intervals and drops what nobody needs', async () => {
    rig = await ClusterRig.start({ portBase: 24_440 });
    await say('SET a 1', 'INCR a', 'MSET b 2 c 3', 'DEL b');
    const first = await follow('--follow', 'demo', '--text-log');
    const file = join(rig.directory, 'logs', 'log-file-log1.log');
    await eventually(
      () => recordsOf(file),
      (records) => records.length === 5,
    );
    expect((await recordsOf(file)).map(({ op, key, value }) => [op, key, value])).toEqual([
      ['set', 'a', '1'],
      ['set', 'a', '2'],
      ['set', 'b', '2'],
      ['set', 'c', '3'],
      ['delete', 'b', ''],
    ]);
    first.signal('SIGKILL');
    await first.ended();
    await say('SET d 4');
    const again = await follow();
    const records = await eventually(
      () => recordsOf(file),
      (found) => found.length === 6,
    );
    const ids = records.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    const lines = (await readFile(file.replace(/log$/, 'txt'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(line).toMatch(JOURNEY);
    const [from = 0, to = 0] = [ids[1], ids[4]];
    const asked = await raftctl([
      ...['log', 'recover', '127.0.0.1:24490', '--from', String(from), '--to', String(to)],
      ...['--output', join(folder, 'some.log')],
    ]);
    expect([asked.code, asked.stderr]).toEqual([0, '']);
    expect((await recordsOf(join(folder, 'some.log'))).map(({ id }) => id)).toEqual(
      ids.slice(1, 5),
    );
    await truncate(ids[3] ?? 0, 'n1');
    expect(await recordsOf(file)).toHaveLength(6);
    await truncate(ids[1] ?? 0, 'n2');
    expect((await recordsOf(file)).map(({ id }) => id)).toEqual(ids.slice(2));
    again.signal('SIGTERM');
    expect((await again.ended()).code).toBe(0);
    const profile = join(folder, 'logger.cpuprofile');
    const third = await follow('--follow', 'demo', '--cpuprofile', profile);
    await say('SET e 5');
    await eventually(
      () => recordsOf(file),
      (found) => found.at(-1)?.key === 'e',
    );
    expect(await recordsOf(file)).toHaveLength(5);
    third.signal('SIGTERM');
    await third.ended();
    expect(JSON.parse(await readFile(profile, 'utf8'))).toMatchObject({
      startTime: expect.any(Number),
    });
  });

  const RETAINED = [
    ['all', 0],
    ['snapshot', 1],
  ] as const;
  test.each(RETAINED)(
    'retain %s: what the log has forgotten comes from an archive, or is told',
    async (retain, gaps) => {
      rig = await ClusterRig.start({ portBase: 24_440, upFlags: ['--retain', retain] });
      await rig.ok(['cluster', 'down', rig.name]);
      for (const id of rig.ids()) {
        const path = join(rig.dataDir(id), 'node.json');
        const config = JSON.parse(await readFile(path, 'utf8')) as object;
        await writeFile(path, JSON.stringify({ ...config, ...SMALL }));
      }
      await rig.up();
      await rig.healthy();
      const addresses = rig.ids().map((id) => rig.clientAddress(id));
      const load = new WriteLoad({ addresses, writers: 3, depth: 32, tag: 'w', valueBytes: 400 });
      await load.more(6000);
      await load.stop();
      const leader = await rig.nodeStatus(await rig.leader());
      expect(leader.firstIndex).toBeGreaterThan(1);
      const logger = await follow('--follow', 'demo');
      await say('SET last 1');
      const file = join(rig.directory, 'logs', 'log-file-log1.log');
      const records = await eventually(
        () => recordsOf(file),
        (found) => found.at(-1)?.key === 'last',
      );
      const answer = await raftctl(['log', 'recover', LOGGER, '--json']);
      const { data } = JSON.parse(answer.stdout) as { data: { lacks: unknown[] } };
      expect(data.lacks).toHaveLength(gaps);
      expect(logger.output.includes('the log lacks them')).toBe(gaps > 0);
      const keys = new Set(records.map(({ key }) => key));
      const missing = [...load.acknowledged.keys()].filter((key) => !keys.has(key));
      if (gaps === 0) expect(missing).toEqual([]);
      else expect(missing).not.toEqual([]);
      logger.signal('SIGTERM');
      await logger.ended();
    },
  );

  async function truncate(through: number, replica: string): Promise<void> {
    const words = ['--through', String(through), '--replica', replica];
    expect((await raftctl(['log', 'truncate', LOGGER, ...words])).code).toBe(0);
  }
});

test('its records are those of the application log of raft-demo’s kvstore, byte for byte', async () => {
  const programs = await OldPrograms.prepare();
  let logger: Launched | null = null;
  try {
    const flags = ['-port', ':24446', '-raft', ':25446', '-logfolder', `${programs.folder}/`];
    const server = await programs.start('one', 'kvstore', '-id', 'node0', ...flags);
    await server.seen(/node0 answers/);
    const client = await RawClient.connect('127.0.0.1:24446');
    client.send('set-a-1\nget-a\ndelete-a\n');
    await client.take((got) => got.split('\n').length > 3);
    logger = new Launched(
      launchRaftctl([
        ...['node', 'start', '--app', 'logger', '--data-dir', join(folder, 'data')],
        ...['--join', '127.0.0.1:30446', '--member', 'log1=127.0.0.1:24447:25447:26447'],
        ...['--secret-file', join(programs.folder, 'state', 'raftctl', 'older-systems.secret')],
        ...['--logfolder', folder],
      ]),
    );
    await logger.seen(/ follows /);
    client.send('set-b-2\n');
    await client.take((got) => got.endsWith('\n'));
    const own = join(folder, 'log-file-log1.log');
    await eventually(
      () => recordsOf(own),
      (records) => records.length === 4,
    );
    expect(await readFile(own)).toEqual(
      await readFile(join(programs.folder, 'log-file-node0.txt')),
    );
    client.close();
  } finally {
    logger?.signal('SIGKILL');
    await logger?.ended();
    await programs.dispose();
  }
});

describe('refuses', () => {
  const REFUSED = [
    [['--app', 'logger'], 'without --data-dir'],
    [['--app', 'logger', '--data-dir', 'none'], 'follows nobody'],
    [
      ['--app', 'logger', '--data-dir', 'd', '--join', '127.0.0.1:1,127.0.0.1:2'].concat([
        '--member',
        'l=127.0.0.1:3:4:5',
        '--secret-file',
        's',
      ]),
      '--join names 2, --member 1',
    ],
    [['--app', 'kvstore', '--data-dir', 'd', '--text-log'], '--app logger'],
  ] as const;
  test.each(REFUSED)('%j', async (words, says) => {
    const ended = await raftctl(['node', 'start', ...words], { cwd: folder });
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining(says)]);
  });
});
