/** Writes that are sent until they are answered, and done once: over retries and failovers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KvSession } from '../../src/client/kv-session.ts';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { isError, KvConnection, once } from '../doubles/kv-connection.ts';
import { scaled } from '../doubles/program.ts';
import { reportProof } from '../doubles/proof-report.ts';

const KILLS = scaled(2, 20);
const WRITERS = 4;
const WRITE_MS = 20_000;

let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 14310 });
});

afterAll(() => rig?.dispose());

function addresses(): string[] {
  return rig.ids().map((id) => rig.clientAddress(id));
}

test('ONCE does a command once, on whichever node and after a restart of all of them', async () => {
  const [a = '', b = '', c = ''] = addresses();
  const session = String(await once(a, 'SESSION', 'OPEN'));
  expect(await once(a, 'ONCE', session, '1', 'INCR', 'n')).toBe(1);
  expect(await once(b, 'INCR', 'n')).toBe(2);
  expect(await once(c, 'ONCE', session, '1', 'INCR', 'n')).toBe(1);
  await rig.ok(['cluster', 'down', rig.name]);
  await rig.up();
  expect(await once(b, 'ONCE', session, '1', 'INCR', 'n')).toBe(1);
  expect(await once(b, 'ONCE', session, '2', 'INCR', 'n')).toBe(3);
  expect(isError(await once(a, 'ONCE', '999999', '1', 'INCR', 'n'), 'SESSIONEXPIRED')).toBe(true);
  expect(isError(await once(a, 'ONCE', session, '0', 'INCR', 'n'), 'ERR')).toBe(true);
  expect(isError(await once(a, 'ONCE', session, '3', 'GET', 'n'), 'ERR')).toBe(true);
  expect(await once(a, 'GET', 'n')).toBe('3');
});

test('ONCE wraps EXEC, and nothing else of a transaction', async () => {
  const [address = ''] = addresses();
  const session = String(await once(address, 'SESSION', 'OPEN'));
  const connection = await KvConnection.open(address);
  const answers: unknown[] = [];
  for (let time = 0; time < 2; time += 1) {
    await connection.send('MULTI');
    expect(isError(await connection.send('ONCE', session, '1', 'INCR', 't'), 'ERR')).toBe(true);
    expect(isError(await connection.send('SESSION', 'OPEN'), 'ERR')).toBe(true);
    await connection.send('INCR', 't');
    await connection.send('INCR', 't');
    answers.push(await connection.send('ONCE', session, '1', 'EXEC'));
  }
  connection.close();
  expect(answers[0]).toEqual(answers[1]);
  expect(await once(address, 'GET', 't')).toBe('2');
});

test('POST /session and the header Raftctl-Session do the same over HTTP', async () => {
  const [a = '', b = ''] = addresses();
  const opened = await fetch(`http://${a}/session`, { method: 'POST' });
  const { session } = (await opened.json()) as { session: number };
  const set = (address: string, tag: string, value: string) =>
    fetch(`http://${address}/key`, {
      method: 'POST',
      body: JSON.stringify({ web: value }),
      headers: { 'Raftctl-Session': tag },
    });
  expect((await set(a, `${session}-1`, 'first')).status).toBe(200);
  expect((await set(b, `${session}-2`, 'second')).status).toBe(200);
  expect((await set(b, `${session}-1`, 'first')).status).toBe(200);
  expect(await once(a, 'GET', 'web')).toBe('second');
  const over = await set(a, '999999-1', 'x');
  expect([over.status, await over.text()]).toEqual([
    410,
    expect.stringContaining('SESSION_EXPIRED'),
  ]);
  expect((await set(a, 'nonsense', 'x')).status).toBe(400);
});

test(`no increment is lost or made twice while ${KILLS} leaders are killed`, {
  timeout: 60_000 + KILLS * 15_000,
}, async () => {
  let isOver = false;
  const sums: number[][] = Array.from({ length: WRITERS }, () => []);
  const writers = sums.map(async (answers, writer) => {
    const session = new KvSession(addresses());
    const command = { args: ['INCR', `sum${writer}`], isWrite: true };
    while (!isOver) answers.push(Number(await session.execute(command, WRITE_MS)));
    session.close();
  });
  const all = Promise.all(writers);
  const written = (): number => sums.reduce((count, answers) => count + answers.length, 0);
  const more = async (count: number): Promise<void> => {
    const until = written() + count;
    while (written() < until) await Promise.race([all, new Promise((r) => setTimeout(r, 20))]);
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    await more(100);
    const leader = await rig.leader();
    await rig.kill9(leader);
    await more(100);
    await rig.restart(leader);
  }
  isOver = true;
  await all;
  for (const [writer, answers] of sums.entries()) {
    expect(answers).toEqual(answers.map((_, at) => at + 1));
    expect(await once(addresses()[0] ?? '', 'GET', `sum${writer}`)).toBe(String(answers.length));
  }
  reportProof({
    fault: 'kill -9 of the leader under increments that are repeated in sessions',
    count: KILLS,
    held: `${written()} increments, each made once`,
    figures: '',
  });
});
