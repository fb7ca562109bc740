import { describe, expect, it } from 'vitest';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { Outcome, ReadWaiter } from './contract.ts';
import { Reads } from './reads.ts';

class Reader implements ReadWaiter {
  outcomes: Outcome[] = [];
  readReady(outcome: Outcome): void {
    this.outcomes.push(outcome);
  }
}

function setUp() {
  const asked: number[] = [];
  const clock = { ms: 0, nowMs: () => clock.ms };
  const raft = { leader: 2, leaseUntilMs: 100, readIndex: (id: number) => void asked.push(id) };
  return { raft, clock, asked, reads: new Reads(raft as unknown as RaftFrontDoor, clock) };
}

function take(reads: Reads): Reader {
  const reader = new Reader();
  reads.take(reader);
  return reader;
}

describe('Reads', () => {
  it('ask() puts one question for all readers of a turn', () => {
    const { reads, asked } = setUp();
    const readers = [take(reads), take(reads), take(reads)];
    reads.ask(0);
    reads.ask(0);
    expect(asked).toEqual([1]);
    reads.answered([{ requestId: 1, index: 7 }]);
    reads.release(6);
    expect(readers.flatMap((r) => r.outcomes)).toEqual([]);
    reads.release(7);
    expect(readers.flatMap((r) => r.outcomes)).toEqual(['ok', 'ok', 'ok']);
  });

  it('answered() does not serve readers who came after the question', () => {
    const { reads } = setUp();
    take(reads);
    reads.ask(0);
    const late = take(reads);
    reads.answered([{ requestId: 1, index: 3 }]);
    reads.release(9);
    expect(late.outcomes).toEqual([]);
  });

  it('release() serves by a lease that holds, and asks again when time has run out', () => {
    const { reads, asked, clock } = setUp();
    const inTime = take(reads);
    reads.ask(0);
    reads.answered([{ requestId: 1, index: 7, leased: true }]);
    clock.ms = 99;
    reads.release(7);
    expect(inTime.outcomes).toEqual(['ok']);
    const late = take(reads);
    reads.ask(99);
    reads.answered([{ requestId: 2, index: 7, leased: true }]);
    clock.ms = 100; // The process stood still since the core looked at the clock.
    reads.release(7);
    expect([late.outcomes, reads.counts]).toEqual([[], { byLease: 2, leasesLost: 1 }]);
    reads.ask(100);
    expect(asked).toEqual([1, 2, 3]);
    reads.answered([{ requestId: 3, index: 7 }]);
    reads.release(7);
    expect(late.outcomes).toEqual(['ok']);
  });

  it('ask() asks again after a refusal, without losing anybody', () => {
    const { reads, asked } = setUp();
    const reader = take(reads);
    reads.ask(0);
    reads.answered([{ requestId: 1, index: 0 }]);
    reads.ask(10);
    expect(asked).toEqual([1, 2]);
    reads.answered([{ requestId: 2, index: 4 }]);
    reads.release(4);
    expect(reader.outcomes).toEqual(['ok']);
  });

  it('expire() asks lost questions again; a late answer to the first is ignored', () => {
    const { reads, asked } = setUp();
    const reader = take(reads);
    reads.ask(0);
    reads.expire(400, false);
    reads.ask(400);
    expect(asked).toEqual([1, 2]);
    reads.answered([{ requestId: 1, index: 4 }]);
    reads.release(9);
    expect(reader.outcomes).toEqual([]);
  });

  it('expire() refuses after a second without a leader', () => {
    const { reads, raft } = setUp();
    raft.leader = 0;
    const reader = take(reads);
    reads.ask(0);
    reads.answered([{ requestId: 1, index: 0 }]);
    reads.expire(999, false);
    expect(reader.outcomes).toEqual([]);
    reads.expire(1000, false);
    expect(reader.outcomes).toEqual(['noLeader']);
  });

  it.each([
    [true, 1000, 'diskFull'],
    [false, 3000, 'busy'],
  ] as const)(
    'expire() refuses who waits for an entry this node does not get (disk full: %s)',
    (isDiskFull, limitMs, outcome) => {
      const { reads } = setUp();
      const reader = take(reads);
      reads.ask(0);
      reads.answered([{ requestId: 1, index: 9 }]);
      reads.expire(limitMs - 1, isDiskFull);
      expect(reader.outcomes).toEqual([]);
      reads.expire(limitMs, isDiskFull);
      reads.release(9);
      expect(reader.outcomes).toEqual([outcome]);
    },
  );

  it('stop() refuses everybody once, in whatever state they are', () => {
    const { reads } = setUp();
    const readers = [take(reads)];
    reads.ask(0);
    reads.answered([{ requestId: 1, index: 5 }]);
    readers.push(take(reads));
    reads.ask(1);
    readers.push(take(reads));
    reads.stop();
    reads.stop();
    expect(readers.map((r) => r.outcomes)).toEqual([['stopping'], ['stopping'], ['stopping']]);
  });
});
