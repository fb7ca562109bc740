import { describe, expect, it } from 'vitest';
import { bytesFrom } from '../../std/bytes.ts';
import { Prng } from '../../std/prng.ts';
import { addInt64, parseInt64 } from '../../wire/apps/int64.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import {
  KV_OK,
  KV_OP,
  type KvAnswer,
  KvError,
  NOT_AN_INTEGER,
  SET_FLAG,
  WOULD_OVERFLOW,
} from '../../wire/apps/kvstore.ts';
import { KvStore } from './kvstore.ts';

const CONTEXT = { index: 1, term: 1, leaderTimeMs: 0 };
const encoder = new KvEncoder();

function run(store: KvStore, command: Buffer): KvAnswer {
  // In the log a command has others before and behind it.
  const bytes = Buffer.concat([bytesFrom('before'), command, bytesFrom('behind')]);
  return store.apply(bytes, 6, 6 + command.length, CONTEXT);
}

function set(key: string, value: string, flags = 0): Buffer {
  encoder.begin(KV_OP.set);
  encoder.flags(flags);
  encoder.fieldText(key);
  encoder.restText(value);
  return Buffer.from(encoder.view());
}

function incrBy(key: string, delta: string): Buffer {
  encoder.begin(KV_OP.incrBy);
  encoder.fieldText(key);
  encoder.restText(delta);
  return Buffer.from(encoder.view());
}

function fields(op: 2 | 4, ...texts: readonly string[]): Buffer {
  encoder.begin(op);
  for (const text of texts) encoder.fieldText(text);
  return Buffer.from(encoder.view());
}

describe('KvStore', () => {
  it('sets, reads and deletes byte strings, also keys that name parts of every object', () => {
    const store = new KvStore();
    for (const key of ['a', '', '__proto__', 'constructor', '\0\xff\r\n']) {
      expect(store.query(key)).toBeNull();
      expect(run(store, set(key, `\xfe${key}`))).toBe(KV_OK);
      expect(store.query(key)).toBe(`\xfe${key}`);
    }
    expect(store.query({ op: 'size' })).toBe(5);
    expect(store.query({ op: 'mget', keys: ['a', 'b'] })).toEqual(['\xfea', null]);
    expect(store.query({ op: 'exists', keys: ['a', 'a', 'b'] })).toBe(2);
    expect(run(store, fields(KV_OP.del, 'a', 'a', 'b', '__proto__'))).toBe(2);
    expect(store.query({ op: 'size' })).toBe(3);
  });

  it('decides NX, XX and GET', () => {
    const store = new KvStore();
    expect(run(store, set('a', '1', SET_FLAG.xx))).toBeNull();
    expect(run(store, set('a', '1', SET_FLAG.nx))).toBe(KV_OK);
    expect(run(store, set('a', '2', SET_FLAG.nx))).toBeNull();
    expect(run(store, set('a', '3', SET_FLAG.nx | SET_FLAG.get))).toBe('1');
    expect(run(store, set('a', '4', SET_FLAG.xx | SET_FLAG.get))).toBe('1');
    expect(run(store, set('b', '5', SET_FLAG.get))).toBeNull();
    expect(store.query({ op: 'mget', keys: ['a', 'b'] })).toEqual(['4', '5']);
  });

  it('adds exactly over the whole range of 64 bits and refuses to leave it', () => {
    const store = new KvStore();
    expect(run(store, incrBy('n', '9007199254740991'))).toBe(9007199254740991);
    expect(run(store, incrBy('n', '2'))).toBe(9007199254740993n);
    expect(run(store, incrBy('n', '9214364837600034814'))).toBe(9223372036854775807n);
    expect(run(store, incrBy('n', '1'))).toBe(WOULD_OVERFLOW);
    expect(run(store, incrBy('n', '-9223372036854775808'))).toBe(-1);
    expect(run(store, incrBy('n', '-9223372036854775807'))).toBe(-9223372036854775808n);
    expect(run(store, incrBy('n', '-1'))).toBe(WOULD_OVERFLOW);
    expect(store.query('n')).toBe('-9223372036854775808');
    run(store, set('s', ' 1'));
    expect(run(store, incrBy('s', '1'))).toBe(NOT_AN_INTEGER);
  });

  it('sets all pairs of one command, the last one of a key wins', () => {
    const store = new KvStore();
    expect(run(store, fields(KV_OP.mset, 'a', '1', 'b', '2', 'a', '3'))).toBe(KV_OK);
    expect(store.query({ op: 'mget', keys: ['a', 'b'] })).toEqual(['3', '2']);
  });

  it('answers every cut-off or mutated command without throwing, and alike on two replicas', () => {
    const random = new Prng(7);
    const samples = [
      set('key', 'value', SET_FLAG.get),
      incrBy('n', '12'),
      fields(KV_OP.del, 'key', 'b'),
      fields(KV_OP.mset, 'key', '1', 'b', '2'),
    ];
    const one = new KvStore();
    const two = new KvStore();
    for (let i = 0; i < 20_000; i += 1) {
      const command = Buffer.from(random.pick(samples));
      command[random.between(0, command.length - 1)] = random.u32();
      const cut = command.subarray(0, random.between(0, command.length));
      expect(run(one, cut)).toEqual(run(two, cut));
    }
    expect(one.digest()).toBe(two.digest());
  });

  it('changes nothing when a command of pairs is cut off', () => {
    const store = new KvStore();
    const whole = fields(KV_OP.mset, 'a', '1', 'b', '2');
    expect(run(store, whole.subarray(0, whole.length - 1))).toBeInstanceOf(KvError);
    expect(run(store, fields(KV_OP.mset, 'a', '1', 'b'))).toBeInstanceOf(KvError);
    expect(store.query({ op: 'size' })).toBe(0);
  });

  it('has the digest of its content, whatever the order it came in', () => {
    const one = new KvStore();
    const two = new KvStore();
    run(one, fields(KV_OP.mset, 'a', '1', 'b', '2'));
    for (const command of [set('b', 'x'), set('c', '3'), set('a', '1'), set('b', '2')]) {
      two.apply(command, 0, command.length, CONTEXT);
    }
    expect(one.digest()).not.toBe(two.digest());
    const del = fields(KV_OP.del, 'c');
    two.apply(del, 0, del.length, CONTEXT);
    expect(one.digest()).toBe(two.digest());
    // Lengths are part of it: where a key ends is not lost.
    const three = new KvStore();
    run(three, fields(KV_OP.mset, 'a', '1b', '', '2'));
    expect(three.digest()).not.toBe(one.digest());
  });
});

describe('parseInt64', () => {
  it.each([
    '',
    '-',
    '+1',
    ' 1',
    '1 ',
    '01',
    '-0',
    '1.0',
    '0x1',
    '9223372036854775808',
    '-9223372036854775809',
    '123456789012345678901',
  ])('refuses %j', (text) => {
    expect(parseInt64(text)).toBeNull();
  });

  it('agrees with BigInt on what it accepts', () => {
    const random = new Prng(3);
    for (let i = 0; i < 20_000; i += 1) {
      const exact =
        BigInt.asIntN(64, (BigInt(random.u32()) << 32n) | BigInt(random.u32())) >>
        BigInt(random.between(0, 63));
      expect(BigInt(parseInt64(String(exact)) as number | bigint)).toBe(exact);
      const other = BigInt(random.u32());
      const sum = addInt64(parseInt64(String(exact)) as number, Number(other));
      const fits = BigInt.asIntN(64, exact + other) === exact + other;
      expect(sum === null ? null : BigInt(sum)).toBe(fits ? exact + other : null);
    }
  });
});
