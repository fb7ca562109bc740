/** Deadlines and transactions of the kvstore, by commands with the times of their batches. */
import { describe, expect, it } from 'vitest';
import { Prng } from '../../std/prng.ts';
import { encodeRead, KvEncoder } from '../../wire/apps/kv-encoder.ts';
import {
  EXPIRE_FLAG,
  KV_ABORTED,
  KV_OK,
  KV_OP,
  type KvAnswer,
  KvError,
  type KvOp,
  type KvQuery,
  SET_FLAG,
  TTL_FORM,
} from '../../wire/apps/kvstore.ts';
import { KvStore } from './kvstore.ts';
import { SWEEP_KEYS_MAX } from './kvstore-keys.ts';

const encoder = new KvEncoder();

class Log {
  readonly store = new KvStore();
  index = 0;

  at(leaderTimeMs: number, command: Buffer): KvAnswer {
    this.index += 1;
    return this.store.apply(command, 0, command.length, {
      index: this.index,
      term: 1,
      leaderTimeMs,
    });
  }

  ttl(key: string, x = 0): KvAnswer {
    return this.store.query({ op: 'ttl', keys: [key], x, y: TTL_FORM.ms }) as KvAnswer;
  }
}

function set(key: string, value: string, ttlMs: number | null = null, flags = 0): Buffer {
  encoder.begin(KV_OP.set);
  encoder.flags(flags | (ttlMs === null ? 0 : SET_FLAG.ttl));
  if (ttlMs !== null) encoder.number(ttlMs);
  encoder.fieldText(key);
  encoder.restText(value);
  return Buffer.from(encoder.view());
}

function expire(key: string, timeMs: number, flags: number = EXPIRE_FLAG.ttl): Buffer {
  encoder.begin(KV_OP.expire);
  encoder.flags(flags);
  encoder.number(timeMs);
  encoder.restText(key);
  return Buffer.from(encoder.view());
}

function keyed(op: KvOp, key: string): Buffer {
  encoder.begin(op);
  encoder.restText(key);
  return Buffer.from(encoder.view());
}

function multi(watched: Readonly<Record<string, number>>, ...parts: readonly Buffer[]): Buffer {
  encoder.begin(KV_OP.multi);
  encoder.count(Object.keys(watched).length);
  for (const [key, version] of Object.entries(watched)) {
    encoder.fieldText(key);
    encoder.number(version);
  }
  for (const part of parts) encoder.field(part, 0, part.length);
  return Buffer.from(encoder.view());
}

function reading(query: KvQuery): Buffer {
  return Buffer.from(encodeRead(new KvEncoder(), query));
}

describe('KvStore', () => {
  it('lets a key be gone from the batch on whose time its deadline is reached', () => {
    const log = new Log();
    log.at(1000, set('a', '1', 500));
    log.at(1499, set('b', '1'));
    expect(log.store.query('a')).toBe('1');
    log.at(1500, set('b', '2'));
    expect(log.store.query('a')).toBeNull();
    expect(log.store.query({ op: 'exists', keys: ['a'] })).toBe(0);
    expect(log.store.query({ op: 'keys', keys: ['*'] })).toEqual(['b']);
    expect(log.at(1500, set('a', '3', null, SET_FLAG.xx))).toBeNull();
    expect(log.at(1500, set('a', '3', null, SET_FLAG.nx | SET_FLAG.keepTtl))).toBe(KV_OK);
    expect(log.ttl('a')).toBe(-1);
  });

  it('does not let time go back with a batch that says so', () => {
    const log = new Log();
    log.at(1000, set('a', '1', 500));
    log.at(1500, set('b', '1'));
    log.at(1000, set('b', '2'));
    expect(log.store.query('a')).toBeNull();
  });

  it('tells the time left as the asker knows it, but never that a key is gone before it is', () => {
    const log = new Log();
    log.at(1000, set('a', '1', 500));
    expect(log.ttl('a')).toBe(500);
    expect(log.ttl('a', 1200.5)).toBe(300);
    expect(log.ttl('a', 9999)).toBe(0);
    expect(log.ttl('b')).toBe(-2);
  });

  it('frees what is gone with `time`, a bounded number in the order of deadline and key', () => {
    const log = new Log();
    const count = SWEEP_KEYS_MAX + 10;
    for (let i = 0; i < count; i += 1) {
      log.at(1000, set(`k${String(i).padStart(5, '0')}`, 'v', i < 20 ? 200 : 100));
    }
    log.at(1000, set('stays', 'v', 100_000));
    expect(log.store.nextDeadlineMs()).toBe(1100);
    log.at(1200, log.store.timeCommand);
    expect(log.store.query({ op: 'size' })).toBe(11);
    expect(log.store.query({ op: 'volatile' })).toBe(11);
    expect(log.store.nextDeadlineMs()).toBe(1200);
    expect(log.store.query('k00019')).toBeNull();
    log.at(1200, log.store.timeCommand);
    expect(log.store.query({ op: 'size' })).toBe(1);
    expect(log.store.nextDeadlineMs()).toBe(101_000);
  });

  it('keeps deadlines through changes of the value and ends them with a new one', () => {
    const log = new Log();
    log.at(1000, set('a', '1', 500));
    encoder.begin(KV_OP.incrBy);
    encoder.fieldText('a');
    encoder.restText('1');
    log.at(1000, Buffer.from(encoder.view()));
    expect([log.store.query('a'), log.ttl('a')]).toEqual(['2', 500]);
    log.at(1000, set('a', '1', null, SET_FLAG.keepTtl));
    expect(log.ttl('a')).toBe(500);
    log.at(1000, set('a', '1'));
    expect(log.ttl('a')).toBe(-1);
    expect(log.store.nextDeadlineMs()).toBeNull();
  });

  it('makes deadlines part of its digest', () => {
    const one = new Log();
    const two = new Log();
    one.at(1000, set('a', '1', 500));
    two.at(1000, set('a', '1'));
    expect(one.store.digest()).not.toBe(two.store.digest());
    two.at(1200, expire('a', 300));
    expect(one.store.digest()).toBe(two.store.digest());
  });

  it('holds a million far deadlines without a wrong one', () => {
    const log = new Log();
    log.at(1000, set('a', '1', Number.MAX_SAFE_INTEGER));
    expect(log.store.query({ op: 'ttl', keys: ['a'], y: TTL_FORM.deadlineMs })).toBe(
      Number.MAX_SAFE_INTEGER,
    );
    expect(log.at(1000, expire('a', Number.MIN_SAFE_INTEGER))).toBe(1);
    expect(log.store.query('a')).toBeNull();
  });

  it('runs a transaction as one command, whatever its parts answer', () => {
    const log = new Log();
    log.at(1, set('a', 'x'));
    const answer = log.at(2, multi({}, set('b', '1'), reading('b'), reading({ op: 'size' })));
    expect(answer).toEqual([KV_OK, '1', 2]);
    encoder.begin(KV_OP.incrBy);
    encoder.fieldText('a');
    encoder.restText('1');
    const failing = Buffer.from(encoder.view());
    const mixed = log.at(3, multi({}, failing, set('c', '1'))) as readonly KvAnswer[];
    expect(mixed[0]).toBeInstanceOf(KvError);
    expect(mixed[1]).toBe(KV_OK);
  });

  it('refuses transactions in transactions, and time in them', () => {
    const log = new Log();
    const parts = [multi({}), Buffer.from(log.store.timeCommand), Buffer.alloc(0)];
    const answers = log.at(1, multi({}, ...parts)) as readonly KvAnswer[];
    for (const answer of answers) expect(answer).toBeInstanceOf(KvError);
    expect(answers).toHaveLength(3);
  });

  it('aborts a transaction when a watched key has changed in any way, and only then', () => {
    const changes: readonly Buffer[] = [
      set('a', '1'),
      expire('a', 1000),
      expire('a', -1),
      keyed(KV_OP.getDel, 'a'),
      keyed(KV_OP.flush, ''),
    ];
    for (const change of changes) {
      const log = new Log();
      log.at(1, set('a', '1'));
      const [version] = log.store.query({ op: 'version', keys: ['a'] }) as number[];
      expect(log.at(2, multi({ a: version as number }, set('b', '1')))).toEqual([KV_OK]);
      log.at(3, change);
      expect(log.at(4, multi({ a: version as number }, set('c', '1')))).toBe(KV_ABORTED);
      expect(log.store.query('c')).toBeNull();
    }
  });

  it('aborts when a watched key came, went and came, or its time has come', () => {
    const log = new Log();
    const versions = (): number[] => log.store.query({ op: 'version', keys: ['a'] }) as number[];
    const [absent] = versions();
    log.at(1, set('a', '1'));
    log.at(2, keyed(KV_OP.getDel, 'a'));
    expect(log.at(3, multi({ a: absent as number }))).toBe(KV_ABORTED);
    log.at(10, set('a', '1', 100));
    const [present] = versions();
    expect(log.at(109, multi({ a: present as number }))).toEqual([]);
    expect(log.at(110, multi({ a: present as number }))).toBe(KV_ABORTED);
  });

  it('answers mutated transactions and deadlines without throwing, alike on two replicas', () => {
    const random = new Prng(11);
    const samples = [
      set('key', 'value', 50, SET_FLAG.get),
      expire('key', 20),
      multi({ key: 3 }, set('b', '1', 10), reading({ op: 'scan', keys: ['*', 'string'], y: 10 })),
      keyed(KV_OP.persist, 'key'),
      keyed(KV_OP.getEx, 'key'),
      multi({}, reading({ op: 'mget', keys: ['key', 'b'] }), reading({ op: 'randomKey', x: 0.5 })),
    ];
    const one = new Log();
    const two = new Log();
    for (let i = 0; i < 20_000; i += 1) {
      const command = Buffer.from(random.pick(samples));
      command[random.between(0, command.length - 1)] = random.u32();
      const cut = command.subarray(0, random.between(0, command.length));
      expect(one.at(i, cut)).toEqual(two.at(i, cut));
    }
    expect(one.store.digest()).toBe(two.store.digest());
  });
});
