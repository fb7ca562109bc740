import { expect, test } from 'vitest';
import { bytesFrom } from '../../std/bytes.ts';
import { commandText } from './kv-command-text.ts';
import { KvEncoder } from './kv-encoder.ts';
import { KV_OP, type KvOp, SET_FLAG, TIME_FLAG } from './kvstore.ts';

function text(op: KvOp, write: (encoder: KvEncoder) => void): string {
  const encoder = new KvEncoder();
  encoder.begin(op);
  write(encoder);
  const bytes = encoder.view();
  return commandText(bytes, 0, bytes.length);
}

function fields(op: KvOp, ...texts: string[]): string {
  return text(op, (encoder) => {
    for (const field of texts) encoder.fieldText(field);
  });
}

function set(flags: number): string {
  return text(KV_OP.set, (encoder) => {
    encoder.flags(flags);
    if ((flags & TIME_FLAG.ttl) !== 0) encoder.number(5);
    encoder.fieldText('user1');
    encoder.restText('batman');
  });
}

test('commandText() writes commands as hraftd logs them', () => {
  expect(set(0)).toBe('{"op":"set","key":"user1","value":"batman"}');
  expect(set(TIME_FLAG.ttl)).toBe('{"op":"set","key":"user1","value":"batman"}');
  expect(set(SET_FLAG.nx)).toBe('{"op":"set if","key":"user1","value":"batman"}');
  expect(fields(KV_OP.del, 'a')).toBe('{"op":"delete","key":"a"}');
  expect(fields(KV_OP.mset, 'a', '1', 'b', '2')).toBe(
    '[{"op":"set","key":"a","value":"1"},{"op":"set","key":"b","value":"2"}]',
  );
  expect(fields(KV_OP.sadd, 's', 'm')).toBe('{"op":"set","key":"t,s,m","value":"1"}');
  expect(fields(KV_OP.srem, 's', 'm')).toBe('{"op":"set","key":"t,s,m","value":"0"}');
});

test('commandText() names what the older systems do not know', () => {
  expect(fields(KV_OP.flush)).toBe('{"op":"raftctl command 15"}');
  expect(commandText(bytesFrom('\u0007x'), 0, 2)).toBe('{"op":"raftctl command of an app"}');
});
