/**
 * raft-demo's diskstorage, logger and chat room, typed as its README says. The numbers are those of
 * the checks in docs/older-systems.md. Ports: 24500 to 24599 for clients, a hundred more for each
 * other kind.
 */
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeDemoCommand, demoRequest } from '../../src/wire/dialects/raft-demo-command.ts';
import { eventually, OldPrograms } from '../doubles/old-programs.ts';
import { raftctl } from '../doubles/program.ts';
import { RawClient } from '../doubles/raw-client.ts';
import { UdpInbox } from '../doubles/udp-inbox.ts';

const SLOT_BYTES = 1024;
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

/** The n-th server of raft-demo on its own ports; with a contact it joins. */
async function start(program: string, n: number, ...more: string[]): Promise<void> {
  const name = `${program}${n}`;
  const flags = ['-id', name, '-port', `:${24500 + n}`, '-raft', `:${24600 + n}`];
  const launched = await programs.start(name, program, ...flags, ...more);
  await eventually(
    async () => launched.output,
    (text) => text.includes(`${name} answers`),
  );
}

async function ask(port: number, op: 'get' | 'set' | 'delete', key: string, value = '') {
  const client = await RawClient.connect(`127.0.0.1:${port}`);
  client.send(demoRequest({ ip: String(inbox.port), op, key, value }).toString('latin1'));
  const answer = await inbox.next();
  client.close();
  return answer;
}

/** Lines of raft-demo's oldest clients, and all that is answered. */
async function say(port: number, text: string, answers: number): Promise<string> {
  const client = await RawClient.connect(`127.0.0.1:${port}`);
  client.send(text);
  const said = await client.take((got) => got.split('\n').length > answers);
  client.close();
  return said;
}

async function indexes(path: string): Promise<number[]> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0));
  const found: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    found.push(decodeDemoCommand(bytes, at + 4, end)?.id ?? -1);
    at = end;
  }
  return found;
}

describe('diskstorage', () => {
  const file = (): string => join(programs.folder, 'store1gb.txt');

  async function slot(number: number): Promise<string> {
    const handle = await open(file());
    const bytes = Buffer.alloc(SLOT_BYTES);
    await handle.read(bytes, 0, SLOT_BYTES, number * SLOT_BYTES);
    await handle.close();
    return bytes.toString('latin1');
  }

  test('40: create-state-file makes 1 GiB of zeros, in the place of what was there', async () => {
    await writeFile(file(), 'old');
    const made = await programs.run('made', 'create-state-file', '-statefile', file());
    expect(made.code).toBe(0);
    expect((await stat(file())).size).toBe(1_073_741_824);
    expect(await slot(0)).toBe('\0'.repeat(SLOT_BYTES));
  });

  test('36, 37, 38, 39: slots, deleted and untouched ones, keys that cannot be', async () => {
    await start('diskstorage', 0, '-statefile', file());
    expect(await ask(24500, 'set', '5', 'hello')).toBe('OK: \n');
    const padded = 'hello'.padEnd(SLOT_BYTES, '\0');
    await eventually(
      () => slot(5),
      (text) => text === padded,
    );
    for (const neighbour of [4, 6]) expect(await slot(neighbour)).toBe('\0'.repeat(SLOT_BYTES));
    expect(await ask(24500, 'get', '5')).toBe(`OK: ${padded}\n`);
    expect(await ask(24500, 'get', '9')).toBe(`OK: ${'\0'.repeat(SLOT_BYTES)}\n`);
    expect(await ask(24500, 'delete', '5')).toBe('OK: \n');
    expect(await ask(24500, 'get', '5')).toBe(`OK: ${' '.repeat(SLOT_BYTES)}\n`);
    for (const key of ['abc', '-1', '99999999']) {
      expect(await ask(24500, 'get', key)).toMatch(/^ERROR: .*key/);
    }
    expect(await ask(24500, 'set', '7', 'x')).toBe('OK: \n');
    await programs.signal('diskstorage0', 'SIGKILL');
    await start('diskstorage', 0, '-statefile', file());
    expect(await ask(24500, 'get', '7')).toBe(`OK: ${'x'.padEnd(SLOT_BYTES, '\0')}\n`);
    await programs.signal('diskstorage0', 'SIGINT');
  });

  test('39: -compat writes what the original wrote', async () => {
    const path = join(programs.folder, 'compat.txt');
    await start('diskstorage', 1, '-statefile', path, '-compat');
    expect(await ask(24501, 'set', '0', 'hello')).toBe('OK: \n');
    expect(await ask(24501, 'get', '0')).toBe(`OK: ${'@'.repeat(SLOT_BYTES)}\n`);
    await programs.signal('diskstorage1', 'SIGINT');
  });
});

describe('logger', () => {
  const path = (name: string): string => join(programs.folder, name);

  async function logger(name: string, ...flags: string[]): Promise<void> {
    const launched = await programs.start(name, 'logger', ...flags);
    await eventually(
      async () => launched.output,
      (text) => text.includes('follows the cluster'),
    );
  }

  test('24, 25, 26: has the whole application log, byte for byte, and no vote', async () => {
    await start('kvstore', 10, '-hjoin', ':24710', '-logfolder', `${programs.folder}/`);
    await start('kvstore', 11, '-join', ':24710');
    const sets = Array.from({ length: 20 }, (_, i) => `set-k${i}-v${i}\n`).join('');
    await say(24510, `${sets}get-k1\ndelete-k2\n`, 22);
    // It comes late and gets all of it.
    const flags = [
      '-id',
      'log1',
      '-raft',
      ':24650',
      '-join',
      ':24710',
      '-logfolder',
      `${programs.folder}/`,
    ];
    await logger('log1', ...flags);
    await say(24510, 'set-k1-later\n', 1);
    const theirs = path('log-file-kvstore10.txt');
    const own = path('log-file-log1.log');
    await eventually(
      () => indexes(own),
      (found) => found.length === 23,
    );
    expect(await readFile(own)).toEqual(await readFile(theirs));
    const found = await indexes(own);
    expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
    // Killed and started again it goes on where it was.
    await programs.signal('log1', 'SIGKILL');
    await say(24510, 'set-k1-last\n', 1);
    await logger('log1', ...flags);
    await eventually(
      () => indexes(own),
      (all) => all.length === 24,
    );
    expect(await readFile(own)).toEqual(await readFile(theirs));
    // One of two voters and the logger are no majority.
    await programs.signal('kvstore11', 'SIGKILL');
    const lost = await say(24510, 'set-k1-never\n', 1);
    expect(lost).toMatch(/^ERROR: /);
    expect(await indexes(own)).toHaveLength(24);
    await programs.signal('log1', 'SIGKILL');
    await programs.signal('kvstore10', 'SIGKILL');
  });

  test('27: one process follows two clusters, each into a file of its own', async () => {
    await start('kvstore', 20, '-hjoin', ':24720');
    await start('kvstore', 21, '-hjoin', ':24721');
    const flags = [
      '-raft',
      ':24660,:24661',
      '-join',
      ':24720,:24721',
      '-logfolder',
      `${programs.folder}/`,
    ];
    await logger('two', '-id', 'log2,log3', ...flags);
    await say(24520, 'set-a-1\nset-b-2\n', 2);
    await say(24521, 'set-c-3\n', 1);
    for (const [name, records] of [
      ['log-file-log2.log', 2],
      ['log-file-log3.log', 1],
    ] as const) {
      await eventually(
        () => indexes(path(name)),
        (found) => found.length === records,
      );
    }
    const inspected = await raftctl(['inspect', path('log-file-log3.log')]);
    expect(inspected.stdout).toMatch(/set +c +3/);
    const ended = await programs.signal('two', 'SIGINT');
    expect(ended?.code).toBe(0);
    const wrong = await programs.run('wrong', 'logger', '-id', 'a,b', '-raft', ':1', '-join', ':2');
    expect(wrong.code).not.toBe(0);
    expect(wrong.stderr).toContain('-id names 2');
  });
});

describe('chat room', () => {
  test('41, 42, 43: told on every replica under one index, shown once by the client', async () => {
    await start('chatroom', 30, '-hjoin', ':24730');
    await start('chatroom', 31, '-join', ':24730');
    await start('chatroom', 32, '-join', ':24730');
    const guests = await Promise.all(
      [24530, 24530, 24531, 24532].map((port) => RawClient.connect(`127.0.0.1:${port}`)),
    );
    // To all replicas, as its clients do: the one that leads says it.
    const sayToAll = (text: string): void => {
      for (const guest of guests.slice(1)) guest.send(`${text}\n\n`);
    };
    await eventually(
      async () => {
        sayToAll('here?');
        return guests.every(({ received }) => received.includes('here?'));
      },
      (isHere) => isHere,
    );
    sayToAll('hi');
    const heard = await Promise.all(
      guests.map((guest) => guest.take((got) => got.endsWith('-hi\n'))),
    );
    const lines = heard.map((text) => /\d+-hi\n$/.exec(text)?.[0]);
    expect(lines[0]).toMatch(/^\d+-hi\n$/);
    expect(new Set(lines).size).toBe(1);
    for (const guest of guests) guest.close();
    const config = join(programs.folder, 'chat.toml');
    const addresses = [24530, 24531, 24532].map((port) => `"127.0.0.1:${port}"`);
    await writeFile(config, `rep = 3\nsvrIps = [${addresses.join(', ')}]\nmqueueSize = 100\n`);
    const client = await raftctl(['as', 'chat-client', '-config', config], {
      stdin: 'hello\nnot the exit\nexit\nlost\n',
    });
    expect(client.code).toBe(0);
    const shown = client.stdout.match(/^Received message: \d+-.*$/gm) ?? [];
    expect(shown.map((line) => line.replace(/\d+/, 'N'))).toEqual([
      'Received message: N-hello',
      'Received message: N-not the exit',
    ]);
  });
});
