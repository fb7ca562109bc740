import { describe, expect, it } from 'vitest';
import type { Batch } from '../model/batch.ts';
import type { FollowerProgress, RaftFrontDoor } from '../raft/contract.ts';
import { keepTrailing, type TrailingConfig } from './trailing.ts';

const CONFIG: TrailingConfig = {
  trailingLogBytes: 1000,
  trailingLogEntries: 50,
  loggerHoldBytes: 10_000,
};

interface Given {
  /** First entry in memory; each is a batch of 100 bytes. */
  readonly cachedFrom?: number;
  readonly retain?: 'all';
  /** By member, from 2 on: how far it is; null: nothing is known of it here. */
  readonly voters?: readonly (Partial<FollowerProgress> | null)[];
  readonly learners?: readonly (Partial<FollowerProgress> | null)[];
  readonly logBytes?: number;
}

/** What is forgotten behind a snapshot of entry 1000 of a log that begins with entry 101. */
function forgotten(given: Given, config: Partial<TrailingConfig> = {}): number {
  const { cachedFrom = 0, retain, voters = [], learners = [], logBytes = 0 } = given;
  const others = [...voters, ...learners];
  const members = others.map((_, i) => ({ number: i + 2, voter: i < voters.length }));
  const bytes = Buffer.alloc(100);
  const raft = {
    firstIndex: 101,
    membership: { members, leases: false, ...(retain === undefined ? {} : { retain }) },
    progressOf: (number: number) => others[number - 2] ?? null,
    cachedBatch: (index: number) =>
      index < cachedFrom ? null : ({ first: index, last: index, bytes } as unknown as Batch),
  } as unknown as RaftFrontDoor;
  const log = { stats: () => ({ logBytes }) as never };
  return keepTrailing({ raft, log }, { ...CONFIG, ...config }, 1000);
}

describe('keepTrailing', () => {
  it('keeps so many bytes and so many entries, whichever is less', () => {
    expect(forgotten({})).toBe(990);
    expect(forgotten({}, { trailingLogEntries: 5 })).toBe(995);
    expect(forgotten({}, { trailingLogEntries: 0 })).toBe(1000);
    expect(forgotten({}, { trailingLogBytes: 1e9, trailingLogEntries: 1e9 })).toBe(100);
  });

  it('keeps what a connected follower needs, if it is in memory', () => {
    const behind = { connected: true, matchIndex: 700 };
    expect(forgotten({ cachedFrom: 600, voters: [behind] })).toBe(700);
    expect(forgotten({ cachedFrom: 701, voters: [behind] })).toBe(700);
    expect(forgotten({ cachedFrom: 702, voters: [behind] })).toBe(990);
    expect(forgotten({ voters: [{ ...behind, connected: false }] })).toBe(990);
  });

  it('keeps nothing for learners where what a snapshot holds is forgotten', () => {
    expect(forgotten({ learners: [{ connected: false, matchIndex: 300 }] })).toBe(990);
  });

  it('holds the log back for the slowest logger, connected or not', () => {
    const learners = [
      { connected: false, matchIndex: 300 },
      { connected: true, matchIndex: 995 },
    ];
    const given = { cachedFrom: 900, retain: 'all', learners } as const;
    expect(forgotten(given)).toBe(300);
    expect(forgotten({ ...given, learners: learners.slice(1) })).toBe(990);
    expect(forgotten({ ...given, learners: [] })).toBe(990);
    expect(forgotten({ ...given, learners: [{ matchIndex: 50 }] })).toBe(100);
  });

  it('holds all of it back where nobody knows how far the loggers are', () => {
    expect(forgotten({ retain: 'all', learners: [null] })).toBe(100);
  });

  it('holds no more of it back than the cap allows', () => {
    const given = { retain: 'all', learners: [{ matchIndex: 300 }] } as const;
    expect(forgotten({ ...given, logBytes: 10_000 })).toBe(300);
    expect(forgotten({ ...given, logBytes: 10_001 })).toBe(990);
  });
});
