import { expect, test } from 'vitest';
import { type KeyWrites, Ledger, mergedWrites, possibleStamps, UNKNOWN_MAX } from './ledger.ts';
import { READ, WRITE } from './tally.ts';

const PLACES = 300;

/** A ledger with a lane of its own, in which the nth request lies at place n. */
class Story {
  readonly ledger: Ledger;
  readonly lane = {
    keys: new Float64Array(PLACES),
    stamps: new Float64Array(PLACES),
    sentNs: new Float64Array(PLACES),
    count: 0,
    slotAt: (index: number): number => index,
  };

  constructor(worker = 0, workers = 1, stride = 1) {
    this.ledger = new Ledger({ mark: 'abcdefghi', worker, workers, stride });
  }

  send(key: number, sentNs: number, operation: typeof WRITE | typeof READ = WRITE): number {
    const slot = this.lane.count;
    this.ledger.issue(operation, key);
    this.ledger.note(this.lane, slot);
    this.lane.sentNs[slot] = sentNs;
    this.lane.count += 1;
    return slot;
  }

  answer(slot: number, nowNs: number, isDone = true): void {
    this.ledger.settle(this.lane, slot, isDone, nowNs);
  }

  /** Writes that may be the last of a key. */
  last(key: number): number[] {
    const entry = this.ledger.entries().find((one) => one.key === key);
    return entry === undefined ? [] : possibleStamps(entry).sort((a, b) => a - b);
  }
}

test('a write that was answered before another was sent is not the last', () => {
  const story = new Story();
  story.answer(story.send(7, 0), 10);
  expect(story.last(7)).toEqual([0]);
  story.answer(story.send(7, 20), 30);
  expect(story.last(7)).toEqual([1]);
});

test('of writes that overlap either may be the last, in whatever order they were answered', () => {
  const story = new Story();
  const first = story.send(7, 0);
  const second = story.send(7, 5);
  story.answer(second, 10);
  story.answer(first, 30);
  expect(story.last(7)).toEqual([0, 1]);
  // Sent at the moment of an answer: nobody knows which was first.
  story.answer(story.send(7, 30), 40);
  expect(story.last(7)).toEqual([0, 2]);
});

test('what was refused or never answered may be the last for ever, but proves nothing alone', () => {
  const story = new Story();
  story.answer(story.send(7, 0), 5, false);
  expect(story.last(7)).toEqual([]);
  story.answer(story.send(7, 10), 20);
  story.send(7, 30);
  story.ledger.giveUp(story.lane);
  expect(story.last(7)).toEqual([0, 1, 2]);
  // What is settled is not settled again.
  story.ledger.giveUp(story.lane);
  expect(story.last(7)).toEqual([0, 1, 2]);
});

test('a key whose writes fail too often cannot be judged', () => {
  const story = new Story();
  story.answer(story.send(7, 0), 5);
  for (let i = 0; i < UNKNOWN_MAX; i += 1) story.send(7, 10);
  story.ledger.giveUp(story.lane);
  expect(story.last(7)).toEqual([]);
});

test('reads, and keys that are not watched, leave no trace', () => {
  const story = new Story(0, 1, 10);
  story.answer(story.send(7, 0), 5);
  story.answer(story.send(10, 0, READ), 5);
  expect(story.ledger.entries()).toEqual([]);
  story.answer(story.send(20, 10), 15);
  expect(story.last(20)).toEqual([1]);
});

test('mergedWrites() puts the writes of all workers in one order', () => {
  const workers = [new Story(0, 2), new Story(1, 2)] as const;
  workers[0].answer(workers[0].send(7, 0), 10);
  workers[1].answer(workers[1].send(7, 20), 30);
  workers[1].answer(workers[1].send(3, 20), 30);
  const merged = mergedWrites(workers.map(({ ledger }) => ledger.entries()));
  const last = (entry: KeyWrites): readonly [number, number[]] => [
    entry.key,
    possibleStamps(entry),
  ];
  expect(merged.map(last)).toEqual([
    [3, [3]],
    [7, [1]],
  ]);
});
