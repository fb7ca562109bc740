/**
 * hraftd, goraft's kvapi and raftexample, typed as their READMEs say. The numbers are those of the
 * checks in docs/older-systems.md.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { curl } from '../doubles/curl.ts';
import { eventually, OldPrograms } from '../doubles/old-programs.ts';

let programs: OldPrograms;

beforeAll(async () => {
  programs = await OldPrograms.prepare();
});
afterAll(() => programs.dispose());

const KVAPI = '0,:25030;1,:25031;2,:25032';

function startKvapi(node: number) {
  const http = `:${25020 + node}`;
  const flags = ['--node', String(node), '--http', http, '--cluster', KVAPI];
  return programs.start(`kvapi${node}`, 'kvapi', ...flags);
}

/** Writes, and gives the port of the leader: until all know it, others take writes as well. */
async function kvapiLeader(key: string, value: string): Promise<number> {
  const ports = [25020, 25021, 25022];
  const write = async (): Promise<number[]> => {
    const query = `key=${key}&value=${value}`;
    const all = await Promise.all(
      ports.map((port) => curl(`http://localhost:${port}/set?${query}`)),
    );
    return ports.filter((_, i) => all[i]?.status === 200);
  };
  const [leader] = await eventually(write, (taken) => taken.length === 1);
  return leader as number;
}

/** The answer of the node that leads, if one does. */
async function readSomewhere() {
  const all = await Promise.all(
    [25020, 25021, 25022].map((port) => curl(`http://localhost:${port}/get?key=y`)),
  );
  return all.find(({ status }) => status === 200) ?? (all[0] as (typeof all)[number]);
}

describe('kvapi', () => {
  test('55: sets and gets on the leader of three', async () => {
    const nodes = await Promise.all([0, 1, 2].map(startKvapi));
    for (const node of nodes) await node.seen(/answers on/);
    expect(nodes[0]?.output).toContain('-http :25020 has no host: only this machine can reach it');
    const leader = await kvapiLeader('y', 'hello');
    expect(await curl(`http://localhost:${leader}/set?key=y&value=hello`)).toMatchObject({
      ...{ status: 200, body: '' },
    });
    expect(await curl(`http://localhost:${leader}/get?key=y`)).toMatchObject({
      ...{ status: 200, body: 'hello' },
    });
  });

  test('56: a follower refuses, but for relaxed reads; a missing key is an error', async () => {
    const leader = await kvapiLeader('y', 'hello');
    const follower = leader === 25020 ? 25021 : 25020;
    const at = (path: string) => curl(`http://localhost:${follower}${path}`);
    expect(await at('/set?key=y&value=2')).toMatchObject({ status: 400, body: 'Bad Request\n' });
    expect(await at('/get?key=y')).toMatchObject({ status: 500, body: 'Internal Server Error\n' });
    const relaxed = await eventually(
      () => at('/get?key=y&relaxed=true'),
      ({ status }) => status === 200,
    );
    expect(relaxed.body).toBe('hello');
    expect((await curl(`http://localhost:${leader}/get?key=none`)).status).toBe(500);
  });

  test('58: a value of 64 KiB is stored and read, and the leader goes on', async () => {
    const value = 'v'.repeat(64 * 1024);
    const leader = await kvapiLeader('big', value);
    expect((await curl(`http://localhost:${leader}/get?key=big`)).body).toBe(value);
  });

  test('57: kill -9 of all three loses nothing', async () => {
    for (const node of [0, 1, 2]) await programs.signal(`kvapi${node}`, 'SIGKILL');
    await Promise.all([0, 1, 2].map(startKvapi));
    await kvapiLeader('z', '1');
    // Who took the write need not lead: until there is a leader, every node takes one.
    const kept = await eventually(readSomewhere, ({ status }) => status === 200);
    expect(kept.body).toBe('hello');
    for (const node of [0, 1, 2]) {
      expect(await programs.signal(`kvapi${node}`, 'SIGINT')).toMatchObject({ code: 0 });
    }
  });

  test('57: a member that lost its data comes back as a new one, with all of it', async () => {
    const nodes = await Promise.all([0, 1].map(startKvapi));
    for (const node of nodes) await node.seen(/answers on/);
    const flags = ['--node', '2', '--http', ':25022', '--cluster', KVAPI];
    const wiped = await programs.start('elsewhere', 'kvapi', ...flags);
    await wiped.seen(/answers on/);
    expect(wiped.output).toContain('it joins as a new member');
    const relaxed = () => curl('http://localhost:25022/get?key=y&relaxed=true');
    await eventually(relaxed, ({ body }) => body === 'hello');
  });
});

test('63: a file of goraft is read', async () => {
  const file = Buffer.alloc(4096 + 2 * 128);
  for (const [value, at] of [
    [3, 0],
    [2, 8],
    [2, 16],
    [3, 4224],
    [23, 4232],
    [1, 4241],
    [5, 4250],
  ] as const) {
    file.writeUInt32LE(value, at);
  }
  file.write('y', 4249, 'latin1');
  file.write('hello', 4258, 'latin1');
  const folder = join(programs.folder, 'files');
  await mkdir(folder);
  await writeFile(join(folder, 'md_2.dat'), file);
  const { code, stdout } = await programs.raftctl('files', 'inspect', 'md_2.dat');
  expect([code, stdout]).toEqual([
    0,
    'goraft, term 3, vote for 2, 1 command\n1  3  set  y  hello\n',
  ]);
});

describe('hraftd', () => {
  const flags = ['-haddr', ':25100', '-raddr', ':25101', '-id', 'node0'];

  test('64: sets and gets', async () => {
    const node = await programs.start('hraftd', 'hraftd', ...flags, 'node0');
    await node.seen(/hraftd started successfully/);
    const url = 'localhost:25100/key';
    expect((await curl('-XPOST', url, '-d', '{"user1":"batman"}')).status).toBe(200);
    expect((await curl(`${url}/user1`)).body).toBe('{"user1":"batman"}');
    expect((await curl(`${url}/nope`)).body).toBe('{"nope":""}');
  });

  test('66: refuses what makes no sense, and deletes', async () => {
    const url = 'localhost:25100/key';
    expect((await curl('-XPOST', url, '-d', '{"user1":')).status).toBe(400);
    expect((await curl('-XPUT', `${url}/a`)).status).toBe(405);
    expect((await curl('localhost:25100/x')).status).toBe(404);
    expect((await curl('-XDELETE', `${url}/user1`)).status).toBe(200);
    expect((await curl(`${url}/user1`)).body).toBe('{"user1":""}');
  });

  test('67: tells who leads', async () => {
    const { body } = await curl('localhost:25100/status');
    const me = { id: 'node0', address: '127.0.0.1:25101' };
    expect(JSON.parse(body)).toEqual({ me, leader: me, followers: [] });
  });

  test('69: a restart finds everything, -inmem leaves nothing', async () => {
    await curl('-XPOST', 'localhost:25100/key', '-d', '{"user1":"robin"}');
    await programs.signal('hraftd', 'SIGKILL');
    await (await programs.start('hraftd', 'hraftd', ...flags, 'node0')).seen(/successfully/);
    expect((await curl('localhost:25100/key/user1')).body).toBe('{"user1":"robin"}');
    await programs.signal('hraftd', 'SIGINT');
    await (await programs.start('memory', 'hraftd', ...flags, '-inmem', 'x')).seen(/successfully/);
    await programs.signal('memory', 'SIGINT');
    expect(await readdir(join(programs.folder, 'memory'))).toEqual([]);
  });

  test('says what is wrong with its command line', async () => {
    const bare = await programs.run('bare', 'hraftd');
    expect([bare.code, bare.stderr]).toEqual([1, 'No Raft storage directory specified\n']);
    const unknown = await programs.run('bare', 'hraftd', '-hadr', ':1', 'x');
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('Did you mean -haddr?');
    const behind = await programs.run('bare', 'hraftd', 'node0', '-haddr', ':25100');
    expect(behind.stderr).toContain('Cannot use "-haddr" behind the data directory node0');
    const other = await programs.run('hraftd', 'hraftd', '-raddr', ':25109', '-id', 'x', 'node0');
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('belongs to node0 on 127.0.0.1:25101');
  });
});

describe('raftexample', () => {
  const peers = [25_201, 25_203, 25_205].map((port) => `http://127.0.0.1:${port}`);
  const startOne = (id: number) => {
    const port = String(25_200 + 2 * id);
    const flags = ['--id', String(id), '--cluster', peers.join(','), '--port', port];
    return programs.start(`raftexample${id}`, 'raftexample', ...flags);
  };
  const url = (id: number) => `http://127.0.0.1:${25_200 + 2 * id}/my-key`;
  const found = (id: number, value: string) =>
    eventually(
      () => curl(url(id)),
      ({ status, body }) => status === 200 && body === value,
    );

  test('78: a single node puts and gets', async () => {
    const flags = ['--id', '1', '--cluster', 'http://127.0.0.1:25211', '--port', '25212'];
    await (await programs.start('alone', 'raftexample', ...flags)).seen(/answers on/);
    const key = 'http://127.0.0.1:25212/my-key';
    const put = () => curl('-L', key, '-XPUT', '-d', 'hello');
    expect(await put()).toMatchObject({ status: 204, body: '' });
    // A 204 comes before the commit: without a leader it is lost, here as in the original.
    await eventually(
      async () => {
        await put();
        return curl('-L', key);
      },
      ({ body }) => body === 'hello',
    );
    expect(await curl('http://127.0.0.1:25212/none')).toMatchObject({
      ...{ status: 404, body: 'Failed to GET\n' },
    });
    await programs.signal('alone', 'SIGINT');
  });

  test('80: three nodes, one stops and comes back', async () => {
    const nodes = await Promise.all([1, 2, 3].map(startOne));
    for (const node of nodes) await node.seen(/answers on/);
    await eventually(
      async () => {
        await curl(url(1), '-XPUT', '-d', 'foo');
        return curl(url(3));
      },
      ({ body }) => body === 'foo',
    );
    await programs.signal('raftexample2', 'SIGINT');
    await eventually(
      async () => {
        await curl(url(1), '-XPUT', '-d', 'bar');
        return curl(url(3));
      },
      ({ body }) => body === 'bar',
    );
    await startOne(2);
    await found(2, 'bar');
  });

  test('82: other methods are refused, those it has are named', async () => {
    const { status, headers, body } = await curl('-X', 'PATCH', url(1));
    expect([status, body]).toEqual([405, 'Method not allowed\n']);
    expect(headers.match(/^Allow: \w+/gm)).toEqual(
      ['PUT', 'GET', 'POST', 'DELETE'].map((method) => `Allow: ${method}`),
    );
  });

  test('85: -commit wait answers after the commit, and 5xx without a leader', async () => {
    await programs.signal('raftexample1', 'SIGINT');
    const flags = ['--id', '1', '--cluster', peers.join(','), '--port', '25202', '-commit=wait'];
    await programs.start('raftexample1', 'raftexample', ...flags);
    const put = () => curl(url(1), '-XPUT', '-d', 'durable');
    await eventually(put, ({ status }) => status === 204);
    await programs.signal('raftexample2', 'SIGKILL');
    await programs.signal('raftexample3', 'SIGKILL');
    await eventually(put, ({ status }) => status >= 500);
  });

  test('79: a Procfile brings up three; one is stopped and started by its name', async () => {
    await Promise.all([1, 2, 3].map((id) => programs.signal(`raftexample${id}`, 'SIGKILL')));
    const lines = [1, 2, 3].map((id) => {
      return `raftexample${id}: ./raftexample --id ${id} --cluster ${peers.join(',')} --port ${25_200 + 2 * id}`;
    });
    const folder = join(programs.folder, 'procfile');
    await mkdir(folder);
    await writeFile(join(folder, 'Procfile'), `${lines.join('\n')}\n`);
    const raftctl = (...words: string[]) => programs.raftctl('procfile', ...words);
    const up = await raftctl('cluster', 'up', '--procfile', 'Procfile', '--detach');
    expect([up.code, up.stdout]).toEqual([
      0,
      'raftexample1 started\nraftexample2 started\nraftexample3 started\n',
    ]);
    await eventually(
      async () => {
        await curl(url(1), '-XPUT', '-d', 'foo');
        return curl(url(3));
      },
      ({ body }) => body === 'foo',
    );
    const one = ['raftexample2', '--procfile', 'Procfile'];
    expect((await raftctl('node', 'stop', ...one)).stdout).toBe('raftexample2 stopped\n');
    await eventually(
      async () => {
        await curl(url(1), '-XPUT', '-d', 'bar');
        return curl(url(3));
      },
      ({ body }) => body === 'bar',
    );
    expect((await raftctl('node', 'start', ...one)).stdout).toBe('raftexample2 started\n');
    await found(2, 'bar');
    const wrong = await raftctl('node', 'stop', 'raftexample4', '--procfile', 'Procfile');
    expect(wrong.code).toBe(2);
    const all = await raftctl('node', 'stop', '--procfile', 'Procfile');
    expect(all.stdout.match(/stopped/g)).toHaveLength(3);
  });
});
