/**
 * The diskstorage: values in the slots of one file, a table of what is where in memory.
 *
 * The truth is the snapshot and the log behind it, as for any app: at every start the file is made
 * anew from them, so a crash between a write to the log and one to a slot, or in the middle of a
 * slot, is of no consequence, and a slot is written without waiting for anything. What is read
 * from the file is held against the table's checksum: a disk that garbles a slot is noticed.
 */
import { type Bytes, latin1Slice, NO_BYTES, zeroBytes } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import {
  NOT_OF_DISKSTORAGE,
  SLOT_BYTES,
  SLOT_TOO_SHORT,
  slotOf,
} from '../../wire/apps/diskstorage.ts';
import {
  KV_FORMAT,
  KV_OK,
  KV_OP,
  type KvAnswer,
  KvError,
  type KvQuery,
} from '../../wire/apps/kvstore.ts';
import { LaterAnswer } from '../../wire/apps/later-answer.ts';
import { decodeDemoEntry } from '../../wire/dialects/raft-demo-entry.ts';
import type { SnapshotSource, StateMachine, StateRestore } from '../ports/state-machine.ts';
import { CommandReader } from './command-reader.ts';
import { SlotRestore, SlotSource } from './diskstorage-snapshot.ts';
import { MALFORMED } from './kvstore-writes.ts';
import { SlotFile } from './slot-file.ts';
import { SlotTable, slotContent } from './slot-table.ts';
import type { StateFiles } from './state-files.ts';

export interface DiskStorageParts {
  readonly files: StateFiles;
  readonly onFailed: (error: RaftctlError) => void;
}

/** What is to be done to one slot; a null value deletes. */
interface SlotWrite {
  readonly slot: number;
  readonly value: Bytes | null;
}

export class DiskStorage implements StateMachine {
  readonly app = 'diskstorage';
  readonly #parts: DiskStorageParts;
  readonly #reader = new CommandReader();
  #table = new SlotTable();
  #file: SlotFile;

  constructor(parts: DiskStorageParts) {
    this.#parts = parts;
    const { file, take } = this.#makeFile();
    this.#file = file;
    take();
  }

  apply(bytes: Bytes, start: number, end: number): KvAnswer | LaterAnswer {
    if (end - start < 2 || bytes[start] !== KV_FORMAT) return MALFORMED;
    const reader = this.#reader;
    reader.begin(bytes, start + 2, end);
    switch (bytes[start + 1]) {
      case KV_OP.set:
        return reader.byte() === 0 ? this.#set(reader) : NOT_OF_DISKSTORAGE;
      case KV_OP.mset:
        return this.#setMany(reader);
      case KV_OP.del:
        return this.#remove(reader);
      case KV_OP.demo:
        return this.#demo(bytes, start, end);
      default:
        return NOT_OF_DISKSTORAGE;
    }
  }

  query(request: unknown): KvAnswer | LaterAnswer {
    const query = request as KvQuery;
    const { op, keys = [] } = typeof query === 'string' ? { op: 'get', keys: [query] } : query;
    if (op === 'size') return this.#table.count;
    const [key = ''] = keys;
    if (op === 'exists') return keys.filter((name) => this.#lengthOf(name) !== null).length;
    const slot = slotOf(key);
    if (slot instanceof KvError) return slot;
    if (op === 'strlen') return this.#lengthOf(key) ?? 0;
    if (op !== 'get') return NOT_OF_DISKSTORAGE;
    const length = this.#table.lengthOf(slot);
    return length === null
      ? null
      : this.#content(slot, (content) => latin1Slice(content, 0, length));
  }

  digest(): string {
    return this.#table.digest();
  }

  snapshot(): SnapshotSource {
    const onDamaged = (slot: number): void => this.#parts.onFailed(this.#damaged(slot));
    return new SlotSource({ table: new SlotTable(this.#table), file: this.#file, onDamaged });
  }

  restore(): StateRestore {
    const { file, take } = this.#makeFile();
    return new SlotRestore(file, (table) => {
      const old = this.#file;
      this.#table = table;
      this.#file = file;
      take();
      void old.discard();
    });
  }

  /** Puts into the file what is not there yet. */
  async close(): Promise<void> {
    await this.#parts.files.settled();
    await this.#file.close();
  }

  #makeFile(): { readonly file: SlotFile; readonly take: () => void } {
    const { files, onFailed } = this.#parts;
    const file = new SlotFile(onFailed);
    const made = files.make();
    made.opened.then((opened) => file.opened(opened), onFailed);
    return { file, take: () => made.take() };
  }

  #set(reader: CommandReader): KvAnswer {
    const key = reader.fieldText();
    const write = this.#writeOf(key, bytesOf(reader.restText()));
    return reader.failed ? MALFORMED : this.#write([write]);
  }

  #setMany(reader: CommandReader): KvAnswer {
    const writes: (SlotWrite | KvError)[] = [];
    while (!reader.failed && !reader.atEnd) {
      const key = reader.fieldText();
      writes.push(this.#writeOf(key, bytesOf(reader.fieldText())));
    }
    return reader.failed || writes.length === 0 ? MALFORMED : this.#write(writes);
  }

  /** @returns how many held a value. */
  #remove(reader: CommandReader): KvAnswer {
    const writes: (SlotWrite | KvError)[] = [];
    const held = new Set<string>();
    while (!reader.failed && !reader.atEnd) {
      const key = reader.fieldText();
      if (this.#lengthOf(key) !== null) held.add(String(Number(key)));
      writes.push(this.#writeOf(key, null));
    }
    if (reader.failed || writes.length === 0) return MALFORMED;
    const answer = this.#write(writes);
    return answer === KV_OK ? held.size : answer;
  }

  /** Raft-demo's clients get the whole slot, whatever is in it. */
  #demo(bytes: Bytes, start: number, end: number): KvAnswer | LaterAnswer {
    const command = decodeDemoEntry(bytes, start, end);
    if (command === null) return MALFORMED;
    const { op, key, value } = command;
    if (op !== 'get')
      return this.#write([this.#writeOf(key, op === 'set' ? bytesOf(value) : null)]);
    const slot = slotOf(key);
    if (slot instanceof KvError) return slot;
    if (this.#table.isUntouched(slot)) return latin1Slice(zeroBytes(SLOT_BYTES), 0, SLOT_BYTES);
    return this.#content(slot, (content) => latin1Slice(content, 0, SLOT_BYTES));
  }

  #writeOf(key: string, value: Bytes | null): SlotWrite | KvError {
    const slot = slotOf(key);
    if (slot instanceof KvError) return slot;
    return value !== null && value.length > SLOT_BYTES ? SLOT_TOO_SHORT : { slot, value };
  }

  /** All of it or, when one of them cannot be, nothing. */
  #write(writes: readonly (SlotWrite | KvError)[]): KvAnswer {
    const refusal = writes.find((write) => write instanceof KvError);
    if (refusal !== undefined) return refusal as KvError;
    for (const { slot, value } of writes as readonly SlotWrite[]) {
      const content = slotContent(value);
      this.#table.set(slot, value?.length ?? null, content);
      this.#file.put(slot, content);
    }
    return KV_OK;
  }

  #lengthOf(key: string): number | null {
    const slot = slotOf(key);
    return slot instanceof KvError ? null : this.#table.lengthOf(slot);
  }

  #content(slot: number, answer: (content: Bytes) => string): string | LaterAnswer {
    const content = this.#file.inMemory(slot);
    if (content !== null) return answer(content);
    const table = this.#table;
    return new LaterAnswer((done) => {
      const now = this.#file.inMemory(slot);
      if (now !== null) {
        queueMicrotask(() => done(answer(now)));
        return;
      }
      const checksum = table.checksumOf(slot);
      this.#file.read(slot, 1, (read) => {
        if (table.isIntact(checksum, read)) done(answer(read));
        else this.#parts.onFailed(this.#damaged(slot));
      });
    });
  }

  #damaged(slot: number): RaftctlError {
    return new RaftctlError('STATE_FILE_CORRUPT', {
      message: `Cannot use slot ${slot} of ${this.#parts.files.path}: what is read is not what was written (offset ${slot * SLOT_BYTES})`,
      hint: 'Look after the disk. The next start makes the file anew from the snapshot and the log',
    });
  }
}

function bytesOf(text: string): Bytes {
  return text === '' ? NO_BYTES : Buffer.from(text, 'latin1');
}
