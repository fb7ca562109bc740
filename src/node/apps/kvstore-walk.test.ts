/** SCAN, KEYS and RANDOMKEY: what they promise and how much they may cost. */
import { describe, expect, it } from 'vitest';
import { Prng } from '../../std/prng.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KV_OP, KvError } from '../../wire/apps/kvstore.ts';
import { Glob } from '../../wire/glob.ts';
import { KvStore } from './kvstore.ts';
import { KEYS_MAX } from './kvstore-reads.ts';

const encoder = new KvEncoder();
let index = 0;

function apply(store: KvStore): void {
  index += 1;
  const command = encoder.view();
  store.apply(command, 0, command.length, { index, term: 1, leaderTimeMs: 0 });
}

function put(store: KvStore, ...keys: readonly string[]): void {
  encoder.begin(KV_OP.mset);
  for (const key of keys) {
    encoder.fieldText(key);
    encoder.fieldText('v');
  }
  apply(store);
}

function drop(store: KvStore, key: string): void {
  encoder.begin(KV_OP.getDel);
  encoder.restText(key);
  apply(store);
}

function scan(store: KvStore, cursor: string, count: number): [string, string[]] {
  const keys = ['*', 'string'];
  return store.query({ op: 'scan', keys, x: Number(cursor), y: count }) as unknown as [
    string,
    string[],
  ];
}

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `key:${i}`);
}

describe('SCAN', () => {
  it.each([1, 10, 1000])('finds every key that stays, by %d, while others come and go', (count) => {
    const random = new Prng(3);
    const store = new KvStore();
    const staying = keysOf(3000);
    put(store, ...staying);
    const found = new Set<string>();
    let cursor = '0';
    do {
      const [next, keys] = scan(store, cursor, count);
      for (const key of keys) found.add(key);
      cursor = next;
      for (let i = 0; i < 5; i += 1) put(store, `passing:${random.between(0, 500)}`);
      drop(store, `passing:${random.between(0, 500)}`);
    } while (cursor !== '0');
    for (const key of staying) expect(found.has(key)).toBe(true);
  });

  it('goes on with the cursor of another replica', () => {
    const stores = [new KvStore(), new KvStore()] as const;
    const keys = keysOf(500);
    put(stores[0], ...keys);
    put(stores[1], ...keys.toReversed());
    const found: string[] = [];
    let cursor = '0';
    let turn = 0;
    do {
      const [next, some] = scan(stores[turn % 2] as KvStore, cursor, 20);
      found.push(...some);
      cursor = next;
      turn += 1;
    } while (cursor !== '0');
    expect(turn).toBeGreaterThan(10);
    expect(found.sort()).toEqual(keys.sort());
  });

  it('looks at a bounded number of keys, whatever COUNT says', () => {
    const store = new KvStore();
    put(store, ...keysOf(40_000));
    const [cursor, keys] = scan(store, '0', Number.MAX_SAFE_INTEGER);
    expect(cursor).not.toBe('0');
    expect(keys.length).toBeLessThan(5100);
  });

  it('ends with a cursor that never was', () => {
    const store = new KvStore();
    put(store, 'a');
    expect(scan(store, '99999999999999999999', 10)).toEqual(['0', []]);
  });
});

describe('KEYS', () => {
  it('is refused in a store with too many keys, and for a pattern that takes too long', () => {
    const store = new KvStore();
    put(store, ...keysOf(KEYS_MAX));
    expect(store.query({ op: 'keys', keys: ['key:99'] })).toEqual(['key:99']);
    put(store, 'one more');
    expect(store.query({ op: 'keys', keys: ['key:99'] })).toBeInstanceOf(KvError);
    const slow = new KvStore();
    put(slow, ...keysOf(1000).map((key) => key + 'a'.repeat(500)));
    const evil = `*${'a'.repeat(400)}b`;
    const answer = slow.query({ op: 'keys', keys: [evil] });
    expect(answer).toEqual(new KvError('ERR the pattern takes too much work to match'));
  });
});

describe('RANDOMKEY', () => {
  it('gives every key a chance', () => {
    const store = new KvStore();
    put(store, ...keysOf(50));
    const random = new Prng(9);
    const found = new Set<unknown>();
    for (let i = 0; i < 5000; i += 1) found.add(store.query({ op: 'randomKey', x: random.unit() }));
    expect(found.size).toBe(50);
  });
});

describe('Glob', () => {
  it('agrees with a regular expression on random patterns and texts', () => {
    const random = new Prng(17);
    const word = (letters: string): string =>
      Array.from({ length: random.between(0, 8) }, () => random.pick([...letters])).join('');
    for (let i = 0; i < 20_000; i += 1) {
      const pattern = word('ab*?');
      const text = word('abc');
      const source = pattern.replaceAll('*', '.*').replaceAll('?', '.');
      expect(new Glob(pattern).matches(text)).toBe(new RegExp(`^${source}$`).test(text));
    }
  });

  it('takes at most text times pattern steps', () => {
    const glob = new Glob(`${'*a'.repeat(50)}${'a'.repeat(50)}b`);
    expect(glob.matches('a'.repeat(1000))).toBe(false);
    expect(glob.steps).toBeLessThan(1000 * 151);
  });
});
