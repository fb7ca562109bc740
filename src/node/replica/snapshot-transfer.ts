/**
 * Moves the files of snapshots between the store and the core: parts that followers need are read,
 * parts that come from the leader are written one after the other. Outcomes are inputs of a later
 * turn.
 */
import type { Bytes } from '../../std/bytes.ts';
import type { RaftctlError } from '../../std/errors.ts';
import type { LogIndex } from '../model/ids.ts';
import type { SnapshotStore, SnapshotWriter } from '../ports/snapshot-store.ts';
import type { SnapshotArrival, SnapshotReadRequest } from '../raft/ready.ts';
import type { Input } from './inbox.ts';

export interface SnapshotTransferParts {
  readonly snapshots: SnapshotStore;
  readonly put: (input: Exclude<Input, { type: 'message' }>) => void;
  readonly onFailed: (error: RaftctlError) => void;
}

/** A file that comes in. */
interface Incoming {
  readonly index: LogIndex;
  readonly writer: SnapshotWriter;
  /** Not written yet, oldest first. */
  readonly waiting: SnapshotArrival[];
  writing: boolean;
  finishing: boolean;
}

export class SnapshotTransfer {
  readonly #parts: SnapshotTransferParts;
  #incoming: Incoming | null = null;

  constructor(parts: SnapshotTransferParts) {
    this.#parts = parts;
  }

  read(requests: readonly SnapshotReadRequest[]): void {
    const { snapshots, put, onFailed } = this.#parts;
    for (const request of requests) {
      snapshots.read(request, (error, part) => {
        if (error !== null) onFailed(error);
        else put({ type: 'snapshotRead', request, part });
      });
    }
  }

  arrived(arrivals: readonly SnapshotArrival[]): void {
    for (const arrival of arrivals) {
      if (arrival.offset === 0) this.#begin(arrival);
      // After a failure nothing fits until the leader begins again.
      if (this.#incoming?.index !== arrival.index) continue;
      this.#incoming.waiting.push(arrival);
      this.#writeNext(this.#incoming);
    }
  }

  stop(): void {
    if (this.#incoming !== null && !this.#incoming.finishing) this.#incoming.writer.abort();
    this.#incoming = null;
  }

  #begin({ index, term }: SnapshotArrival): void {
    this.stop();
    const writer = this.#parts.snapshots.receive({ index, term });
    this.#incoming = { index, writer, waiting: [], writing: false, finishing: false };
  }

  #writeNext(incoming: Incoming): void {
    if (incoming.writing || this.#incoming !== incoming) return;
    const arrival = incoming.waiting.shift();
    if (arrival === undefined) return;
    incoming.writing = true;
    incoming.writer.write(arrival.data, (error) => {
      incoming.writing = false;
      if (this.#incoming !== incoming) return;
      if (error !== null) {
        this.#failed(error);
        return;
      }
      const { index, offset, data } = arrival;
      this.#parts.put({ type: 'snapshotStored', index, offset: endOf(offset, data) });
      if (arrival.last) this.#finish(incoming);
      else this.#writeNext(incoming);
    });
  }

  #finish(incoming: Incoming): void {
    incoming.finishing = true;
    incoming.writer.finish((error, stored) => {
      if (error !== null) {
        this.#failed(error);
        return;
      }
      this.#incoming = null;
      this.#parts.put({ type: 'snapshotReceived', snapshot: stored?.meta ?? null });
    });
  }

  /** Without room for it, the snapshot is given up and asked for again later. */
  #failed(error: RaftctlError): void {
    this.#incoming = null;
    if (error.code === 'DISK_FULL') this.#parts.put({ type: 'snapshotReceived', snapshot: null });
    else this.#parts.onFailed(error);
  }
}

function endOf(offset: number, data: Bytes): number {
  return offset + data.length;
}
