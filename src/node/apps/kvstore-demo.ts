/** Commands of raft-demo's clients on the kvstore: wire/dialects/raft-demo-entry.ts. */
import {
  KEY_BYTES_MAX,
  KV_OK,
  type KvAnswer,
  KvError,
  VALUE_BYTES_MAX,
  WRONG_TYPE,
} from '../../wire/apps/kvstore.ts';
import { DemoScanner } from '../../wire/dialects/raft-demo-command.ts';
import type { LogIndex } from '../model/ids.ts';
import { ByteSlice } from './byte-slice.ts';
import type { CommandReader } from './command-reader.ts';
import { NO_CELL } from './kv-arena.ts';
import type { KvTable } from './kvstore-table.ts';
import { isTyped, MALFORMED } from './kvstore-writes.ts';

const TOO_LONG = new KvError(
  `the key is longer than ${KEY_BYTES_MAX} bytes or the value than ${VALUE_BYTES_MAX}`,
);

const SCANNER = new DemoScanner();
const KEY = new ByteSlice();
const VALUE = new ByteSlice();

/** So many keys one command fills at most. */
const FILLED_MAX = 10_000;

/** Sets the keys `first`, `first + 1`, ... that are not there. */
export function fill(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const first = reader.number();
  const count = reader.number();
  const value = reader.rest(reader.value);
  if (reader.failed || first < 0 || count < 0 || count > FILLED_MAX) return MALFORMED;
  if (!Number.isSafeInteger(first + count) || value.length > VALUE_BYTES_MAX) return MALFORMED;
  for (let number = first; number < first + count; number += 1) {
    const key = KEY.overText(String(number));
    if (table.find(key) === NO_CELL) table.set(key, value, index);
  }
  return KV_OK;
}

/** A get is a command too: raft-demo's log has them, and they are answered in its order. */
export function demo(table: KvTable, reader: CommandReader, index: LogIndex): KvAnswer {
  const { bytes, start, end } = reader.rest(reader.value);
  const at = SCANNER;
  if (reader.failed || !at.scan(bytes, start, end)) return MALFORMED;
  const key = KEY.over(bytes, at.keyStart, at.keyEnd);
  const value = VALUE.over(bytes, at.valueStart, at.valueEnd);
  if (key.length > KEY_BYTES_MAX || value.length > VALUE_BYTES_MAX) return TOO_LONG;
  if (at.op === 'set') {
    table.set(key, value, index);
    return KV_OK;
  }
  if (at.op === 'delete') {
    table.remove(key, index);
    return KV_OK;
  }
  const cell = table.find(key);
  if (cell === NO_CELL) return '';
  return isTyped(table, cell) ? WRONG_TYPE : table.valueText(cell);
}
