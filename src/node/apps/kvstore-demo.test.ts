import { describe, expect, it } from 'vitest';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KV_OK, KV_OP, type KvAnswer, KvError } from '../../wire/apps/kvstore.ts';
import {
  type DemoCommand,
  decodeDemoCommand,
  encodeDemoCommand,
} from '../../wire/dialects/raft-demo-command.ts';
import { encodeDemoEntry } from '../../wire/dialects/raft-demo-entry.ts';
import { recordsOf } from '../../wire/dialects/raft-demo-records.ts';
import { demoValues, plainValue } from '../server/demo-values.ts';
import { KvStore } from './kvstore.ts';

const store = new KvStore();
const encoder = new KvEncoder();

function apply(command: Buffer, index = 1): KvAnswer {
  return store.apply(command, 0, command.length, { index, term: 1, leaderTimeMs: 0 });
}

function run(command: Partial<DemoCommand> & Pick<DemoCommand, 'op'>): KvAnswer {
  return apply(encodeDemoEntry({ id: 0, ip: '15000', key: '', value: '', ...command }));
}

/** The records of an entry that was applied. */
function recorded(command: Buffer, index: number) {
  apply(command, index);
  const look = (key: string) => store.query(key);
  const bytes = recordsOf(command, 0, command.length, { index, look });
  const found: (readonly [number, string, string, string])[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const record = decodeDemoCommand(bytes, at + 4, end);
    if (record !== null) found.push([record.id, record.op, record.key, record.value]);
    at = end;
  }
  return found;
}

function kv(op: (typeof KV_OP)[keyof typeof KV_OP], fill: (encoder: KvEncoder) => void): Buffer {
  encoder.begin(op);
  fill(encoder);
  return Buffer.from(encoder.view());
}

describe('KvStore', () => {
  it("sets, gets and deletes for raft-demo's clients", () => {
    expect(run({ op: 'get', key: 'a' })).toBe('');
    expect(run({ op: 'set', key: 'a', value: 'x\n\xff' })).toBe(KV_OK);
    expect(run({ op: 'get', key: 'a' })).toBe('x\n\xff');
    expect(run({ op: 'delete', key: 'a' })).toBe(KV_OK);
    expect(run({ op: 'get', key: 'a' })).toBe('');
  });

  it('refuses commands that make no sense, and keys that are too long', () => {
    expect(apply(Buffer.from([1, 48, 0x18, 9]))).toBeInstanceOf(KvError);
    expect(run({ op: 'set', key: 'k'.repeat(1025) })).toBeInstanceOf(KvError);
    apply(kv(KV_OP.sadd, (e) => ['s', 'm'].map((text) => e.fieldText(text))));
    expect(run({ op: 'get', key: 's' })).toBeInstanceOf(KvError);
  });
});

describe('recordsOf', () => {
  it("tells a command of raft-demo's clients as it came, with its index", () => {
    const command = { id: 0, ip: '15000', op: 'set', key: 'foo', value: 'bar' } as const;
    const bytes = encodeDemoEntry(command);
    const source = { index: 3, look: () => null };
    expect(recordsOf(bytes, 0, bytes.length, source)).toEqual(
      encodeDemoCommand({ ...command, id: 3 }, true),
    );
  });

  it.each([0, 1, 1080, 16_300, 70_000])('tells a set with a value of %d bytes', (size) => {
    const value = '\xfe'.repeat(size);
    const set = kv(KV_OP.set, (e) => {
      e.flags(0);
      e.fieldText('key');
      e.restText(value);
    });
    const source = { index: 300, look: () => null };
    const record = recordsOf(set, 0, set.length, source);
    const command = { id: 300, op: 'set', key: 'key', value } as const;
    expect(record.equals(encodeDemoCommand(command, true))).toBe(true);
  });

  it('tells a value that is kept compressed as the client sent it', () => {
    const { stored } = demoValues(true);
    const set = kv(KV_OP.set, (e) => {
      e.flags(0);
      e.fieldText('key');
      e.restText(stored('plain'));
    });
    const source = { index: 9, look: () => stored('plain'), plain: plainValue };
    const command = { id: 9, op: 'set', key: 'key', value: 'plain' } as const;
    expect(recordsOf(set, 0, set.length, source)).toEqual(encodeDemoCommand(command, true));
  });

  it('tells what became of the keys that any other command names', () => {
    const set = kv(KV_OP.set, (e) => {
      e.flags(0);
      e.fieldText('n');
      e.restText('1');
    });
    expect(recorded(set, 5)).toEqual([[5, 'set', 'n', '1']]);
    const incr = kv(KV_OP.incrBy, (e) => {
      e.fieldText('n');
      e.restText('41');
    });
    expect(recorded(incr, 6)).toEqual([[6, 'set', 'n', '42']]);
    const mset = kv(KV_OP.mset, (e) => ['n', '7', 'm', '8'].map((text) => e.fieldText(text)));
    const multi = kv(KV_OP.multi, (e) => {
      e.count(0);
      for (const part of [mset, incr]) e.field(part, 0, part.length);
    });
    expect(recorded(multi, 7)).toEqual([
      [7, 'set', 'n', '48'],
      [7, 'set', 'm', '8'],
    ]);
    const rename = kv(KV_OP.rename, (e) => {
      e.flags(0);
      e.fieldText('n');
      e.restText('o');
    });
    expect(recorded(rename, 8)).toEqual([
      [8, 'delete', 'n', ''],
      [8, 'set', 'o', '48'],
    ]);
    const del = kv(KV_OP.del, (e) => ['m', 'o'].map((text) => e.fieldText(text)));
    expect(recorded(del, 9)).toEqual([
      [9, 'delete', 'm', ''],
      [9, 'delete', 'o', ''],
    ]);
  });

  it('tells nothing of what is no text, and survives any bytes', () => {
    expect(
      recorded(
        kv(KV_OP.sadd, (e) => ['t', 'm'].map((text) => e.fieldText(text))),
        3,
      ),
    ).toEqual([]);
    for (let opcode = 0; opcode < 64; opcode += 1) {
      for (const rest of [[], [255, 255, 255, 255], [1, 0, 0, 0, 97, 9]]) {
        expect(recorded(Buffer.from([1, opcode, ...rest]), 3).length).toBeLessThan(3);
      }
    }
  });
});
