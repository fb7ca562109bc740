/**
 * Files that older systems have left: goraft's `md_<id>.dat` and the log files of raft-demo. Pure.
 *
 * ```
 *  md_<id>.dat   little endian: u64 term, u64 vote (0: none), u64 entries; zeros up to 4096; then
 *                entries of 128 bytes: u64 term, u64 length, command. The first entry is a sentinel
 *  log-file-*  records: u32 length, big endian, and a Command: wire/dialects/raft-demo-command.ts
 * ```
 */
import { type Bytes, latin1Slice, readU64 } from '../std/bytes.ts';
import { type DemoCommand, decodeDemoCommand } from '../wire/dialects/raft-demo-command.ts';

export interface OldEntry {
  readonly index: number;
  /** Null: the file does not say. */
  readonly term: number | null;
  /** `set`, `get`, `delete`, `no-op`, or `unknown`. */
  readonly op: string;
  /** Latin1; so is the value. Null: there is none. */
  readonly key: string | null;
  readonly value: string | null;
}

export interface OldFile {
  readonly format: 'goraft' | 'raft-demo';
  readonly term: number | null;
  /** Null: for nobody, or the file does not say. */
  readonly votedFor: number | null;
  readonly entries: readonly OldEntry[];
  /** Bytes behind the last whole record; 0: none. */
  readonly restBytes: number;
}

const PAGE_BYTES = 4096;
const ENTRY_BYTES = 128;
const ENTRY_HEAD_BYTES = 16;

/** @returns null when it is neither. */
export function readOldFile(bytes: Bytes): OldFile | null {
  const goraft = readGoraft(bytes);
  if (goraft !== null) return goraft;
  const log = readDemoLog(bytes);
  return log.entries.length === 0 ? null : log;
}

function readGoraft(bytes: Bytes): OldFile | null {
  if (bytes.length < PAGE_BYTES) return null;
  const count = readU64(bytes, 16);
  if (count < 1 || PAGE_BYTES + count * ENTRY_BYTES > bytes.length) return null;
  for (let at = 24; at < PAGE_BYTES; at += 1) if (bytes[at] !== 0) return null;
  const entries: OldEntry[] = [];
  for (let index = 1; index < count; index += 1) {
    const at = PAGE_BYTES + index * ENTRY_BYTES;
    const length = readU64(bytes, at + 8);
    if (length < 0 || length > ENTRY_BYTES - ENTRY_HEAD_BYTES) return null;
    const command = bytes.subarray(at + ENTRY_HEAD_BYTES, at + ENTRY_HEAD_BYTES + length);
    entries.push({ index, term: readU64(bytes, at), ...goraftCommand(command) });
  }
  const restBytes = bytes.length - PAGE_BYTES - count * ENTRY_BYTES;
  const votedFor = readU64(bytes, 8) || null;
  return { format: 'goraft', term: readU64(bytes, 0), votedFor, entries, restBytes };
}

type Command = Pick<OldEntry, 'op' | 'key' | 'value'>;

/** As kvapi writes them, or as stress does. */
function goraftCommand(bytes: Bytes): Command {
  if (bytes.length === 0) return { op: 'no-op', key: null, value: null };
  return kvapiCommand(bytes) ?? stressCommand(bytes) ?? { op: 'unknown', key: null, value: null };
}

/** u8 kind, u64 length, key, u64 length, value. */
function kvapiCommand(bytes: Bytes): Command | null {
  const op = ['set', 'get'][bytes[0] as number];
  if (op === undefined || bytes.length < 17) return null;
  const keyEnd = 9 + readU64(bytes, 1);
  if (keyEnd < 9 || keyEnd + 8 > bytes.length) return null;
  const valueEnd = keyEnd + 8 + readU64(bytes, keyEnd);
  if (valueEnd !== bytes.length) return null;
  const key = latin1Slice(bytes, 9, keyEnd);
  return { op, key, value: op === 'get' ? null : latin1Slice(bytes, keyEnd + 8, valueEnd) };
}

/** The name, u64 length of the key, u64 length of the value, key, value. */
function stressCommand(bytes: Bytes): Command | null {
  const op = latin1Slice(bytes, 0, Math.min(3, bytes.length));
  if ((op !== 'set' && op !== 'get') || bytes.length < 19) return null;
  const keyEnd = 19 + readU64(bytes, 3);
  if (keyEnd < 19 || keyEnd + readU64(bytes, 11) !== bytes.length) return null;
  const key = latin1Slice(bytes, 19, keyEnd);
  return { op, key, value: op === 'get' ? null : latin1Slice(bytes, keyEnd, bytes.length) };
}

/** The records of an application log, up to the first that is none. */
export function readDemoLog(bytes: Bytes): OldFile {
  const entries: OldEntry[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    const command: DemoCommand | null =
      end > bytes.length ? null : decodeDemoCommand(bytes, at + 4, end);
    // Every record bears its index: zeros are not some, nor is most else.
    if (command === null || command.id === 0) break;
    const { id: index, op, key, value } = command;
    entries.push({ index, term: null, op, key, value: op === 'set' ? value : null });
    at = end;
  }
  const restBytes = bytes.length - at;
  return { format: 'raft-demo', term: null, votedFor: null, entries, restBytes };
}
