/**
 * raft-demo's kvstore, typed as its README says. The numbers are those of the checks in
 * docs/older-systems.md. Ports: 24000 to 24099 for clients, a hundred more for each other kind.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type DemoCommand,
  decodeDemoCommand,
  demoRequest,
} from '../../src/wire/dialects/raft-demo-command.ts';
import { curl } from '../doubles/curl.ts';
import { eventually, OldPrograms } from '../doubles/old-programs.ts';
import { RawClient } from '../doubles/raw-client.ts';
import { UdpInbox } from '../doubles/udp-inbox.ts';

let programs: OldPrograms;
let inbox: UdpInbox;

beforeAll(async () => {
  programs = await OldPrograms.prepare();
  inbox = await UdpInbox.open();
});
afterAll(async () => {
  inbox.close();
  await programs.dispose();
});

type Wish = Partial<DemoCommand> & Pick<DemoCommand, 'op'>;

function bytesOf(command: Wish): string {
  return demoRequest({ ip: String(inbox.port), ...command }).toString('latin1');
}

const SET = { op: 'set', key: 'foo', value: 'bar' } as const;
const GET = { op: 'get', key: 'foo' } as const;

/** Sends to some client ports, and closes; what comes back on the connections. */
async function send(text: string, ports: readonly number[] = [24000]): Promise<string> {
  const answers = await Promise.all(
    ports.map(async (port) => {
      const client = await RawClient.connect(`127.0.0.1:${port}`);
      client.socket.end(text, 'latin1');
      return client.takeUntilClosed();
    }),
  );
  return answers.join('');
}

/** A command by protobuf, and its datagram. */
async function ask(command: Wish, ports: readonly number[] = [24000]): Promise<string | null> {
  await send(bytesOf(command), ports.filter(Boolean));
  return inbox.next();
}

/** One line on another port, and what it says until it closes. */
async function sayLine(line: string, port: number): Promise<string> {
  const client = await RawClient.connect(`127.0.0.1:${port}`);
  client.socket.write(`${line}\n`, 'latin1');
  return client.takeUntilClosed();
}

interface Member {
  readonly id: string;
  readonly voter: boolean;
  readonly peerAddress: string;
}

async function members(): Promise<readonly Member[]> {
  const { body } = await curl('127.0.0.1:29100/v1/status');
  return (JSON.parse(body) as { data: { members: readonly Member[] } }).data.members;
}

function recordsIn(bytes: Buffer): DemoCommand[] {
  const found: DemoCommand[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const record = decodeDemoCommand(bytes, at + 4, end);
    if (record === null) throw new Error(`no record at ${at}`);
    found.push(record);
    at = end;
  }
  return found;
}

const LOG = ['-hrecov', ':24300', '-synclog'];

function startNode0(...flags: string[]) {
  const folder = `-logfolder=${join(programs.folder, 'node0')}/`;
  const own = ['-id', 'node0', '-port', ':24000', '-raft', ':24100', '-hjoin', ':24200'];
  return programs.start('node0', 'kvstore', ...own, ...LOG, folder, ...flags);
}

function startNode(number: number) {
  const own = [
    '-id',
    `node${number}`,
    '-port',
    `:${24000 + number}`,
    '-raft',
    `:${24100 + number}`,
  ];
  return programs.start(`node${number}`, 'kvstore', ...own, '-join', ':24200');
}

const inNode0 = (name: string): string => join(programs.folder, 'node0', name);

describe('one kvstore', () => {
  test('1: prints its settings, and needs a name', async () => {
    const node = await startNode0('-cpuprofile=c', '-memprofile=m');
    await node.seen(/answers on/);
    for (const line of ['ID: node0', 'app: :24000', 'raft: :24100', 'hjoin: :24200']) {
      expect(node.output).toContain(`${line}\n`);
    }
    const nameless = await programs.run('nameless', 'kvstore');
    expect(nameless.code).not.toBe(0);
    expect(nameless.stderr).toContain('-id');
  });

  test('2: sets and gets by protobuf, answers by UDP', async () => {
    expect(await ask(SET)).toBe('OK: \n');
    expect(await ask(GET)).toBe('OK: bar\n');
  });

  test('3: text with a port', async () => {
    const port = inbox.port;
    await send(`${port}-set-a-1\n${port}-get-a\n`);
    expect([await inbox.next(), await inbox.next()]).toEqual(['OK\n', '1\n']);
    expect(await send('15000-foo-a\n')).toBe('404-cmd not found\n');
  });

  test('4: text without a port', async () => {
    expect(await send('set-a-1\nget-a\n')).toBe('OK\n1\n');
  });

  test('5: deletes, in all three ways', async () => {
    expect(await send('set-a-1\ndelete-a\nget-a\n')).toBe('OK\nOK\n\n');
    await send(`${inbox.port}-delete-foo\n`);
    expect(await inbox.next()).toBe('OK\n');
    expect(await ask(GET)).toBe('OK: \n');
    expect(await ask(SET)).toBe('OK: \n');
    expect(await ask({ op: 'delete', key: 'foo' })).toBe('OK: \n');
    expect(await ask(GET)).toBe('OK: \n');
  });

  test('6: a length that is a newline cuts nothing', async () => {
    expect(await ask({ op: 'set', key: '0123456789', value: 'x' })).toBe('OK: \n');
    expect(await ask({ op: 'get', key: '0123456789' })).toBe('OK: x\n');
  });

  test('7: dashes in values', async () => {
    await send(`${inbox.port}-set-k-a-b-c\n${inbox.port}-get-k\n`);
    expect([await inbox.next(), await inbox.next()]).toEqual(['OK\n', 'a-b-c\n']);
    expect(await send('get-k\n')).toBe('a-b-c\n');
    expect(await ask({ op: 'get', key: 'k' })).toBe('OK: a-b-c\n');
  });

  test('8: survives mixed case and garbage', async () => {
    const garbage = Array.from({ length: 100 }, (_, i) => String.fromCharCode((i * 89 + 7) % 256));
    expect(await send('SET-a-b\nhello\nGET-a\n')).toBe('OK\n404-cmd not found\nb\n');
    await send(`${garbage.join('')}\n`);
    await send(`\x12${garbage.join('')}\n`);
    expect(await ask(SET)).toBe('OK: \n');
    expect(await ask(GET)).toBe('OK: bar\n');
  });

  test('15: logs what it applies, gets too', async () => {
    const bytes = await readFile(inNode0('log-file-node0.txt'));
    const [set, get] = recordsIn(bytes).slice(-2);
    const ip = String(inbox.port);
    expect(set).toMatchObject({ ip, op: 'set', key: 'foo', value: 'bar' });
    expect(get).toEqual({ id: (set?.id ?? 0) + 1, ip, op: 'get', key: 'foo', value: '' });
  });

  test('17: counts the commands of each second', async () => {
    const file = inNode0('node0-throughput.out');
    const read = async () => (await readFile(file, 'utf8')).trimEnd().split('\n').map(Number);
    const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    // What came before is told with the next second.
    const before = await eventually(read, (all) => all.length > 2 && all.at(-1) === 0);
    await send('get-a\n'.repeat(10));
    const after = await eventually(read, (all) => sum(all) > sum(before) && all.at(-1) === 0);
    expect(sum(after) - sum(before)).toBe(10);
    expect(after.every((n) => Number.isInteger(n) && n >= 0)).toBe(true);
  });

  test('21: hands out its log, and survives who asks nonsense', async () => {
    const file = await readFile(inNode0('log-file-node0.txt'), 'latin1');
    expect(await sayLine('127.0.0.1:1-0', 24300)).toBe(file);
    expect(await sayLine('nonsense', 24300)).toBe('');
    expect(await ask(GET)).toBe('OK: bar\n');
  });

  test('23: hands out an interval', async () => {
    const all = recordsIn(await readFile(inNode0('log-file-node0.txt')));
    const text = await sayLine('127.0.0.1:1-5-9', 24300);
    const [, first, last, count, rest] = /^(\d+)\n(\d+)\n(\d+)\n(.*)\nEOL\n$/s.exec(text) ?? [];
    const wanted = all.filter(({ id }) => id >= 5 && id <= 9);
    expect([first, last, Number(count)]).toEqual(['5', '9', wanted.length]);
    expect(recordsIn(Buffer.from(rest ?? '', 'latin1'))).toEqual(wanted);
  });

  test('16, 18: a restart keeps the log; profiles are there', async () => {
    const before = await readFile(inNode0('log-file-node0.txt'));
    expect(await programs.signal('node0', 'SIGINT')).toMatchObject({ code: 0 });
    const [cpu, heap] = await Promise.all(
      ['c', 'm'].map(async (name) => JSON.parse(await readFile(inNode0(name), 'utf8'))),
    );
    expect(cpu).toHaveProperty('nodes');
    expect(heap).toHaveProperty('head');
    await (await startNode0()).seen(/answers on/);
    expect(
      await eventually(
        () => ask(GET),
        (answer) => answer !== null,
      ),
    ).toBe('OK: bar\n');
    const after = await readFile(inNode0('log-file-node0.txt'));
    expect(after.subarray(0, before.length).equals(before)).toBe(true);
    expect(recordsIn(after.subarray(before.length)).map(({ key }) => key)).toEqual(['foo']);
  });
});

describe('three kvstores', () => {
  const PORTS = [24000, 24001, 24002];

  test('9: two join by a line; one answer for all three', async () => {
    for (const number of [1, 2]) await (await startNode(number)).seen(/answers on/);
    await eventually(members, (all) => all.filter((m) => m.voter).length === 3);
    expect(await ask(SET, PORTS)).toBe('OK: \n');
    expect(await inbox.next(300)).toBeNull();
  });

  test('10: a line adds who does not vote', async () => {
    expect(await sayLine('x-127.0.0.1:1-false', 24200)).toBe('ok\n');
    const all = await members();
    expect(all.map(({ id, voter }) => [id, voter])).toContainEqual(['x', false]);
    await programs.signal('node2', 'SIGKILL');
    expect(await eventually(() => ask(SET, [24000, 24001]), Boolean)).toBe('OK: \n');
    await (await startNode(2)).seen(/answers on/);
  });

  test('11: the join port survives garbage, and says why it refuses', async () => {
    expect(await sayLine('garbage', 24200)).toMatch(/^refused/);
    expect(await ask(GET, PORTS)).toBe('OK: bar\n');
  });

  test('12: who joins again stays; who has another address is replaced', async () => {
    const before = await members();
    expect(await sayLine('node1-:24101-true', 24200)).toBe('ok\n');
    expect(await members()).toEqual(before.map((m) => expect.objectContaining({ id: m.id })));
    expect(await sayLine('x-127.0.0.1:2-false', 24200)).toBe('ok\n');
    const now = await eventually(members, (all) => all.some((m) => m.peerAddress.endsWith(':2')));
    expect(now.filter(({ id }) => id === 'x')).toHaveLength(1);
  });

  test('9, 14: without the leader the others answer; who was asleep gives no old value', async () => {
    expect(await ask({ ...SET, value: 'old' }, PORTS)).toBe('OK: \n');
    await programs.signal('node0', 'SIGSTOP');
    const set = () => ask({ ...SET, value: 'new' }, [24001, 24002]);
    expect(await eventually(set, Boolean)).toBe('OK: \n');
    await programs.signal('node0', 'SIGCONT');
    await send(bytesOf(GET).repeat(20), [24000]);
    for (let i = 0; i < 20; i += 1) {
      const answer = await inbox.next(300);
      if (answer === null) break;
      expect(answer).toBe('OK: new\n');
    }
    await programs.signal('node0', 'SIGKILL');
    expect(await eventually(() => ask(GET, [24001, 24002]), Boolean)).toBe('OK: new\n');
  });

  test('13: a restart of all three loses nothing', async () => {
    for (const number of [1, 2]) await programs.signal(`node${number}`, 'SIGKILL');
    const nodes = await Promise.all([startNode0(), startNode(1), startNode(2)]);
    for (const node of nodes) await node.seen(/answers on/);
    expect(await eventually(() => ask(GET, PORTS), Boolean)).toBe('OK: new\n');
  });

  test('23: a prefix is dropped once two of three need it no more', async () => {
    const read = async () => recordsIn(await readFile(inNode0('log-file-node0.txt')));
    // A get that was asked again may still come: only what is there now is compared.
    const before = await read();
    const last = before.at(-1)?.id ?? 0;
    const known = async () => (await read()).filter(({ id }) => id <= last);
    expect(await sayLine('node1-truncate-12', 24300)).toBe('12 1 2\n');
    expect(await known()).toEqual(before);
    expect(await sayLine('node2-truncate-10', 24300)).toBe('10 2 2\n');
    expect(await known()).toEqual(before.filter(({ id }) => id > 10));
  });
});

test('19, 20: keys to begin with, and compressed values', async () => {
  const flags = ['-id', 'full', '-port', ':24010', '-raft', ':24110', '-prefill', '1000000'];
  const node = await programs.start('full', 'kvstore', ...flags, '-compress');
  await node.seen(/answers on/);
  const last = () => send('get-999999\n', [24010]);
  expect(await eventually(last, (text) => text.length > 1000)).toBe(`${'!'.repeat(1024)}\n`);
  expect(await send('get-1000000\n', [24010])).toBe('\n');
  expect(await send('set-a-1\nset-b-22\nget-a\nget-b\n', [24010])).toBe('OK\nOK\n1\n22\n');
  await programs.signal('full', 'SIGINT');
}, 60_000);

test('21: without a log the port that hands it out closes the connection', async () => {
  const flags = ['-id', 'plain', '-port', ':24011', '-raft', ':24111', '-hrecov', ':24311'];
  await (await programs.start('plain', 'kvstore', ...flags)).seen(/answers on/);
  expect(await sayLine('127.0.0.1:1-0', 24311)).toBe('');
  expect(await send('set-a-1\nget-a\n', [24011])).toBe('OK\n1\n');
});
