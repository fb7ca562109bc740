import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Counted, countEntries } from './snapshot-threshold.ts';

/** Takes snapshots when it is asked to; a test says when they are done, or that they failed. */
class Node implements Counted {
  readonly applier = { appliedIndex: 0 };
  readonly raft = { snapshotIndex: 0 };
  snapshotProgress = { taking: null as number | null, failures: 0, failure: null as string | null };

  takeSnapshot(): void {
    this.snapshotProgress = { ...this.snapshotProgress, taking: this.applier.appliedIndex };
  }

  done(): void {
    this.raft.snapshotIndex = this.snapshotProgress.taking ?? 0;
    this.snapshotProgress = { ...this.snapshotProgress, taking: null };
  }

  full(): void {
    const failures = this.snapshotProgress.failures + 1;
    this.snapshotProgress = { taking: null, failures, failure: 'full' };
  }
}

describe('countEntries', () => {
  let node: Node;
  let end: () => void;
  beforeEach(() => {
    vi.useFakeTimers();
    node = new Node();
    end = countEntries(node, 10);
  });
  afterEach(() => {
    end();
    vi.useRealTimers();
  });
  const takenAfter = (ms: number): number | null => {
    vi.advanceTimersByTime(ms);
    return node.snapshotProgress.taking;
  };

  test('asks for a snapshot once more entries are applied than it was told', () => {
    node.applier.appliedIndex = 10;
    expect(takenAfter(1000)).toBeNull();
    node.applier.appliedIndex = 11;
    expect(takenAfter(50)).toBe(11);
    node.done();
    node.applier.appliedIndex = 21;
    expect(takenAfter(1000)).toBeNull();
  });

  test('rests for ten times as long as the last one took', () => {
    node.applier.appliedIndex = 11;
    expect(takenAfter(550)).toBe(11);
    node.done();
    node.applier.appliedIndex = 100;
    expect(takenAfter(4500)).toBeNull();
    expect(takenAfter(1000)).toBe(100);
  });

  test('waits ten seconds when the disk was full', () => {
    node.applier.appliedIndex = 11;
    takenAfter(50);
    node.full();
    expect(takenAfter(9900)).toBeNull();
    expect(takenAfter(200)).toBe(11);
  });

  test('asks nobody any more when it has ended', () => {
    end();
    node.applier.appliedIndex = 11;
    expect(takenAfter(1000)).toBeNull();
  });
});
