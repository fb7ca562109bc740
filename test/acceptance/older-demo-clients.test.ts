/**
 * The programs around raft-demo's kvstore: client, load generator, recovery, monitor. The numbers
 * are those of the checks in docs/older-systems.md. Ports: 24020 to 24029 and their like.
 */
import { createSocket } from 'node:dgram';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeDemoCommand } from '../../src/wire/dialects/raft-demo-command.ts';
import { eventually, OldPrograms } from '../doubles/old-programs.ts';

let programs: OldPrograms;
const node = (name: string): string => join(programs.folder, 'node0', name);

const CONFIG = `REP = 2
SvrIps = ["127.0.0.1:24020", "127.0.0.1:24021"]
localip = "127.0.0.1"
UDPPORT = 24920
thinkingtimemsec = 1
`;

beforeAll(async () => {
  programs = await OldPrograms.prepare();
  const log = `-logfolder=${programs.folder}/node0/`;
  const flags = ['-id', 'node0', '-port', ':24020', '-raft', ':24120', '-hrecov', ':24350', log];
  const first = await programs.start('node0', 'kvstore', ...flags, '-hjoin', ':24220');
  await first.seen(/answers on/);
  const second = ['-id', 'node1', '-port', ':24021', '-raft', ':24121', '-join', ':24220'];
  await (await programs.start('node1', 'kvstore', ...second)).seen(/answers on/);
  await writeFile(node('c.toml'), CONFIG);
});
afterAll(() => programs.dispose());

const run = (...words: string[]) => programs.run('node0', ...words);

async function counted(name: string): Promise<number> {
  const text = await readFile(join(programs.folder, name, `${name}-throughput.out`), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map(Number)
    .reduce((a, b) => a + b, 0);
}

/** As above, with the second that goes on: a line is written at its end. */
async function countedByNow(name: string): Promise<number> {
  const path = join(programs.folder, name, `${name}-throughput.out`);
  const size = async () => (await readFile(path)).length;
  const before = await size();
  await eventually(size, (bytes) => bytes > before);
  return counted(name);
}

describe('client', () => {
  test('28, 29: answers lines, ends at exit and at the end', async () => {
    const words = ['as', 'client', '-config', 'c.toml'];
    const ended = await programs.typed('node0', words, 'set-a-1\nget-a\nexit\nget-a\n');
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('rep: 2\nsvrIps: [127.0.0.1:24020 127.0.0.1:24021]\n');
    expect(ended.stdout.match(/^Received message: .*$/gm)).toEqual([
      'Received message: OK',
      'Received message: 1',
    ]);
    const nonsense = await programs.typed('node0', words, 'foo-a\n');
    expect(nonsense.stdout).toContain('Received message: 404-cmd not found\n');
  });

  test('29: a configuration that makes no sense is named', async () => {
    await writeFile(node('bad.toml'), CONFIG.replace('REP = 2', 'rep = 3'));
    const ended = await run('client', '-config', 'bad.toml');
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('bad.toml: rep is 3')]);
  });
});

describe('loadgen', () => {
  test('30, 32: counts requests, and adds latencies', async () => {
    const before = await countedByNow('node0');
    const flags = ['-clients', '4', '-req', '50', '-key', '100', '-data', '0', '-config', 'c.toml'];
    const ended = await run('loadgen', ...flags, '-log', '1');
    expect([ended.code, ended.stdout]).toEqual([
      0,
      expect.stringContaining('Executed 200 requests'),
    ]);
    expect(
      await eventually(
        () => counted('node0'),
        (n) => n >= before + 200,
      ),
    ).toBe(before + 200);
    const latencies = async () => (await readFile(node('4c-latency.out'), 'utf8')).trimEnd();
    const once = await latencies();
    await run('loadgen', ...flags);
    expect((await latencies()).startsWith(`${once}\n`)).toBe(true);
    expect((await latencies()).split('\n').every((text) => /^[1-9]\d*$/.test(text))).toBe(true);
  });

  test('31, 33: ends in time although an answer is lost; its ports are bound', async () => {
    const flags = ['-clients', '4', '-time', '5', '-key', '100', '-data', '1', '-config', 'c.toml'];
    const begun = performance.now();
    const ended = run('loadgen', ...flags);
    const isBound = (port: number) =>
      new Promise<boolean>((resolve) => {
        const socket = createSocket('udp4');
        socket.once('error', () => resolve(true));
        socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(false)));
      });
    const bound = () => Promise.all([24920, 24921, 24922, 24923].map(isBound));
    await eventually(bound, (all) => all.every(Boolean));
    await programs.signal('node0', 'SIGSTOP');
    setTimeout(() => void programs.signal('node0', 'SIGCONT'), 700);
    const { code, stdout } = await ended;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/in [56]\.\d seconds/)]);
    expect(performance.now() - begun).toBeLessThan(9000);
  });

  test('34: refuses what makes no sense', async () => {
    const rest = ['-req', '1', '-config', 'c.toml'];
    for (const flags of [
      ['-clients', '1', '-key', '5', '-data', '7'],
      ['-clients', '0', '-key', '5', '-data', '0'],
      ['-clients', '1', '-data', '0'],
    ]) {
      const { code, stderr } = await run('loadgen', ...flags, ...rest);
      expect([code, stderr]).toEqual([2, expect.stringMatching(/-(data|clients|key) is/)]);
    }
  });

  test('35: writes records as fast as it can', async () => {
    const flags = ['-run', 'TestMaxWritesByClientTime', '-time', '2', '-writesfile', 'writes.txt'];
    const { stdout } = await run('loadgen', ...flags);
    const count = Number(/^Executed (\d+) in 2 seconds of experiment$/m.exec(stdout)?.[1]);
    const bytes = await readFile(node('writes.txt'));
    let found = 0;
    for (let at = 0; at < bytes.length; found += 1) {
      const end = at + 4 + bytes.readUInt32BE(at);
      if (decodeDemoCommand(bytes, at + 4, end)?.id !== 10) throw new Error(`record ${found}`);
      at = end;
    }
    expect(found).toBe(count);
  });
});

describe('bench', () => {
  /** The one of the two that leads: of text it alone does what is written. */
  const leader = (): Promise<number> =>
    eventually(
      async () => {
        const done = (port: number) => programs.typedTo(port, 'set-who-leads\n');
        if ((await done(24020)) === 'OK\n') return 24020;
        return (await done(24021)) === 'OK\n' ? 24021 : 0;
      },
      (port) => port > 0,
    );
  const LOAD = ['--requests', '400', '--clients', '4', '--key-maximum', '100', '--verify'];

  test.each(['raft-demo-a', 'raft-demo-b', 'raft-demo-c'])('measures over %s', async (driver) => {
    const ports = driver === 'raft-demo-a' ? [await leader()] : [24020, 24021];
    const targets = ports.flatMap((port) => ['--target', `${driver}://127.0.0.1:${port}`]);
    const words = ['bench', ...targets, ...LOAD, '--no-store', '--json'];
    const { code, stdout, stderr } = await programs.raftctl('node0', ...words);
    expect([code, stderr]).toEqual([0, '']);
    const { requests, verification, targets: told } = JSON.parse(stdout).data;
    const { answered, failed } = requests;
    expect([answered, failed, told.length]).toEqual([400, 0, ports.length]);
    expect(verification.sound).toBe(verification.keys);
    expect(verification.keys).toBeGreaterThan(50);
  });

  test('goes on when the servers answer again, and counts what had no answer', async () => {
    const targets = ['24020', '24021'].flatMap((port) => ['--target', `127.0.0.1:${port}`]);
    const load = ['--driver', 'raft-demo', '--rate', '200', '-d', '4s', '--timeout', '500ms'];
    const words = ['bench', ...targets, ...load, '--verify', '--no-store', '--json'];
    const ended = programs.raftctl('node0', ...words);
    await sleep(3000);
    await programs.signal('node0', 'SIGSTOP');
    setTimeout(() => void programs.signal('node0', 'SIGCONT'), 1200);
    const { data } = JSON.parse((await ended).stdout);
    expect(data.errors.timeout).toBeGreaterThan(0);
    expect(data.requests.answered).toBeGreaterThan(200);
    const { missing, older, foreign, damaged, unread } = data.verification;
    expect([missing, older, foreign, damaged, unread]).toEqual([0, 0, 0, 0, 0]);
  });
});

test('22: recovery tells how long it took', async () => {
  const file = await readFile(node('log-file-node0.txt'));
  let records = 0;
  for (let at = 0; at < file.length; at += 4 + file.readUInt32BE(at)) records += 1;
  const { stdout } = await run('recovery', '-recov', ':24350', '-sleep', '0');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.slice(2)).toEqual([
    `State Size (bytes): ${file.length}`,
    `Num of Commands: ${records}`,
  ]);
  expect(lines[0]).toMatch(/^Transfer Time \(ns\): \d+$/);
  expect(lines[1]).toMatch(/^Install Time \(ns\): \d+$/);
  const part = await run('recovery', '-recov', ':24350', '-sleep', '0', '-p', '5', '-n', '9');
  expect(part.stdout).toContain('Num of Commands: ');
});

test('47: the monitor writes four counters a second', async () => {
  const monitor = await programs.start('monit', 'monit', 'kvstore');
  await monitor.seen(/kvstore/);
  const read = () => readFile(join(programs.folder, 'monit', 'io.out'), 'utf8');
  const text = await eventually(read, (all) => all.split('\n\n').length > 3);
  const blocks = text
    .split('\n\n')
    .slice(0, 3)
    .map((block) => block.split('\n').map(Number));
  for (const block of blocks) expect(block).toHaveLength(4);
  for (const column of [0, 1, 2, 3]) {
    const values = blocks.map((block) => block[column] as number);
    expect(values).toEqual([...values].sort((a, b) => a - b));
  }
  await programs.signal('monit', 'SIGINT');
});
