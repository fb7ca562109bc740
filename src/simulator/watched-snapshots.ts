/** The SnapshotStore of one life of a node with the oracles looking on. Changes nothing. */
import type { MemberNumber } from '../node/model/ids.ts';
import type { SnapshotMeta } from '../node/model/snapshot.ts';
import type {
  SnapshotStore,
  SnapshotWriter,
  StoredSnapshot,
} from '../node/ports/snapshot-store.ts';
import type { MemberOracle } from './member-oracle.ts';
import type { Oracles } from './oracles.ts';
import type { AsyncGate } from './scheduler.ts';

export interface WatchedSnapshotsInit {
  readonly member: MemberNumber;
  readonly oracles: Oracles;
  readonly memberOracle: MemberOracle;
  readonly gate: AsyncGate;
  readonly onStored: (kind: 'taken' | 'received') => void;
}

export class WatchedSnapshots implements SnapshotStore {
  readonly #inner: SnapshotStore;
  readonly #init: WatchedSnapshotsInit;

  constructor(inner: SnapshotStore, init: WatchedSnapshotsInit) {
    this.#inner = inner;
    this.#init = init;
  }

  get newest(): StoredSnapshot | null {
    return this.#inner.newest;
  }

  create(meta: SnapshotMeta): SnapshotWriter {
    this.#init.memberOracle.taken(this.#init.member, meta);
    return this.#watch(this.#inner.create(meta), 'taken');
  }

  receive(...input: Parameters<SnapshotStore['receive']>): SnapshotWriter {
    return this.#watch(this.#inner.receive(...input), 'received');
  }

  #watch(writer: SnapshotWriter, kind: 'taken' | 'received'): SnapshotWriter {
    const { member, oracles, gate, onStored } = this.#init;
    return {
      write: (data, done) => {
        gate.settleSoon();
        writer.write(data, done);
      },
      finish: (done) => {
        gate.settleSoon();
        writer.finish((error, stored) => {
          if (stored !== null) {
            oracles.stored(member, stored.meta, kind);
            onStored(kind);
          }
          done(error, stored);
        });
      },
      abort: () => {
        gate.settleSoon();
        writer.abort();
      },
    };
  }

  read(...input: Parameters<SnapshotStore['read']>): void {
    this.#init.gate.settleSoon();
    this.#inner.read(...input);
  }

  load(...input: Parameters<SnapshotStore['load']>): void {
    this.#init.gate.settleSoon();
    this.#inner.load(...input);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
