/**
 * The SnapshotStore on files (docs/snapshot-format.md). A snapshot counts once it has its final
 * name and the folder is synced; older ones beyond the retained count are removed only after that.
 */
import { type Bytes, concatBytes, NO_BYTES } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { ClusterId, LogIndex } from '../model/ids.ts';
import type { LogBase } from '../model/log-write.ts';
import type { SnapshotMeta } from '../model/snapshot.ts';
import type { Disk, DiskFile, Done } from '../ports/disk.ts';
import type {
  SnapshotPart,
  SnapshotStore,
  SnapshotWriter,
  StoredSnapshot,
} from '../ports/snapshot-store.ts';
import { readFile, syncFile } from './disk-calls.ts';
import { newestByName, parseSnapshotName, snapshotName } from './snapshot-codec.ts';
import { readSnapshot, SnapshotFault, snapshotDamage } from './snapshot-reader.ts';
import { FileWriter, StateWriter } from './snapshot-writers.ts';

/** The newest, and one more that may still be on its way to a follower. */
const SNAPSHOTS_RETAINED_DEFAULT = 2;

export interface OpenSnapshotsInit {
  readonly disk: Disk;
  /** Holds snapshots and nothing else; made when it is not there. */
  readonly directory: string;
  readonly cluster: ClusterId;
  /** Name of the app whose state it is. */
  readonly app: string;
  /** How many are kept, the newest ones. Default 2. */
  readonly retained?: number;
}

/**
 * Removes what was left half-written and finds the newest snapshot.
 *
 * @throws {RaftctlError} SNAPSHOT_CORRUPT when it is not what was written; DISK_FAILED.
 */
export async function openSnapshots(init: OpenSnapshotsInit): Promise<SnapshotStore> {
  const { disk, directory } = init;
  await disk.makeDirectory(directory);
  const names = await disk.list(directory);
  for (const name of names) {
    if (name.endsWith('.tmp')) await disk.remove(`${directory}/${name}`);
  }
  // A killed process may have renamed without having synced: durable before anyone hears of it.
  await disk.syncDirectory(directory);
  const found = newestByName(names);
  if (found === null) return new FileSnapshots(init, null);
  const path = `${directory}/${snapshotName(found)}`;
  // All of it: damage must show before this node takes part, not when it needs its state.
  const header = await readSnapshot(disk, path, { owner: init, onData: () => {} });
  if (header instanceof SnapshotFault) throw snapshotDamage(path, header);
  const { index, term } = header.meta;
  if (index !== found.index || term !== found.term) {
    throw snapshotDamage(path, new SnapshotFault(32, 'its header and its name disagree'));
  }
  const bytes = await sizeOf(disk, path);
  return new FileSnapshots(init, { meta: ownedMeta(header.meta), bytes });
}

async function sizeOf(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, { create: false });
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}

class FileSnapshots implements SnapshotStore {
  readonly #init: OpenSnapshotsInit;
  #newest: StoredSnapshot | null;
  #temporaries = 0;
  readonly #writers = new Set<SnapshotWriter>();
  /** The file that is being sent, kept open so that its removal does not matter. */
  #sending: { readonly index: LogIndex; readonly file: DiskFile; readonly size: number } | null =
    null;
  #queue: Promise<void> = Promise.resolve();
  #naming: Promise<unknown> = Promise.resolve();

  constructor(init: OpenSnapshotsInit, newest: StoredSnapshot | null) {
    this.#init = init;
    this.#newest = newest;
  }

  get newest(): StoredSnapshot | null {
    return this.#newest;
  }

  create(meta: SnapshotMeta): SnapshotWriter {
    const path = this.#temporary('write');
    const writer: SnapshotWriter = new StateWriter(
      {
        ...{ disk: this.#init.disk, path },
        adopt: (file) => this.#adoptOwn(file, path, meta),
        onOver: () => this.#writers.delete(writer),
      },
      meta,
      this.#init,
    );
    this.#writers.add(writer);
    return writer;
  }

  receive(point: LogBase): SnapshotWriter {
    const path = this.#temporary('receive');
    const writer: SnapshotWriter = new FileWriter({
      ...{ disk: this.#init.disk, path },
      adopt: (file) => this.#adoptReceived(file, path, point),
      onOver: () => this.#writers.delete(writer),
    });
    this.#writers.add(writer);
    return writer;
  }

  #temporary(kind: string): string {
    this.#temporaries += 1;
    return `${this.#init.directory}/${kind}-${this.#temporaries}.tmp`;
  }

  async #adoptOwn(file: DiskFile, path: string, meta: SnapshotMeta): Promise<StoredSnapshot> {
    const bytes = await seal(file);
    return this.#name(path, { meta, bytes });
  }

  /** @returns null when what was received is not a whole snapshot of that entry. */
  async #adoptReceived(
    file: DiskFile,
    path: string,
    point: LogBase,
  ): Promise<StoredSnapshot | null> {
    const { disk } = this.#init;
    const bytes = await seal(file);
    const header = await readSnapshot(disk, path, { owner: this.#init, onData: () => {} });
    const sound =
      !(header instanceof SnapshotFault) &&
      header.meta.index === point.index &&
      header.meta.term === point.term;
    if (sound) return this.#name(path, { meta: ownedMeta(header.meta), bytes });
    await disk.remove(path);
    return null;
  }

  /** One at a time: two that remove the oldest ones at once would remove the same. */
  #name(path: string, snapshot: StoredSnapshot): Promise<StoredSnapshot> {
    const named = this.#naming.then(() => this.#nameNext(path, snapshot));
    this.#naming = named.catch(() => {});
    return named;
  }

  /** Gives a synced file its name, then removes the oldest ones. */
  async #nameNext(path: string, snapshot: StoredSnapshot): Promise<StoredSnapshot> {
    const { disk, directory, retained = SNAPSHOTS_RETAINED_DEFAULT } = this.#init;
    await disk.rename(path, `${directory}/${snapshotName(snapshot.meta)}`);
    await disk.syncDirectory(directory);
    if (snapshot.meta.index > (this.#newest?.meta.index ?? 0)) this.#newest = snapshot;
    const kept = (await disk.list(directory)).filter((name) => parseSnapshotName(name) !== null);
    for (const name of kept.slice(0, -retained)) {
      await disk.remove(`${directory}/${name}`);
    }
    return snapshot;
  }

  read(
    range: { readonly index: LogIndex; readonly offset: number; readonly bytesMax: number },
    done: (error: RaftctlError | null, part: SnapshotPart | null) => void,
  ): void {
    this.#oneByOne(async () => {
      const sending = await this.#openForSending(range.index);
      if (sending === null) return null;
      const { file, size } = sending;
      const length = Math.max(0, Math.min(range.bytesMax, size - range.offset));
      const data = length === 0 ? NO_BYTES : await readFile(file, range.offset, length);
      return { total: size, data };
    }, done);
  }

  async #openForSending(index: LogIndex): Promise<{ file: DiskFile; size: number } | null> {
    if (this.#sending?.index === index) return this.#sending;
    const names = await this.#init.disk.list(this.#init.directory);
    const name = names.find((n) => parseSnapshotName(n)?.index === index);
    if (name === undefined) return null;
    await this.#closeSending();
    const file = await this.#openIfThere(name);
    if (file === null) return null;
    this.#sending = { index, file, size: await file.size() };
    return this.#sending;
  }

  /** Two newer snapshots may have come since it was listed: then it is removed, and no trouble. */
  async #openIfThere(name: string): Promise<DiskFile | null> {
    const { disk, directory } = this.#init;
    try {
      return await disk.open(`${directory}/${name}`, { create: false });
    } catch (error) {
      if ((await disk.list(directory)).includes(name)) throw error;
      return null;
    }
  }

  async #closeSending(): Promise<void> {
    const sending = this.#sending;
    this.#sending = null;
    await sending?.file.close();
  }

  load(onData: (data: Bytes) => unknown, done: Done): void {
    const { disk, directory } = this.#init;
    const { meta } = this.#newest as StoredSnapshot;
    const path = `${directory}/${snapshotName(meta)}`;
    readSnapshot(disk, path, { owner: this.#init, onData }).then(
      (read) => done(read instanceof SnapshotFault ? snapshotDamage(path, read) : null),
      (error: unknown) => done(troubleOf(error)),
    );
  }

  /** Reads share one open file, so they take turns. */
  #oneByOne(
    task: () => Promise<SnapshotPart | null>,
    done: (error: RaftctlError | null, part: SnapshotPart | null) => void,
  ): void {
    this.#queue = this.#queue.then(task).then(
      (part) => done(null, part),
      (error: unknown) => done(troubleOf(error), null),
    );
  }

  async close(): Promise<void> {
    for (const writer of [...this.#writers]) writer.abort();
    await this.#queue;
    await this.#closeSending();
  }
}

/** All of it durable, and closed whatever comes of that. @returns its length. */
async function seal(file: DiskFile): Promise<number> {
  try {
    await syncFile(file);
    return await file.size();
  } finally {
    await file.close();
  }
}

function troubleOf(error: unknown): RaftctlError {
  if (error instanceof RaftctlError) return error;
  throw error;
}

/** The configuration must not keep the whole header's memory. */
function ownedMeta(meta: SnapshotMeta): SnapshotMeta {
  const { configuration } = meta;
  return {
    ...meta,
    configuration: { ...configuration, bytes: concatBytes([configuration.bytes]) },
  };
}
