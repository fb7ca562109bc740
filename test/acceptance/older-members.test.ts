/**
 * Nodes of older systems that join clusters which run, and leave them. The numbers are those of the
 * checks in docs/older-systems.md. Ports: 24400 to 24499; Raft's 24500 and up.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { curl } from '../doubles/curl.ts';
import { eventually, OldPrograms } from '../doubles/old-programs.ts';

let programs: OldPrograms;

beforeAll(async () => {
  programs = await OldPrograms.prepare();
});
afterAll(() => programs.dispose());

interface Members {
  readonly data: { readonly members: readonly { readonly id: string; readonly voter: boolean }[] };
}

/** Names of the voters, as a node knows them. */
async function voters(adminPort: number): Promise<string> {
  const { body } = await curl(`127.0.0.1:${adminPort}/v1/status`);
  const { members } = (JSON.parse(body) as Members).data;
  return members
    .filter(({ voter }) => voter)
    .map(({ id }) => id)
    .sort()
    .join(' ');
}

describe('hraftd', () => {
  const start = (number: number, ...flags: string[]) => {
    const own = ['-haddr', `:${24400 + number}`, '-raddr', `:${24500 + number}`, ...flags];
    return programs.start(`hraftd${number}`, 'hraftd', ...own, `node${number}`);
  };
  const get = async (number: number): Promise<string> =>
    (await curl(`localhost:${24400 + number}/key/user1`)).body;

  test('65, 68: two join, one of them through a follower', async () => {
    await (await start(0)).seen(/started successfully/);
    await (await start(1, '-join', ':24400')).seen(/started successfully/);
    await (await start(2, '-join', ':24401')).seen(/started successfully/);
    const url = 'localhost:24400/key';
    expect((await curl('-XPOST', url, '-d', '{"user1":"batman"}')).status).toBe(200);
    for (const number of [0, 1, 2]) expect(await get(number)).toBe('{"user1":"batman"}');
    await eventually(
      () => voters(29500),
      (names) => names === ':24500 :24501 :24502',
    );
  });

  test('68: a join that cannot be is told', async () => {
    const lost = await programs.run('lost', 'hraftd', '-raddr', ':24509', '-join', ':24498', 'n');
    expect(lost.code).not.toBe(0);
    expect(lost.stderr).toContain('Cannot join the cluster at 127.0.0.1:24498');
    const refused = await curl(
      '-XPOST',
      'localhost:24401/join',
      '-d',
      '{"addr":":24509","id":"x"}',
    );
    expect([refused.status, refused.body]).toEqual([500, '']);
    expect(refused.headers).toContain('X-Raftctl-Reason: not leader');
    for (const body of ['{"addr":":1"}', '{"addr":":1","id":"x","more":"1"}', 'x']) {
      expect((await curl('-XPOST', 'localhost:24400/join', '-d', body)).status).toBe(400);
    }
  });

  test('70: without the leader another takes writes, and it catches up', async () => {
    await programs.signal('hraftd0', 'SIGKILL');
    const write = async () => {
      const all = await Promise.all(
        [24401, 24402].map((port) =>
          curl('-XPOST', `localhost:${port}/key`, '-d', '{"user1":"joker"}'),
        ),
      );
      return all.filter(({ status }) => status === 200).length;
    };
    await eventually(write, (taken) => taken > 0);
    await (await start(0)).seen(/started successfully/);
    await eventually(
      () => get(0),
      (body) => body === '{"user1":"joker"}',
    );
  });
});

test('46: webkvstore keeps nothing, and writes down what it did', async () => {
  const own = ['-id', 'node0', '-haddr', ':24430', '-raddr', ':24530'];
  const web = await programs.start('web', 'webkvstore', ...own, 'node0');
  await web.seen(/webkvstore started successfully/);
  const url = 'localhost:24430/key';
  const set = () => curl('-XPOST', url, '-d', '{"user1":"batman"}');
  await eventually(set, ({ status }) => status === 200);
  expect((await curl(`${url}/user1`)).body).toBe('{"user1":"batman"}');
  expect((await curl('-XDELETE', `${url}/user1`)).status).toBe(200);
  expect((await curl('localhost:24430/status')).status).toBe(404);
  const folder = join(programs.folder, 'web');
  const [name = ''] = (await readdir(folder)).filter((each) => /^log-file\d+\.txt$/.test(each));
  const read = async () => (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
  const lines = await eventually(read, (all) => all.length === 3);
  for (const line of lines) {
    expect(line).toMatch(/^\d+ -- [01] -- {4}.* {4}\| [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d$/);
  }
  expect(lines.map((line) => line.replace(/ {4}\|.*$/, ''))).toEqual([
    '0 -- 1 --    Set key: user1, value: batman',
    '1 -- 0 --    Get key: user1',
    '2 -- 1 --    Delete key: user1',
  ]);
  expect(await programs.signal('web', 'SIGINT')).toMatchObject({ code: 0 });
  expect(await readdir(folder)).toEqual([name]);
});

describe('hraftd-redis', () => {
  const start = (number: number, ...flags: string[]) => {
    const ports = ['-haddr', `:${24410 + number}`, '-raddr', `:${24510 + number}`];
    const own = [...ports, '-redisPort', String(24450 + number), ...flags];
    return programs.start(`fork${number}`, 'hraftd-redis', ...own, `node${number}`);
  };

  test('71: a member joins and leaves', async () => {
    await (await start(0)).seen(/started successfully/);
    await (await start(1, '-join', ':24410')).seen(/started successfully/);
    await eventually(
      () => voters(29510),
      (names) => names === ':24510 :24511',
    );
    const leave = (addr: string) =>
      curl('-XPOST', 'localhost:24410/leave', '-d', JSON.stringify({ addr }));
    expect((await leave(':24511')).status).toBe(200);
    await eventually(
      () => voters(29510),
      (names) => names === ':24510',
    );
    const unknown = await leave(':24999');
    expect([unknown.status, unknown.body]).toEqual([500, '127.0.0.1:24999 is no member']);
  });

  test('74: a follower reads, and says who writes', async () => {
    await (await start(2, '-join', ':24410')).seen(/started successfully/);
    const say = (...words: string[]) => programs.typedTo(24452, `${words.join(' ')}\r\n`);
    const refusal = await eventually(
      () => say('SET', 'a', '1'),
      (text) => text.startsWith('-'),
    );
    expect(refusal).toBe('-ERROR not leader 127.0.0.1:24510\r\n');
    expect(await say('GET', 'none')).toBe('$-1\r\n');
  });
});

describe('raftexample', () => {
  const URLS = [1, 2, 3, 4].map((number) => `http://127.0.0.1:${24520 + number}`);
  const start = (number: number, count: number, ...flags: string[]) => {
    const cluster = URLS.slice(0, count).join(',');
    const own = ['--id', String(number), '--cluster', cluster, '--port', String(24420 + number)];
    return programs.start(`example${number}`, 'raftexample', ...own, ...flags);
  };
  const at = (number: number, path: string) => `http://127.0.0.1:${24420 + number}${path}`;

  test('81: a node is added and joins, another is removed and ends', async () => {
    const nodes = await Promise.all([1, 2, 3].map((number) => start(number, 3)));
    for (const node of nodes) await node.seen(/answers on/);
    expect((await curl('-XPUT', at(1, '/k'), '-d', 'hello')).status).toBe(204);
    await eventually(
      async () => (await curl(at(2, '/k'))).body,
      (body) => body === 'hello',
    );
    expect((await curl('-XPOST', at(2, '/4'), '-d', URLS[3] as string)).status).toBe(204);
    await (await start(4, 4, '--join')).seen(/answers on/);
    await eventually(
      async () => (await curl(at(4, '/k'))).body,
      (body) => body === 'hello',
    );
    await eventually(
      () => voters(29521),
      (names) => names === '1 2 3 4',
    );
    expect((await curl('-XDELETE', at(1, '/3'))).status).toBe(204);
    expect(await nodes[2]?.ended()).toMatchObject({ code: 0 });
    const bad = await curl('-XPOST', at(1, '/abc'));
    expect([bad.status, bad.body]).toEqual([400, 'Failed on POST\n']);
    expect((await curl('-XDELETE', at(1, '/abc'))).body).toBe('Failed on DELETE\n');
  });
});
