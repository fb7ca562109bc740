/**
 * A diskstorage cluster of the built program. Numbers are those of the checks of older systems
 * (docs/older-systems.md#the-checks).
 */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ClusterRig } from '../doubles/cluster-rig.ts';
import { eventually } from '../doubles/old-programs.ts';
import { RawClient, resp } from '../doubles/raw-client.ts';

const SLOT_BYTES = 1024;
const SLOTS = 1024 * 1024;
let rig: ClusterRig;
let client: RawClient;

beforeAll(async () => {
  rig = await ClusterRig.start({
    ...{ portBase: 25_720, name: 'store' },
    upFlags: ['--app', 'diskstorage'],
  });
  client = await RawClient.connect(rig.clientAddress('n2'));
});
afterAll(async () => {
  client?.close();
  await rig?.dispose();
});

async function slots(id: string, first: number, count: number): Promise<Buffer> {
  const file = await open(join(rig.dataDir(id), 'state.slots'));
  const length = count * SLOT_BYTES;
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, first * SLOT_BYTES);
  await file.close();
  return buffer;
}

async function ask(...words: string[]): Promise<string> {
  client.send(resp(...words));
  return client.take((text) => text.endsWith('\r\n'));
}

describe('diskstorage', () => {
  test('36, 39: a value lies in its slot, on every node, and its neighbours are untouched', async () => {
    expect(await ask('SET', '5', 'hello')).toBe('+OK\r\n');
    const empty = '\0'.repeat(SLOT_BYTES);
    const expected = `${empty}${'hello'.padEnd(SLOT_BYTES, '\0')}${empty}`;
    for (const id of rig.ids()) {
      await eventually(
        async () => (await slots(id, 4, 3)).toString('latin1'),
        (text) => text === expected,
      );
    }
    expect(await ask('GET', '5')).toBe('$5\r\nhello\r\n');
    const file = await open(join(rig.dataDir('n1'), 'state.slots'));
    expect((await file.stat()).size).toBe(SLOTS * SLOT_BYTES);
    await file.close();
  });

  test("37: raft-demo's clients get the whole slot, of a deleted key blanks", async () => {
    const demo = await RawClient.connect(rig.clientAddress('n1'));
    try {
      const lines = ['get-77', 'set-77-a-b', 'get-77', 'delete-77', 'get-77'];
      demo.send(lines.map((line) => `${line}\n`).join(''));
      const whole = (text: string, filler: string): string => text.padEnd(SLOT_BYTES, filler);
      await demo.expect(`${whole('', '\0')}\nOK\n${whole('a-b', '\0')}\nOK\n${whole('', ' ')}\n`);
      expect(await ask('GET', '77')).toBe('$-1\r\n');
    } finally {
      demo.close();
    }
  });

  test('is measured by bench, whose keys are numbers then', async () => {
    const load = ['bench', '--requests', '500', '--clients', '4', '--cluster', 'store'];
    const measured = await rig.json<{ readonly errors: object }>(load);
    expect([measured.code, measured.data.errors]).toEqual([0, {}]);
    const wrong = await rig.json([...load, '--key-prefix', 'k']);
    expect([wrong.code, wrong.error?.message]).toEqual([
      2,
      expect.stringContaining('--key-prefix is "k", and its keys are numbers'),
    ]);
  });

  test('38: keys that cannot be are answered, and nobody dies of them', async () => {
    for (const key of ['abc', '-1', '99999999']) {
      expect(await ask('SET', key, 'x')).toMatch(/^-ERR .*key/);
      expect(await ask('GET', key)).toMatch(/^-ERR .*key/);
      expect(await ask('DEL', key)).toMatch(/^-ERR .*key/);
    }
    expect(await ask('SET', '1', 'x'.repeat(SLOT_BYTES + 1))).toMatch(/^-ERR .*1024 bytes/);
    expect(await ask('INCR', '5')).toMatch(/^-ERR diskstorage knows/);
    expect((await rig.glance()).healthy).toBe(true);
  });

  test('what was acknowledged is there after kill -9 of all, from the log and a snapshot', async () => {
    const values = Array.from({ length: 2000 }, (_, i) => [String(i * 500), `value ${i}`] as const);
    client.send(values.map(([key, value]) => resp('SET', key, value)).join(''));
    await client.expect('+OK\r\n'.repeat(1000));
    await rig.ok(['snapshot', 'take', 'n3', '--cluster', 'store']);
    await client.expect('+OK\r\n'.repeat(1000));
    for (const id of rig.ids()) await rig.ok(['node', 'kill', id, '--cluster', 'store']);
    await rig.up();
    await rig.healthy(60_000);
    for (const id of rig.ids()) {
      const asker = await RawClient.connect(rig.clientAddress(id));
      for (const [key, value] of values) {
        asker.send(resp('GET', key));
        await asker.expect(`$${value.length}\r\n${value}\r\n`);
      }
      asker.close();
      const [key, value] = values[1999] as (typeof values)[number];
      await eventually(
        async () => (await slots(id, Number(key), 1)).toString('latin1'),
        (text) => text.replaceAll('\0', '') === value,
      );
    }
  });
});
