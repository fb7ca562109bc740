/**
 * The search for an order of one key's operations that explains their answers (Wing and Gong 1993,
 * with Lowe's memo): one operation after another is taken from those called before the first answer
 * still outstanding. It can be paused after any number of steps.
 *
 * Some rules leave out branches without leaving out an order:
 * - What only observes, and is right about the state, is taken at once: it is in nobody's way.
 * - Of operations that do the same, the one answered first goes first.
 * - What may have happened is taken only where it changes the state.
 * And two that look ahead (`outlook.ts`), so that how far the search came says nothing then.
 */
import { assert } from '../std/assert.ts';
import { Prng } from '../std/prng.ts';
import { CellMachine, ILLEGAL } from './cell-machine.ts';
import { Configurations } from './configurations.ts';
import { Furthest } from './furthest.ts';
import type { Operation, Value } from './history.ts';
import { Outlook } from './outlook.ts';
import { HEAD, Timeline } from './timeline.ts';
import type { Settled } from './unknown-outcomes.ts';

export const OPERATIONS_MAX = 1 << 20;

export type Progress = 'ok' | 'illegal' | 'paused' | 'memory';

/** How far a history can be explained. */
export interface Reach {
  /** An order that explains all answers before `blocked`; with `blocked` null, all of them. */
  readonly order: readonly Operation[];
  /** The first operation in the order of answers that no order explains with all before it. */
  readonly blocked: Operation | null;
  /** What the key may have held when `blocked` had to be taken. */
  readonly states: readonly Value[];
}

export interface SearchOptions {
  /** What the key holds at the start. */
  readonly initial: Value;
  /**
   * Whether to leave out what cannot end well, and to tell only those values apart that someone
   * looks for: much quicker, but then only the verdict counts.
   */
  readonly looksAhead: boolean;
}

/** A branch: the operations that can come next, and how to come back to it. */
interface Frame {
  readonly state: number;
  readonly highest: number;
  readonly trail: number;
  readonly candidates: number;
  cursor: number;
}

export class Search {
  readonly #time: Timeline;
  readonly #machine: CellMachine;
  readonly #memo = new Configurations();
  /** Null: the search does not look ahead. */
  readonly #outlook: Outlook | null;
  readonly #hashes: Int32Array;
  readonly #frames: Frame[] = [];
  /** Candidates of all frames, one after another. */
  readonly #candidates: number[] = [];
  /** Operations in the order taken so far. */
  readonly #trail: number[] = [];
  readonly #stamps: Int32Array;
  readonly #stamped: Int32Array;
  #stamp = 0;
  #setHash = 0;
  /** The highest number taken of those that must have happened. */
  #highest = -1;
  readonly #done: {
    state: number;
    readonly bits: Int32Array;
    firstWord: number;
    lastWord: number;
    readonly optionalBits: Int32Array;
  };
  #steps = 0;
  #progress: Progress = 'paused';
  readonly #furthest = new Furthest();

  constructor(operations: readonly Settled[], options: SearchOptions) {
    assert(operations.length <= OPERATIONS_MAX, 'too many operations on one key');
    const { initial, looksAhead } = options;
    this.#time = new Timeline(operations);
    this.#machine = new CellMachine(this.#time.operations, initial, !looksAhead);
    this.#outlook = looksAhead ? new Outlook(this.#time, this.#machine) : null;
    const count = operations.length;
    const prng = new Prng(count);
    this.#hashes = Int32Array.from({ length: count }, () => prng.u32() | 0);
    this.#stamps = new Int32Array(this.#machine.classCount);
    this.#stamped = new Int32Array(this.#machine.classCount);
    this.#done = {
      state: this.#machine.initial,
      bits: new Int32Array((this.#time.certain >> 5) + 1),
      firstWord: 0,
      lastWord: -1,
      optionalBits: new Int32Array((count - this.#time.certain + 31) >> 5),
    };
    this.#absorb();
    this.#open();
  }

  get steps(): number {
    return this.#steps;
  }

  get bytes(): number {
    return this.#memo.bytes + this.#machine.bytes;
  }

  /** How far it came. After `illegal` it is the last word, if the search did not look ahead. */
  get reach(): Reach {
    const { at } = this.#time;
    const isDone = this.#progress === 'ok';
    return {
      order: this.#furthest.way.map((op) => this.#asSeen(op)),
      blocked: isDone ? null : this.#asSeen(at[this.#furthest.place] as number),
      states: this.#furthest.states.map((state) => this.#machine.valueOf(state) ?? null),
    };
  }

  /** Goes on for at most `stepsMax` steps and `bytesMax` bytes in all. */
  run(stepsMax: number, bytesMax: number): Progress {
    if (this.#progress === 'memory') this.#progress = 'paused';
    const until = this.#steps + stepsMax;
    while (this.#progress === 'paused' && this.#steps < until) this.#advance(bytesMax);
    return this.#progress;
  }

  #asSeen(op: number): Operation {
    const operation = this.#time.operations[op] as Settled;
    return operation.original ?? operation;
  }

  #advance(bytesMax: number): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.#progress = 'illegal';
      return;
    }
    const op = this.#candidates[frame.cursor];
    if (op === undefined) {
      this.#candidates.length = frame.candidates;
      this.#frames.pop();
      const below = this.#frames.at(-1);
      if (below !== undefined) this.#goBack(below);
      return;
    }
    this.#steps += 1;
    this.#take(op, this.#machine.step(frame.state, op));
    this.#absorb();
    if (this.#outlook?.isLost(frame.state, this.#done.state)) {
      frame.cursor += 1;
      this.#goBack(frame);
      return;
    }
    const growth = this.#memo.growthBytes(this.#done);
    if (growth > 0 && this.bytes + growth > bytesMax) {
      this.#goBack(frame);
      this.#progress = 'memory';
      return;
    }
    frame.cursor += 1;
    if (this.#memo.add(this.#setHash, this.#done)) this.#open();
    else this.#goBack(frame);
  }

  #take(op: number, state: number): void {
    const { certain } = this.#time;
    this.#trail.push(op);
    this.#outlook?.take(op);
    this.#setHash ^= this.#hashes[op] as number;
    this.#done.state = state;
    const { bits, optionalBits } = this.#done;
    if (op >= certain) {
      const word = (op - certain) >> 5;
      optionalBits[word] = (optionalBits[word] as number) | (1 << ((op - certain) & 31));
      return;
    }
    bits[op >> 5] = (bits[op >> 5] as number) | (1 << (op & 31));
    if (op > this.#highest) this.#highest = op;
    this.#time.remove(op);
  }

  #goBack(frame: Frame): void {
    const { certain } = this.#time;
    const { bits, optionalBits } = this.#done;
    while (this.#trail.length > frame.trail) {
      const op = this.#trail.pop() as number;
      this.#outlook?.putBack(op);
      this.#setHash ^= this.#hashes[op] as number;
      if (op >= certain) {
        const word = (op - certain) >> 5;
        optionalBits[word] = (optionalBits[word] as number) & ~(1 << ((op - certain) & 31));
      } else {
        bits[op >> 5] = (bits[op >> 5] as number) & ~(1 << (op & 31));
        this.#time.restore(op);
      }
    }
    this.#furthest.wentBack(this.#trail.length);
    this.#done.state = frame.state;
    this.#highest = frame.highest;
  }

  /** Takes all that only observes and is right, and names the configuration that this leads to. */
  #absorb(): void {
    const { next, at, returnOf, end } = this.#time;
    const { state } = this.#done;
    let place = next[HEAD] as number;
    while (place !== end) {
      const op = at[place] as number;
      if (returnOf[op] === place) break;
      if (this.#machine.observes[op] === 1 && this.#machine.step(state, op) !== ILLEGAL) {
        this.#take(op, state);
      }
      place = next[place] as number;
    }
    const first = next[HEAD] as number;
    this.#done.firstWord = (first === end ? this.#time.certain : (at[first] as number)) >> 5;
    this.#done.lastWord = this.#highest >> 5;
  }

  /** Opens the branch of all that can be taken now. */
  #open(): void {
    const { next, at, returnOf, end } = this.#time;
    if (next[HEAD] === end) {
      this.#furthest.reached(end, this.#trail, this.#done.state);
      this.#progress = 'ok';
      return;
    }
    const start = this.#candidates.length;
    this.#stamp += 1;
    let place = next[HEAD] as number;
    for (;;) {
      const op = at[place] as number;
      if (returnOf[op] === place) break;
      this.#consider(op, start);
      place = next[place] as number;
    }
    this.#furthest.reached(place, this.#trail, this.#done.state);
    this.#considerOptional(place, start);
    if (this.#outlook?.isStuck(place, this.#done.state)) this.#candidates.length = start;
    this.#frames.push({
      state: this.#done.state,
      highest: this.#highest,
      trail: this.#trail.length,
      candidates: start,
      cursor: start,
    });
  }

  /** Puts an operation among the candidates from `start` on, in the order of answers. */
  #consider(op: number, start: number): void {
    const { returnOf } = this.#time;
    if (this.#machine.observes[op] === 1) return;
    if (this.#machine.step(this.#done.state, op) === ILLEGAL) return;
    const kind = this.#machine.classes[op] as number;
    const answered = returnOf[op] as number;
    const list = this.#candidates;
    if (this.#stamps[kind] === this.#stamp) {
      const other = this.#stamped[kind] as number;
      if ((returnOf[other] as number) < answered) return;
      list.splice(list.indexOf(other, start), 1);
    }
    this.#stamps[kind] = this.#stamp;
    this.#stamped[kind] = op;
    let slot = list.length;
    list.push(op);
    while (slot > start && (returnOf[list[slot - 1] as number] as number) > answered) {
      list[slot] = list[slot - 1] as number;
      slot -= 1;
    }
    list[slot] = op;
  }

  #considerOptional(before: number, start: number): void {
    const { certain, callOf, operations } = this.#time;
    const { state, optionalBits } = this.#done;
    for (let op = certain; op < operations.length; op += 1) {
      if ((callOf[op] as number) > before) break;
      const index = op - certain;
      if (((optionalBits[index >> 5] as number) & (1 << (index & 31))) !== 0) continue;
      if (this.#stamps[this.#machine.classes[op] as number] === this.#stamp) continue;
      const after = this.#machine.step(state, op);
      if (after !== state && after !== ILLEGAL) this.#consider(op, start);
    }
  }
}
