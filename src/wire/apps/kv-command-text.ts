/** Commands of the kvstore as hraftd and its fork write theirs into the log: for people. */
import { type Bytes, latin1Slice } from '../../std/bytes.ts';
import { KV_FORMAT, KV_OP, SET_FLAG, TIME_FLAG } from './kvstore.ts';

/** JSON; texts as latin1. What those systems do not know is named by the number of its kind. */
export function commandText(bytes: Bytes, start: number, end: number): string {
  const opcode = bytes[start] === KV_FORMAT ? bytes[start + 1] : undefined;
  const at = start + 2;
  if (opcode === KV_OP.set) return setText(bytes, at, end);
  const found = pairsOf(opcode, fieldsOf(bytes, at, end));
  if (found === null) return JSON.stringify({ op: `raftctl command ${opcode ?? 'of an app'}` });
  return found.length === 1 ? JSON.stringify(found[0]) : JSON.stringify(found);
}

interface OldCommand {
  readonly op: 'set' | 'delete';
  readonly key: string;
  readonly value?: string;
}

function setText(bytes: Bytes, at: number, end: number): string {
  const flags = bytes[at] as number;
  const timed = (flags & (TIME_FLAG.ttl | TIME_FLAG.deadline)) !== 0;
  const key = at + 1 + (timed ? 8 : 0) + 4;
  const value = key + bytes.readUInt32LE(key - 4);
  const conditional = (flags & (SET_FLAG.nx | SET_FLAG.xx)) !== 0;
  const text = { key: latin1Slice(bytes, key, value), value: latin1Slice(bytes, value, end) };
  return JSON.stringify({ op: conditional ? 'set if' : 'set', ...text });
}

function pairsOf(opcode: number | undefined, fields: readonly string[]): OldCommand[] | null {
  const [first = '', ...rest] = fields;
  switch (opcode) {
    case KV_OP.mset:
      return fields.flatMap((key, i) =>
        i % 2 === 0 ? [{ op: 'set' as const, key, value: fields[i + 1] ?? '' }] : [],
      );
    case KV_OP.del:
      return fields.map((key) => ({ op: 'delete' as const, key }));
    // The fork hides members of sets in keys of strings: 1 adds one, 0 removes it.
    case KV_OP.sadd:
      return rest.map((member) => ({
        op: 'set' as const,
        key: `t,${first},${member}`,
        value: '1',
      }));
    case KV_OP.srem:
      return rest.map((member) => ({
        op: 'set' as const,
        key: `t,${first},${member}`,
        value: '0',
      }));
    default:
      return null;
  }
}

function fieldsOf(bytes: Bytes, start: number, end: number): string[] {
  const fields: string[] = [];
  let at = start;
  while (at + 4 <= end) {
    const to = at + 4 + bytes.readUInt32LE(at);
    if (to > end) break;
    fields.push(latin1Slice(bytes, at + 4, to));
    at = to;
  }
  return fields;
}
