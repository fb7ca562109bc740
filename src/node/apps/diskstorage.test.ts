import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import { SLOT_BYTES, SLOTS } from '../../wire/apps/diskstorage.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KV_OK, KV_OP, KvError } from '../../wire/apps/kvstore.ts';
import { LaterAnswer } from '../../wire/apps/later-answer.ts';
import { encodeDemoEntry } from '../../wire/dialects/raft-demo-entry.ts';
import { FsDisk } from '../io/fs-disk.ts';
import type { SnapshotSource } from '../ports/state-machine.ts';
import { DiskStorage } from './diskstorage.ts';
import { StateFiles } from './state-files.ts';

let folder: string;
let failure: RaftctlError | null;
const opened: DiskStorage[] = [];
const encoder = new KvEncoder();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'raftctl-slots-'));
  failure = null;
});
afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close();
  await rm(folder, { recursive: true });
});

function storageNamed(name: string): DiskStorage {
  const files = new StateFiles(new FsDisk({ offLoop: true }), { folder, name, owner: 'n1' });
  const onFailed = (error: RaftctlError): void => {
    failure = error;
  };
  const storage = new DiskStorage({ files, onFailed });
  opened.push(storage);
  return storage;
}

function apply(storage: DiskStorage, command: Bytes): unknown {
  return storage.apply(command, 0, command.length);
}

function set(storage: DiskStorage, key: string, value: string): unknown {
  encoder.begin(KV_OP.set);
  encoder.flags(0);
  encoder.fieldText(key);
  encoder.restText(value);
  return apply(storage, encoder.view());
}

function remove(storage: DiskStorage, ...keys: string[]): unknown {
  encoder.begin(KV_OP.del);
  for (const key of keys) encoder.fieldText(key);
  return apply(storage, encoder.view());
}

async function read(answer: unknown): Promise<unknown> {
  return answer instanceof LaterAnswer
    ? await new Promise((resolve) => answer.whenRead(resolve))
    : answer;
}

const get = (storage: DiskStorage, key: string) => read(storage.query(key));

/** Waits until values come from the file. */
async function written(storage: DiskStorage, key: string): Promise<void> {
  while (!(storage.query(key) instanceof LaterAnswer)) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function slotOnDisk(name: string, slot: number): Promise<Buffer> {
  const file = await open(join(folder, name));
  const { buffer } = await file.read(Buffer.alloc(SLOT_BYTES), 0, SLOT_BYTES, slot * SLOT_BYTES);
  await file.close();
  return buffer;
}

async function pieces(source: SnapshotSource): Promise<Bytes[]> {
  const found: Bytes[] = [];
  for (;;) {
    while (source.ready === false) await new Promise((resolve) => setImmediate(resolve));
    const piece = source.next(64 * 1024);
    if (piece === null) return found;
    found.push(Buffer.from(piece));
  }
}

describe('DiskStorage', () => {
  it('DiskStorage keeps the value of a key in its slot, padded, and answers it as it came', async () => {
    const storage = storageNamed('state');
    expect(set(storage, '5', 'hello')).toBe(KV_OK);
    expect(await get(storage, '5')).toBe('hello');
    expect(await get(storage, '6')).toBe(null);
    await written(storage, '5');
    expect(await get(storage, '5')).toBe('hello');
    expect(set(storage, '7', 'x'.repeat(SLOT_BYTES))).toBe(KV_OK);
    await storage.close();
    const slot = await slotOnDisk('state', 5);
    expect(slot.toString('latin1')).toBe('hello'.padEnd(SLOT_BYTES, '\0'));
    expect((await slotOnDisk('state', 6)).every((byte) => byte === 0)).toBe(true);
    const file = await open(join(folder, 'state'));
    expect((await file.stat()).size).toBe(SLOTS * SLOT_BYTES);
    await file.close();
  });

  it('DiskStorage deletes: the slot is blank, the key is gone', async () => {
    const storage = storageNamed('state');
    for (const key of ['1', '2', '3']) set(storage, key, 'v');
    expect(storage.query({ op: 'size' })).toBe(3);
    expect(remove(storage, '1', '1', '2', '9')).toBe(2);
    expect(await get(storage, '1')).toBe(null);
    expect(storage.query({ op: 'exists', keys: ['1', '3', '3', 'x'] })).toBe(2);
    expect(storage.query({ op: 'strlen', keys: ['3'] })).toBe(1);
    await storage.close();
    expect((await slotOnDisk('state', 1)).toString()).toBe(' '.repeat(SLOT_BYTES));
  });

  it('DiskStorage answers keys and values that cannot be with an error and changes nothing', async () => {
    const storage = storageNamed('state');
    const digest = storage.digest();
    for (const key of ['abc', '-1', '1048576', '99999999', '', '1.5', '-0']) {
      expect(set(storage, key, 'v'), key).toBeInstanceOf(KvError);
      expect(await get(storage, key), key).toBeInstanceOf(KvError);
      expect(remove(storage, key), key).toBeInstanceOf(KvError);
    }
    expect(set(storage, '1', 'x'.repeat(SLOT_BYTES + 1))).toBeInstanceOf(KvError);
    encoder.begin(KV_OP.mset);
    for (const text of ['1', 'a', 'x', 'b']) encoder.fieldText(text);
    expect(apply(storage, encoder.view())).toBeInstanceOf(KvError);
    encoder.begin(KV_OP.incrBy);
    expect(apply(storage, encoder.view())).toBeInstanceOf(KvError);
    for (let length = 0; length < 40; length += 1) {
      const nonsense = Buffer.alloc(length, length % 37);
      nonsense[0] = 1;
      expect(apply(storage, nonsense)).toBeInstanceOf(KvError);
    }
    expect(storage.digest()).toBe(digest);
    expect(set(storage, String(SLOTS - 1), 'last')).toBe(KV_OK);
  });

  it("DiskStorage gives raft-demo's clients the whole slot", async () => {
    const storage = storageNamed('state');
    const run = (op: 'get' | 'set' | 'delete', key: string, value = '') =>
      read(apply(storage, encodeDemoEntry({ id: 0, ip: '1', op, key, value })));
    expect(await run('get', '5')).toBe('\0'.repeat(SLOT_BYTES));
    expect(await run('set', '5', 'v')).toBe(KV_OK);
    expect(await run('get', '5')).toBe('v'.padEnd(SLOT_BYTES, '\0'));
    expect(await run('delete', '5')).toBe(KV_OK);
    expect(await run('get', '5')).toBe(' '.repeat(SLOT_BYTES));
    expect(await run('get', 'abc')).toBeInstanceOf(KvError);
  });

  it('DiskStorage answers a read with the value of its moment, whatever is written meanwhile', async () => {
    const storage = storageNamed('state');
    set(storage, '1', 'old');
    await written(storage, '1');
    const before = get(storage, '1');
    set(storage, '1', 'new');
    expect(await get(storage, '1')).toBe('new');
    expect(await before).toBe('old');
    await written(storage, '1');
    expect(await get(storage, '1')).toBe('new');
  });

  it('DiskStorage brings up another one by a snapshot, which changes meanwhile do not reach', async () => {
    const storage = storageNamed('a');
    for (let key = 0; key < 3000; key += 7) set(storage, String(key), `value ${key}`);
    remove(storage, '14');
    await written(storage, '0');
    set(storage, '21', 'in memory');
    const digest = storage.digest();
    const source = storage.snapshot();
    for (let key = 0; key < 3000; key += 3) set(storage, String(key), 'later');
    const found = await pieces(source);
    source.close();
    const other = storageNamed('b');
    const state = other.restore();
    for (const piece of found) for (const byte of cut(piece)) state.take(byte);
    expect(state.finish()).toBe(true);
    expect(other.digest()).toBe(digest);
    expect(await get(other, '21')).toBe('in memory');
    expect(await get(other, '14')).toBe(null);
    await written(other, '28');
    expect(await get(other, '28')).toBe('value 28');
    await other.close();
    expect((await slotOnDisk('b', 28)).toString('latin1')).toMatch(/^value 28\0/);
    expect(await readdir(folder)).toEqual(['a', 'b']);
    await written(storage, '3');
    expect(await get(storage, '3')).toBe('later');
    expect(failure).toBe(null);
  });

  it('DiskStorage takes over no state that is not whole', async () => {
    const storage = storageNamed('a');
    set(storage, '1', 'v');
    const source = storage.snapshot();
    const whole = Buffer.concat(await pieces(source));
    source.close();
    const other = storageNamed('b');
    const digest = other.digest();
    for (let end = 0; end < whole.length; end += 1) {
      const state = other.restore();
      state.take(whole.subarray(0, end));
      expect(state.finish(), `cut at ${end}`).toBe(false);
    }
    const state = other.restore();
    state.take(Buffer.concat([whole, whole]));
    expect(state.finish()).toBe(false);
    expect(other.digest()).toBe(digest);
  });

  it('DiskStorage notices a slot that the disk has garbled', async () => {
    const storage = storageNamed('state');
    set(storage, '5', 'hello');
    await written(storage, '5');
    const file = await open(join(folder, 'state'), 'r+');
    await file.write(Buffer.from('j'), 0, 1, 5 * SLOT_BYTES);
    await file.close();
    const answer = storage.query('5');
    expect(answer).toBeInstanceOf(LaterAnswer);
    (answer as LaterAnswer).whenRead(() => {});
    while (failure === null) await new Promise((resolve) => setImmediate(resolve));
    expect(failure).toMatchObject({ code: 'STATE_FILE_CORRUPT', exitCode: 12 });
    expect((failure as RaftctlError).message).toContain('offset 5120');
  });
});

function cut(piece: Bytes): Bytes[] {
  const middle = Math.floor(piece.length / 3);
  return [piece.subarray(0, middle), piece.subarray(middle)];
}
