/** The ports of one life of a node with the oracles looking on. They change nothing. */

import { WrappedMachine } from '../node/apps/wrapped-machine.ts';
import type { LogIndex, MemberNumber } from '../node/model/ids.ts';
import type { LogWrite } from '../node/model/log-write.ts';
import type { Disk, DiskFile, Done } from '../node/ports/disk.ts';
import type { LogStore, LogStoreEvents } from '../node/ports/log-store.ts';
import type { ApplyContext, StateMachine } from '../node/ports/state-machine.ts';
import { type Bytes, latin1Slice } from '../std/bytes.ts';
import type { History } from './history.ts';
import type { Oracles } from './oracles.ts';
import type { AsyncGate } from './scheduler.ts';

export class WatchedLog implements LogStore {
  readonly #inner: LogStore;
  readonly #member: MemberNumber;
  readonly #oracles: Oracles;
  readonly #gate: AsyncGate;

  constructor(
    inner: LogStore,
    watch: {
      readonly member: MemberNumber;
      readonly oracles: Oracles;
      readonly gate: AsyncGate;
    },
  ) {
    this.#inner = inner;
    this.#member = watch.member;
    this.#oracles = watch.oracles;
    this.#gate = watch.gate;
  }

  get recovered(): LogStore['recovered'] {
    return this.#inner.recovered;
  }

  get fsync(): LogStore['fsync'] {
    return this.#inner.fsync;
  }

  get mayBlock(): boolean {
    return this.#inner.mayBlock;
  }

  set mayBlock(mayBlock: boolean) {
    this.#inner.mayBlock = mayBlock;
  }

  get blocks(): boolean {
    return this.#inner.blocks;
  }

  start(events: LogStoreEvents): void {
    this.#inner.start({
      onSynced: (sequence) => {
        this.#oracles.synced(this.#member, sequence);
        events.onSynced(sequence);
      },
      onFailed: (error) => events.onFailed(error),
      onSpace: (full) => events.onSpace(full),
    });
  }

  write(write: LogWrite): void {
    this.#oracles.wrote(this.#member, write);
    this.#inner.write(write);
  }

  get archiving(): boolean {
    return this.#inner.archiving;
  }

  set archiving(archiving: boolean) {
    this.#inner.archiving = archiving;
  }

  compact(through: LogIndex): void {
    this.#oracles.compacts(this.#member, through);
    this.#inner.compact(through);
    this.#gate.settleSoon();
  }

  read(...input: Parameters<LogStore['read']>): void {
    this.#inner.read(...input);
    // It opens files, behind a promise that is not the disk's: with nothing else to do for any
    // disk it would wait for ever.
    this.#gate.settleSoon();
  }

  stats(): ReturnType<LogStore['stats']> {
    return this.#inner.stats();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

export class WatchedMachine extends WrappedMachine {
  readonly #member: MemberNumber;
  readonly #history: History;

  constructor(inner: StateMachine, member: MemberNumber, history: History) {
    super(inner);
    this.#member = member;
    this.#history = history;
  }

  override apply(bytes: Bytes, start: number, end: number, context: ApplyContext): unknown {
    this.#history.applies(this.#member, latin1Slice(bytes, start, end), context);
    const answer = this.inner.apply(bytes, start, end, context);
    this.#history.applied(this.#member, context.index, this.inner);
    return answer;
  }

  protected override restored(point: ApplyContext): void {
    this.#history.restored(this.#member, point.index, this.inner);
  }
}

/** Tells the scheduler of the promises that a disk has under way. */
export class TrackedDisk implements Disk {
  mayBlock = false;
  readonly #fast: boolean;
  readonly #inner: Disk;
  readonly #gate: AsyncGate;

  constructor(inner: Disk, gate: AsyncGate, init: { readonly fast: boolean }) {
    this.#fast = init.fast;
    this.#inner = inner;
    this.#gate = gate;
  }

  get blocks(): boolean {
    return this.mayBlock && this.#fast;
  }

  makeDirectory(path: string): Promise<void> {
    return this.#gate.track(this.#inner.makeDirectory(path));
  }

  list(path: string): Promise<readonly string[]> {
    return this.#gate.track(this.#inner.list(path));
  }

  open(path: string, options: { readonly create: boolean }): Promise<DiskFile> {
    const opened = this.#inner.open(path, options);
    return this.#gate.track(opened.then((file) => new TrackedFile(file, this.#gate)));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#gate.track(this.#inner.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#gate.track(this.#inner.remove(path));
  }

  syncDirectory(path: string): Promise<void> {
    return this.#gate.track(this.#inner.syncDirectory(path));
  }

  space(path: string): ReturnType<Disk['space']> {
    return this.#gate.track(this.#inner.space(path));
  }
}

class TrackedFile implements DiskFile {
  readonly path: string;
  readonly #inner: DiskFile;
  readonly #gate: AsyncGate;

  constructor(inner: DiskFile, gate: AsyncGate) {
    this.path = inner.path;
    this.#inner = inner;
    this.#gate = gate;
  }

  write(chunks: readonly Uint8Array[], offset: number, sync: boolean, done: Done): void {
    this.#inner.write(chunks, offset, sync, (error) => {
      this.#gate.settleSoon();
      done(error);
    });
  }

  sync(done: Done): void {
    this.#inner.sync((error) => {
      this.#gate.settleSoon();
      done(error);
    });
  }

  read(offset: number, length: number, done: Parameters<DiskFile['read']>[2]): void {
    this.#inner.read(offset, length, (error, bytes) => {
      this.#gate.settleSoon();
      done(error, bytes);
    });
  }

  size(): Promise<number> {
    return this.#gate.track(this.#inner.size());
  }

  close(): Promise<void> {
    return this.#gate.track(this.#inner.close());
  }
}
