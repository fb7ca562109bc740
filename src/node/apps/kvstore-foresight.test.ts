/** What the kvstore looks at before it applies. */
import { describe, expect, it } from 'vitest';
import { type Bytes, bytesFrom, concatBytes } from '../../std/bytes.ts';
import { Prng } from '../../std/prng.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KV_OP, TIME_FLAG } from '../../wire/apps/kvstore.ts';
import { ByteSlice } from './byte-slice.ts';
import { KvStore } from './kvstore.ts';
import { Foresight } from './kvstore-foresight.ts';
import type { KvTable } from './kvstore-table.ts';

function command(build: (encoder: KvEncoder) => void): Bytes {
  const encoder = new KvEncoder();
  build(encoder);
  return concatBytes([encoder.view()]);
}

function setCommand(key: string, timed: boolean): Bytes {
  return command((encoder) => {
    encoder.begin(KV_OP.set);
    encoder.flags(timed ? TIME_FLAG.ttl : 0);
    if (timed) encoder.number(1000);
    encoder.fieldText(key);
    encoder.restText('value');
  });
}

function keyCommand(op: typeof KV_OP.incrBy | typeof KV_OP.append | typeof KV_OP.del, key: string) {
  return command((encoder) => {
    encoder.begin(op);
    encoder.fieldText(key);
    if (op !== KV_OP.del) encoder.restText('1');
  });
}

function spansOf(commands: readonly Bytes[]): { bytes: Bytes; spans: Int32Array } {
  const spans: number[] = [];
  let at = 0;
  for (const { length } of commands) {
    spans.push(at, at + length);
    at += length;
  }
  return { bytes: concatBytes(commands), spans: Int32Array.from(spans) };
}

/** The hashes of which the table was asked. */
function lookedAt(commands: readonly Bytes[]): readonly number[] {
  let hashes: readonly number[] = [];
  const table = {
    touch: (asked: Int32Array, count: number) => {
      hashes = [...asked.subarray(0, count)];
      return 0;
    },
  };
  const { bytes, spans } = spansOf(commands);
  new Foresight().look(table as unknown as KvTable, bytes, spans, commands.length);
  return hashes;
}

const hashOf = (key: string) => new ByteSlice().overText(key).hash();

describe('Foresight', () => {
  it('Foresight.look finds the keys of the commands that are worth it', () => {
    const commands = [
      setCommand('one', false),
      setCommand('two', true),
      keyCommand(KV_OP.incrBy, 'three'),
      keyCommand(KV_OP.append, 'four'),
      keyCommand(KV_OP.del, 'five'),
      bytesFrom('anything'),
      bytesFrom(''),
    ];
    const keys = ['one', 'two', 'three', 'four', 'five'];
    expect(lookedAt(commands)).toEqual(keys.map(hashOf));
  });

  it('Foresight.look asks for nothing past the end of a command that is cut off', () => {
    const whole = setCommand('a key', false);
    for (let length = 0; length < 12; length += 1) {
      expect(lookedAt([whole.subarray(0, length) as Bytes])).toEqual([]);
    }
  });

  it('KvStore.foresee changes nothing, whatever it is shown', () => {
    const store = new KvStore();
    const context = { index: 2, term: 1, leaderTimeMs: 1 };
    for (let i = 0; i < 500; i += 1) {
      const bytes = setCommand(`key:${i}`, false);
      store.apply(bytes, 0, bytes.length, { ...context, index: 2 + i });
    }
    const before = store.digest();
    const random = new Prng(7);
    for (let round = 0; round < 200; round += 1) {
      const commands = Array.from({ length: 32 }, () => {
        const bytes = setCommand(`key:${random.between(0, 999)}`, random.chance(0.5));
        if (random.chance(0.3)) bytes[random.between(0, bytes.length - 1)] = random.between(0, 255);
        return bytes;
      });
      const { bytes, spans } = spansOf(commands);
      store.foresee(bytes, spans, commands.length);
    }
    expect(store.digest()).toBe(before);
  });
});
