/**
 * A group of cores with snapshots: their files lie in memory, and are read, written and made
 * durable by hand as everything else is.
 */
import type { Batch } from '../../src/node/model/batch.ts';
import type { LogIndex, MemberNumber } from '../../src/node/model/ids.ts';
import type { SnapshotPoint } from '../../src/node/model/snapshot.ts';
import type { RaftInit } from '../../src/node/raft/config.ts';
import type { Ready, SnapshotArrival, SnapshotReadRequest } from '../../src/node/raft/ready.ts';
import { assert } from '../../src/std/assert.ts';
import { allocBytes, type Bytes, concatBytes } from '../../src/std/bytes.ts';
import { RaftWorld, type WorldNode, type WorldOptions } from './raft-world.ts';

export interface SnapshotWorldOptions extends WorldOptions {
  /** Length of every snapshot's file. */
  readonly fileBytes: number;
}

/** What lies in a member's folder, and what is to be done there. */
class Folder {
  newest: SnapshotPoint | null = null;
  /** Behind which entry its log begins. */
  base: SnapshotPoint | null = null;
  reads: SnapshotReadRequest[] = [];
  arrivals: SnapshotArrival[] = [];
  /** What was written of a file that comes in. */
  received: Bytes[] = [];
  /** Whole, and not durable yet. */
  whole: LogIndex = 0;
}

export class SnapshotWorld extends RaftWorld {
  readonly #fileBytes: number;
  readonly #folders = new Map<MemberNumber, Folder>();
  /** Where every snapshot anybody took stands: what a received one says of itself. */
  readonly #points = new Map<LogIndex, SnapshotPoint>();

  constructor(options: SnapshotWorldOptions) {
    super(options);
    this.#fileBytes = options.fileBytes;
    for (const number of this.numbers) this.#folders.set(number, new Folder());
  }

  /** The bytes of the file of a snapshot: they tell index and place. */
  fileOf(index: LogIndex): Bytes {
    const bytes = allocBytes(this.#fileBytes);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = (index * 31 + at * 7) % 256;
    return bytes;
  }

  /** What of the file that comes in is written. */
  receivedBytes(number: MemberNumber): number {
    return this.#folder(number).received.reduce((sum, part) => sum + part.length, 0);
  }

  #takeReady(number: MemberNumber, ready: Ready): void {
    const folder = this.#folder(number);
    folder.reads.push(...ready.snapshotReads);
    folder.arrivals.push(...ready.snapshotArrivals);
    if (ready.installed !== null) folder.base = ready.installed;
  }

  override turn<T>(number: MemberNumber, input: Parameters<RaftWorld['turn']>[1]): T {
    const before = this.onReady;
    this.onReady = (node, ready) => {
      // Connections are made before there are folders.
      if (#folders in this) this.#takeReady(node.number, ready);
      before?.(node, ready);
    };
    try {
      return super.turn(number, input) as T;
    } finally {
      this.onReady = before;
    }
  }

  /** A durable snapshot of all that is committed; the log forgets it but for some entries. */
  takeSnapshot(number: MemberNumber, trailing = 0): SnapshotPoint {
    const { raft } = this.node(number);
    const index = raft.commitIndex;
    const configuration = raft.configurationAt(index);
    const point = { index, term: raft.termAt(index), configuration, leaderTimeMs: 0 };
    this.#points.set(index, point);
    const folder = this.#folder(number);
    folder.newest = point;
    const through = index - trailing;
    const term = raft.termAt(through);
    this.turn(number, (core) => core.snapshotWritten(point, through));
    folder.base = { ...point, index: through, term };
    return point;
  }

  /** Answers what was asked to be read of snapshots. @returns how many. */
  answerSnapshotReads(number: MemberNumber): number {
    const folder = this.#folder(number);
    const requests = folder.reads.splice(0);
    for (const request of requests) {
      const { index, offset, bytesMax } = request;
      const isKept = folder.newest?.index === index;
      const data = this.fileOf(index).subarray(offset, offset + bytesMax);
      const part = isKept ? { total: this.#fileBytes, data } : null;
      this.turn(number, (raft) => raft.snapshotRead(request, part));
    }
    return requests.length;
  }

  /** Writes what arrived. @returns how many parts. */
  storeArrivals(number: MemberNumber): number {
    const folder = this.#folder(number);
    const arrivals = folder.arrivals.splice(0);
    for (const { index, offset, data, last } of arrivals) {
      if (offset === 0) folder.received = [];
      assert(this.receivedBytes(number) === offset, 'parts are written one behind the other');
      folder.received.push(data);
      if (last) folder.whole = index;
      this.turn(number, (raft) => raft.snapshotStored(index, offset + data.length));
    }
    return arrivals.length;
  }

  /** What arrived as a whole is verified and durable. @returns whether there was something. */
  keepReceived(number: MemberNumber): boolean {
    const folder = this.#folder(number);
    const { whole } = folder;
    if (whole === 0) return false;
    folder.whole = 0;
    const isSound = concatBytes(folder.received).equals(this.fileOf(whole));
    const point = isSound ? (this.#points.get(whole) ?? null) : null;
    if (point !== null && point.index > (folder.newest?.index ?? 0)) folder.newest = point;
    this.turn(number, (raft) => raft.snapshotReceived(point));
    return true;
  }

  /** What arrived came to nothing, as on a full disk. */
  loseReceived(number: MemberNumber): void {
    const folder = this.#folder(number);
    folder.whole = 0;
    folder.received = [];
    folder.arrivals = [];
    this.turn(number, (raft) => raft.snapshotReceived(null));
  }

  override sync(number: MemberNumber): void {
    const node = this.node(number);
    const at = node.writes.findLastIndex((write) => write.reset !== undefined);
    if (at >= 0) {
      node.batches = [];
      node.writes = node.writes.map((write, i) => (i < at ? { ...write, batches: [] } : write));
    }
    super.sync(number);
  }

  override settle(): void {
    for (;;) {
      super.settle();
      let busy = false;
      for (const { number, alive } of this.nodes.values()) {
        if (!alive) continue;
        if (this.answerSnapshotReads(number) > 0) busy = true;
        if (this.storeArrivals(number) > 0) busy = true;
        if (this.keepReceived(number)) busy = true;
      }
      if (!busy && this.network.length === 0) return;
    }
  }

  override crash(number: MemberNumber): void {
    super.crash(number);
    const { newest, base } = this.#folder(number);
    const folder = new Folder();
    folder.newest = newest;
    folder.base = base;
    this.#folders.set(number, folder);
  }

  /** As recovery does: a log that does not hold the snapshot's entry begins behind it. */
  protected override start(what: Pick<WorldNode, 'number' | 'hardState' | 'batches'>): WorldNode {
    const base = this.beginOf(what.number).baseIndex;
    const kept: Batch[] = what.batches.filter((batch) => batch.first > base);
    return super.start({ ...what, batches: kept });
  }

  protected override beginOf(
    number: MemberNumber,
  ): Pick<RaftInit, 'snapshot' | 'baseIndex' | 'baseTerm'> {
    // The group's first lives begin before there are folders.
    const folder = #folders in this ? this.#folders.get(number) : undefined;
    const { newest = null, base = null } = folder ?? {};
    if (newest === null || base === null) return super.beginOf(number);
    const { batches } = this.node(number);
    const held = batches.some(({ last, term }) => last === newest.index && term === newest.term);
    const begin = held || base.index === newest.index ? base : newest;
    return { snapshot: newest, baseIndex: begin.index, baseTerm: begin.term };
  }

  #folder(number: MemberNumber): Folder {
    const folder = this.#folders.get(number);
    assert(folder !== undefined, `no member ${number}`);
    return folder;
  }
}
