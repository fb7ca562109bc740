import { describe, expect, it } from 'vitest';
import { bytesFrom } from '../../std/bytes.ts';
import { Applier, type ApplierInit } from './applier.ts';

/** Loads a snapshot whose pieces take so long each; what it rests between them is noted. */
function setUp(pieceMs: number) {
  const rests: number[] = [];
  let nowMs = 0;
  let isLoaded = false;
  const raft = { role: 'follower', commitIndex: 0 };
  const init = {
    ...{ raft, log: {}, awaited: {}, wake: () => {}, onFailed: () => {} },
    clock: {
      nowMs: () => nowMs,
      after: (delayMs: number, task: () => void) => {
        rests.push(delayMs);
        task();
      },
    },
    stateMachine: {
      restore: () => ({
        take: () => {
          nowMs += pieceMs;
        },
        finish: () => true,
      }),
    },
    snapshots: {
      newest: { meta: { index: 7, term: 1, chain: 0, leaderTimeMs: 0 }, bytes: 10 },
      load: async (onData: (data: Uint8Array) => unknown, done: (error: null) => void) => {
        for (let piece = 0; piece < 2; piece += 1) await onData(bytesFrom('state'));
        isLoaded = true;
        done(null);
      },
    },
  };
  const applier = new Applier(init as unknown as ApplierInit);
  const restored = async (): Promise<readonly number[]> => {
    applier.run();
    await expect.poll(() => isLoaded).toBe(true);
    applier.run();
    expect([applier.restoring, applier.appliedIndex]).toEqual([false, 7]);
    return rests;
  };
  return { applier, raft, restored };
}

describe('Applier', () => {
  it('Applier loads the state of its own start without a rest', async () => {
    expect(await setUp(2).restored()).toEqual([]);
  });

  it.each([
    [2, [6, 6]],
    [8, [10, 10]],
    [0, []],
  ])('Applier rests between pieces of %d ms of a state that was sent', async (pieceMs, rests) => {
    const { applier, restored } = setUp(pieceMs);
    applier.installed();
    expect(await restored()).toEqual(rests);
  });

  it('Applier hurries when this member was elected meanwhile', async () => {
    const { applier, raft, restored } = setUp(2);
    applier.installed();
    raft.role = 'leader';
    expect(await restored()).toEqual([]);
  });
});
