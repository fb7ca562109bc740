/**
 * A chatroom cluster of the built program. Numbers are those of the checks of older systems
 * (docs/older-systems.md#the-checks).
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { RawClient } from '../doubles/raw-client.ts';

const GREETING = '* you are in main; /help tells more\n';
let rig: ClusterRig;

beforeAll(async () => {
  rig = await ClusterRig.start({ portBase: 25_700, name: 'talk', upFlags: ['--app', 'chatroom'] });
});
afterAll(() => rig?.dispose());

async function guest(id: string): Promise<RawClient> {
  const client = await RawClient.connect(rig.clientAddress(id));
  await client.expect(GREETING);
  return client;
}

/** All that was said in the room up to that line, which is the last one, as one node tells it. */
async function told(id: string, last: string): Promise<string> {
  const client = await guest(id);
  client.send('/since 0\n');
  // A long history comes in pieces, and the node may not have heard the last line yet.
  const text = await client.take((received) => received.endsWith(`-${last}\n`));
  client.close();
  return text;
}

function texts(lines: string): string[] {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(line.indexOf('-') + 1));
}

describe('chatroom', () => {
  test('41, 42: everybody on every node hears a line under the same index', async () => {
    const guests = await Promise.all(rig.ids().map(guest));
    guests[1]?.send('hi\n');
    const heard = await Promise.all(
      guests.map((client) => client.take((text) => text.endsWith('hi\n'))),
    );
    expect(heard[0]).toMatch(/^\d+-hi\n$/);
    expect(new Set(heard).size).toBe(1);
    for (const client of guests) client.close();
  });

  test('44: what one client says is heard in that order everywhere', async () => {
    const listeners = await Promise.all(rig.ids().map(guest));
    const said = Array.from({ length: 100 }, (_, i) => `message ${(i * 7919) % 100}`);
    const result = await rig.ok(['chat', '--cluster', 'talk'], { stdin: said.join('\n') });
    expect(texts(result.stdout)).toEqual(said);
    for (const client of listeners) {
      const heard = await client.take((text) => text.split('\n').length > said.length);
      expect(heard).toBe(result.stdout);
      client.close();
    }
  });

  test('45: one who does not listen holds nobody up, and a restart keeps the order', async () => {
    const deaf = await guest('n1');
    deaf.socket.pause();
    const said = Array.from({ length: 200 }, (_, i) => `${i} ${'x'.repeat(20_000)}`).join('\n');
    const result = await rig.ok(['chat', '--cluster', 'talk'], { stdin: said });
    expect(texts(result.stdout)).toHaveLength(200);
    deaf.close();
    await rig.ok(['chat', '--cluster', 'talk'], { stdin: 'the last one\n' });
    const before = await told('n1', 'the last one');
    for (const id of rig.ids()) await rig.ok(['node', 'kill', id, '--cluster', 'talk']);
    await rig.up();
    for (const id of rig.ids()) expect(await told(id, 'the last one')).toBe(before);
  });

  test('is nothing that bench can measure, and it says so', async () => {
    const refused = await rig.json(['bench', '--cluster', 'talk']);
    expect(refused.error).toMatchObject({
      ...{ code: 'CLUSTER_DIFFERS', exit: 2 },
      message: 'Cannot do that with cluster talk as its app is chatroom, not kvstore',
      hint: 'Talk there: raftctl chat --cluster talk',
    });
  });

  test('every line is said once while the leader is killed', async () => {
    const said = Array.from({ length: 2000 }, (_, i) => `once ${i}`);
    const saying = rig.ok(['chat', '--cluster', 'talk'], { stdin: said.join('\n') });
    await rig.ok(['node', 'kill', await rig.leader(), '--cluster', 'talk']);
    expect(texts((await saying).stdout)).toEqual(said);
    await rig.up();
    await rig.healthy();
  });

  test('chat: rooms and history from the command line', async () => {
    await rig.ok(['chat', 'den', '--cluster', 'talk', '--name', 'ann'], { stdin: 'a\nb\n' });
    const asked = await rig.json<{ said: unknown[]; heard: { text: string }[] }>(
      ['chat', 'den', '--cluster', 'talk', '--history', '1'],
      { stdin: 'c\n' },
    );
    expect(asked.data.heard.map(({ text }) => text)).toEqual(['ann: b', 'c']);
    expect(asked.data.said).toHaveLength(1);
    const wrong = await rig.json(['chat', 'a b', '--cluster', 'talk']);
    expect(wrong.error).toMatchObject({ code: 'USAGE', exit: 2 });
  });
});
