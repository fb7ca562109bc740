/**
 * Puts entries into the log of a learner that does not run, which the others have forgotten and one
 * of them has archived. Batches are the same bytes everywhere, and what is archived is committed:
 * afterwards it is as if the leader had sent them.
 */
import { type Bytes, bytesView, concatBytes, NO_BYTES } from '../std/bytes.ts';
import { RaftctlError } from '../std/errors.ts';
import type { Log } from '../std/log.ts';
import { Prng } from '../std/prng.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import { FsDisk } from './io/fs-disk.ts';
import { lockDirectory } from './io/lock.ts';
import { SystemClock } from './io/system-clock.ts';
import { type Batch, decodeBatch } from './model/batch.ts';
import { lifeSeed, logDirectory, snapshotDirectory } from './node-directory.ts';
import type { Clock } from './ports/clock.ts';
import type { Disk } from './ports/disk.ts';
import type { LogStore } from './ports/log-store.ts';
import { openSnapshots } from './wal/snapshot-files.ts';
import { openLog } from './wal/wal.ts';

export interface BackfillInit {
  readonly directory: string;
  readonly config: NodeConfig;
  readonly log: Log;
  /** First entry that the leader still has. */
  readonly firstIndex: number;
  /** Asks a member for what was forgotten from there on; null: nobody has it. */
  readonly fetch: (from: number) => Promise<Fetched | null>;
}

export interface Fetched {
  readonly through: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

export type Missing = { readonly first: number; readonly last: number } | null;

/**
 * @returns entries that are still missing before those of the leader; null: none.
 * @throws {RaftctlError} UNREACHABLE when they did not come whole; DISK_FAILED, DISK_FULL.
 */
export async function backfill(init: BackfillInit): Promise<Missing> {
  const lock = await lockDirectory(init.directory);
  try {
    return await fillLog({ disk: new FsDisk(), clock: new SystemClock() }, init);
  } finally {
    await lock.release();
  }
}

interface FillComponents {
  readonly disk: Disk;
  readonly clock: Clock;
}

/** As `backfill`, for whoever holds the directory. What it put into the log is durable by then. */
export async function fillLog(components: FillComponents, init: BackfillInit): Promise<Missing> {
  const store = await open(components, init);
  const written = new Written(store);
  let missing: Missing = null;
  try {
    const { lastIndex, baseIndex } = store.recovered;
    if (init.firstIndex > lastIndex + 1) {
      // What this log holds behind its snapshot may never have been committed.
      const fetched = await init.fetch(Math.max(baseIndex, 1) + 1);
      if (fetched === null) missing = { first: lastIndex + 1, last: init.firstIndex - 1 };
      else await fill(store, written, init.config.clusterId, fetched);
    }
  } finally {
    // Nothing was synced before: closing does, unless the log has failed.
    await store.close();
  }
  written.check();
  return missing;
}

async function open(
  { disk, clock }: FillComponents,
  { directory, config, log }: BackfillInit,
): Promise<LogStore> {
  const { clusterId: cluster, member, app, segmentBytes } = config;
  const snapshots = await openSnapshots({
    ...{ disk, directory: snapshotDirectory(directory), cluster, app },
  });
  const snapshot = snapshots.newest?.meta ?? null;
  await snapshots.close();
  return openLog({
    ...{ disk, clock, log, random: new Prng(lifeSeed()), fsync: 'none' },
    ...{ directory: logDirectory(directory), cluster, member, snapshot, segmentBytes },
  });
}

async function fill(
  store: LogStore,
  written: Written,
  cluster: string,
  fetched: Fetched,
): Promise<void> {
  let { term, vote } = store.recovered.hardState;
  let sequence = 0;
  let last = 0;
  let rest: Bytes = NO_BYTES;
  for await (const piece of fetched.pieces) {
    rest = concatBytes([rest, bytesView(piece)]);
    const batches: Batch[] = [];
    let at = 0;
    for (let batch = decodeBatch(rest, at, cluster); batch !== 'short'; ) {
      if (typeof batch === 'string') throw broken(`a batch is damaged (${batch})`);
      batches.push(batch);
      at += batch.bytes.length;
      batch = decodeBatch(rest, at, cluster);
    }
    rest = rest.subarray(at);
    const newest = batches.at(-1);
    if (newest === undefined) continue;
    last = newest.last;
    if (newest.term > term) [term, vote] = [newest.term, 0];
    sequence += 1;
    store.write({ sequence, hardState: { term, vote }, batches });
    await written.through(sequence);
  }
  if (last !== fetched.through) throw broken(`it ends with ${last}, not with ${fetched.through}`);
}

function broken(why: string): RaftctlError {
  return new RaftctlError('UNREACHABLE', {
    message: `Cannot take the entries of the archive: ${why}`,
    hint: 'Start the logger again',
  });
}

/** Waits for writes. */
class Written {
  #through = 0;
  #wake: () => void = () => {};
  #failure: RaftctlError | null = null;

  constructor(store: LogStore) {
    store.start({
      onSynced: (sequence) => {
        this.#through = sequence;
        this.#wake();
      },
      onFailed: (error) => {
        this.#failure = error;
        this.#wake();
      },
      onSpace: () => {},
    });
  }

  async through(sequence: number): Promise<void> {
    while (this.#through < sequence && this.#failure === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.check();
  }

  /** @throws {RaftctlError} what the log has failed with. */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
