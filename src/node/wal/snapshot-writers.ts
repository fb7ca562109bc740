/**
 * Snapshots in the making: one of the own state, encoded here, and one that comes from the leader
 * as the bytes of its file. Both are written under a temporary name; the folder gives them their
 * own once they are whole (snapshot-files.ts).
 */
import { createHash, type Hash } from 'node:crypto';
import { assert } from '../../std/assert.ts';
import type { Bytes } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { SnapshotMeta } from '../model/snapshot.ts';
import type { Disk, DiskFile, Done } from '../ports/disk.ts';
import type { SnapshotWriter, Stored } from '../ports/snapshot-store.ts';
import { writeFile } from './disk-calls.ts';
import {
  CHUNK_DATA_BYTES_MAX,
  encodeChunkHeader,
  encodeSnapshotHeader,
  encodeTrailer,
  type SnapshotOwner,
} from './snapshot-codec.ts';

/**
 * Synced bit by bit: one large sync at the end would hold up the syncs of the log beside it, and
 * with them every write of a client.
 */
const SYNC_BYTES = 1024 * 1024;

export interface WriterInit {
  readonly disk: Disk;
  readonly path: string;
  /** Syncs, closes, checks, renames. */
  readonly adopt: (file: DiskFile) => Promise<Parameters<Stored>[1]>;
  /** Called once, at the end, whatever that was. */
  readonly onOver: () => void;
}

/** Bytes to a temporary file, one after the other. */
export class FileWriter implements SnapshotWriter {
  readonly #init: WriterInit;
  #file: DiskFile | null = null;
  #offset = 0;
  /** All before it is synced. */
  #synced = 0;
  #running = false;
  #over = false;

  constructor(init: WriterInit) {
    this.#init = init;
  }

  write(data: Bytes, done: Done): void {
    this.writeAll([data], done);
  }

  writeAll(parts: readonly Bytes[], done: Done): void {
    void this.#run(() => this.#append(parts)).then((error) => {
      if (error !== 'over') done(error);
    });
  }

  finish(done: Stored): void {
    let stored: Parameters<Stored>[1] = null;
    void this.#run(async () => {
      const file = await this.#open();
      this.#file = null;
      try {
        stored = await this.#init.adopt(file);
      } catch (error) {
        // A disk that is full must not stay so for a file that nobody will ever finish.
        await this.#init.disk.remove(this.#init.path).catch(() => {});
        throw error;
      }
    }).then((error) => {
      if (error === 'over') return;
      this.#over = true;
      this.#init.onOver();
      done(error, stored);
    });
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#init.onOver();
    // What is under way cleans up behind itself.
    if (!this.#running) this.#discard().catch(() => {});
  }

  async #append(parts: readonly Bytes[]): Promise<void> {
    const file = await this.#open();
    const start = this.#offset;
    for (const part of parts) this.#offset += part.length;
    const sync = this.#offset - this.#synced >= SYNC_BYTES;
    if (sync) this.#synced = this.#offset;
    await writeFile(file, parts, { offset: start, sync });
  }

  async #open(): Promise<DiskFile> {
    if (this.#file !== null) return this.#file;
    this.#file = await this.#init.disk.open(this.#init.path, { create: true });
    return this.#file;
  }

  /** @returns what went wrong, null when nothing did, `over` when nobody wants to know. */
  async #run(task: () => Promise<void>): Promise<RaftctlError | null | 'over'> {
    assert(!this.#over && !this.#running, 'a snapshot is written one piece after the other');
    this.#running = true;
    let failure: RaftctlError | null = null;
    try {
      await task();
    } catch (error) {
      if (!(error instanceof RaftctlError)) throw error;
      failure = error;
    }
    this.#running = false;
    if (this.#over || failure !== null) await this.#discard().catch(() => {});
    return this.#over ? 'over' : failure;
  }

  async #discard(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    if (file === null) return;
    await file.close();
    await this.#init.disk.remove(this.#init.path);
  }
}

/** Data of the state machine to the same, as chunks. */
export class StateWriter implements SnapshotWriter {
  readonly #file: FileWriter;
  readonly #hash: Hash = createHash('sha256');
  #head: Bytes | null;
  #checksum: number;
  #chunks = 0;
  #bytes = 0;

  constructor(init: WriterInit, meta: SnapshotMeta, owner: SnapshotOwner) {
    this.#file = new FileWriter(init);
    this.#head = encodeSnapshotHeader(meta, owner);
    this.#checksum = this.#head.readUInt32LE(this.#head.length - 4);
  }

  write(data: Bytes, done: Done): void {
    const parts = this.#takeHead();
    for (let at = 0; at < data.length; at += CHUNK_DATA_BYTES_MAX) {
      const chunk = data.subarray(at, at + CHUNK_DATA_BYTES_MAX);
      const header = encodeChunkHeader(chunk, this.#checksum);
      this.#checksum = header.readUInt32LE(0);
      this.#chunks += 1;
      parts.push(header, chunk);
    }
    this.#hash.update(data);
    this.#bytes += data.length;
    this.#file.writeAll(parts, done);
  }

  finish(done: Stored): void {
    const facts = { chunks: this.#chunks, bytes: this.#bytes, digest: this.#hash.digest() };
    const trailer = encodeTrailer(facts, this.#checksum);
    this.#file.writeAll([...this.#takeHead(), trailer], (error) => {
      if (error === null) this.#file.finish(done);
      else done(error, null);
    });
  }

  abort(): void {
    this.#file.abort();
  }

  #takeHead(): Bytes[] {
    const head = this.#head;
    this.#head = null;
    return head === null ? [] : [head];
  }
}
