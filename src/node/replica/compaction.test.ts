import { describe, expect, it } from 'vitest';
import { FOUNDING } from '../../../test/doubles/log-rig.ts';
import { bytesFrom } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { NodeConfig } from '../../wire/node-config.ts';
import type { StoredSnapshot } from '../ports/snapshot-store.ts';
import { Compaction, type CompactionParts, compactionConfigOf } from './compaction.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** All that surrounds it, moved by hand; a snapshot needs one piece and is written at once. */
class Rig {
  applied = { index: 10, bytes: 0 };
  snapshotIndex = 0;
  durableIndex = 1_000_000;
  totalBytes = 100 * GIB;
  /** What the clock says when a snapshot is done. */
  clockMs = 0;
  newest: StoredSnapshot | null = null;
  /** Writes fail with it. */
  trouble: RaftctlError | null = null;
  /** So long takes the one piece. */
  pieceMs = 0;
  readonly pausesMs: number[] = [];
  readonly compacted: number[] = [];
  readonly events: string[] = [];
  readonly #timers: (() => void)[] = [];
  readonly compaction: Compaction;

  constructor(config: Partial<NodeConfig> = {}) {
    this.compaction = new Compaction(this.#parts(), compactionConfigOf(config as NodeConfig));
  }

  /** Applies so much, ends the turn, and lets what was begun come to its end. */
  apply(bytes: number, nowMs = 0): void {
    this.applied.index += 10;
    this.applied.bytes += bytes;
    this.endTurn(nowMs);
  }

  endTurn(nowMs = 0): void {
    this.compaction.maybeBegin(nowMs);
    while (this.#timers.length > 0) this.#timers.shift()?.();
    for (let turn = 0; turn < 3; turn += 1) this.compaction.drain();
  }

  #parts(): CompactionParts {
    const rig = this;
    const raft = {
      get snapshotIndex() {
        return rig.snapshotIndex;
      },
      get durableIndex() {
        return rig.durableIndex;
      },
      term: 2,
      firstIndex: 1,
      termAt: () => 2,
      configurationAt: () => FOUNDING,
      membership: { members: [], leases: false },
      cachedBatch: () => null,
      snapshotWritten: (point: { index: number }) => {
        this.snapshotIndex = point.index;
      },
    };
    const applier = {
      restoring: false,
      chain: 0,
      leaderTimeMs: 0,
      get appliedIndex() {
        return rig.applied.index;
      },
      get appliedBytes() {
        return rig.applied.bytes;
      },
    };
    const parts = {
      ...{ raft, applier },
      log: {
        stats: () => ({ totalBytes: this.totalBytes }),
        compact: (through: number) => this.compacted.push(through),
      },
      snapshots: {
        get newest() {
          return rig.newest;
        },
        create: (meta: StoredSnapshot['meta']) => ({
          write: (_data: unknown, done: (error: RaftctlError | null) => void) => {
            this.#timers.push(() => done(this.trouble));
          },
          finish: (done: (error: null, stored: StoredSnapshot) => void) => {
            this.newest = { meta, bytes: this.newest?.bytes ?? 1 };
            done(null, this.newest);
          },
          abort: () => {},
        }),
      },
      stateMachine: {
        snapshot: () => {
          const pieces = [bytesFrom('state')];
          const next = () => {
            this.clockMs += this.pieceMs;
            return pieces.pop() ?? null;
          };
          return { next, close: () => {} };
        },
      },
      clock: {
        nowMs: () => this.clockMs,
        after: (delayMs: number, task: () => void) => {
          this.pausesMs.push(delayMs);
          this.#timers.push(task);
        },
      },
      emit: (type: string) => this.events.push(type),
      wake: () => {},
      onFailed: (error: RaftctlError) => {
        throw error;
      },
    };
    return parts as unknown as CompactionParts;
  }
}

describe('Compaction', () => {
  it('takes a snapshot once enough was applied, and the next one after as much again', () => {
    const rig = new Rig({ snapshotLogBytes: 32 * MIB });
    rig.apply(31 * MIB);
    expect(rig.snapshotIndex).toBe(0);
    rig.apply(1 * MIB);
    expect(rig.snapshotIndex).toBe(30);
    expect(rig.compacted).toHaveLength(1);
    rig.apply(31 * MIB);
    expect(rig.snapshotIndex).toBe(30);
    rig.apply(1 * MIB);
    expect(rig.snapshotIndex).toBe(50);
    expect(rig.events).toEqual(['snapshot.taken', 'snapshot.taken']);
  });

  it('waits until as much was applied as the last snapshot is long', () => {
    const rig = new Rig({ snapshotLogBytes: 32 * MIB });
    rig.apply(32 * MIB);
    rig.newest = { meta: (rig.newest as StoredSnapshot).meta, bytes: 100 * MIB };
    rig.apply(99 * MIB);
    expect(rig.snapshotIndex).toBe(20);
    rig.apply(1 * MIB);
    expect(rig.snapshotIndex).toBe(40);
  });

  it('takes one earlier on a small disk: after a sixteenth of it, never before 8 MiB', () => {
    const small = new Rig();
    small.totalBytes = 512 * MIB;
    small.apply(31 * MIB);
    expect(small.snapshotIndex).toBe(0);
    small.apply(1 * MIB);
    expect(small.snapshotIndex).toBe(30);
    const tiny = new Rig();
    tiny.totalBytes = 32 * MIB;
    tiny.apply(7 * MIB);
    expect(tiny.snapshotIndex).toBe(0);
    tiny.apply(1 * MIB);
    expect(tiny.snapshotIndex).toBe(30);
    const large = new Rig();
    large.apply(255 * MIB);
    expect(large.snapshotIndex).toBe(0);
    large.apply(1 * MIB);
    expect(large.snapshotIndex).toBe(30);
  });

  it('takes one when it is asked, of all that is applied, once', () => {
    const rig = new Rig();
    rig.apply(1);
    expect(rig.compaction.ask()).toBe(20);
    rig.endTurn();
    expect(rig.snapshotIndex).toBe(20);
    rig.apply(1);
    expect(rig.snapshotIndex).toBe(20);
    rig.compaction.ask();
    rig.endTurn();
    // Nothing was applied since: there is one already.
    rig.compaction.ask();
    rig.endTurn();
    expect(rig.events).toHaveLength(2);
  });

  it('waits with the end of one until its own log is durable up to there', () => {
    const rig = new Rig();
    rig.durableIndex = 15;
    rig.compaction.ask();
    rig.apply(1);
    expect(rig.newest).toBeNull();
    expect(rig.compaction.progress.taking).toBe(20);
    rig.durableIndex = 20;
    rig.endTurn();
    expect(rig.snapshotIndex).toBe(20);
    expect(rig.compaction.progress.taking).toBeNull();
  });

  it('tells of a full disk, and takes one later', () => {
    const rig = new Rig({ snapshotLogBytes: 1 });
    rig.trouble = new RaftctlError('DISK_FULL', { message: 'no room' });
    rig.apply(10);
    expect(rig.compaction.progress).toEqual({ taking: null, failures: 1, failure: 'no room' });
    rig.trouble = null;
    rig.apply(10, 9999);
    expect(rig.snapshotIndex).toBe(0);
    rig.apply(10, 10_000);
    expect(rig.snapshotIndex).toBe(40);
  });

  it('counts entries where it is told to, however short they are', () => {
    const rig = new Rig({ snapshotEntries: 30 });
    rig.apply(1);
    rig.apply(1);
    expect(rig.snapshotIndex).toBe(0);
    rig.apply(1);
    expect(rig.snapshotIndex).toBe(40);
  });

  it('rests ten times as long as the last one took, where it counts entries', () => {
    const rig = new Rig({ snapshotEntries: 5 });
    rig.clockMs = 100;
    rig.apply(1);
    expect(rig.snapshotIndex).toBe(20);
    rig.apply(1, 1099);
    expect(rig.snapshotIndex).toBe(20);
    rig.apply(1, 1100);
    expect(rig.snapshotIndex).toBe(40);
  });

  it('Compaction rests between pieces nine times as long as they take, from 1 to 10 ms', () => {
    const rig = new Rig();
    for (const pieceMs of [0, 0.05, 0.5, 2]) {
      rig.pieceMs = pieceMs;
      rig.compaction.ask();
      rig.apply(1);
    }
    expect(rig.pausesMs).toEqual([1, 1, 4.5, 10]);
  });
});
