/**
 * Branches of the search that cannot end well, found out before they end:
 *
 * - A state was left that an operation still needs, and nothing can bring it back.
 * - A text has grown into one that is the beginning of no answer, and nothing can replace it.
 * - The answer that is due first needs a state that none of those that may go before it can bring.
 */
import { type CellMachine, NO_STATE } from './cell-machine.ts';
import { HEAD, type Timeline } from './timeline.ts';

const NO_CLASSES = new Int32Array(0);

export class Outlook {
  readonly #time: Timeline;
  readonly #machine: CellMachine;
  /** Operations not taken yet: by the state that they need, and by their class. */
  readonly #needed: Int32Array;
  readonly #left: Int32Array;
  #neededCount = 0;
  #resetsLeft = 0;
  /** By state: classes of operations after which it can be there again; filled when asked. */
  readonly #makers = new Map<number, Int32Array>();
  /** A member of each class that leaves a state of its own. */
  readonly #resetting: readonly number[];
  readonly #grows: boolean;
  /** Whether sums are made: then nobody can say what leads where. */
  readonly #isOpaque: boolean;

  constructor(time: Timeline, machine: CellMachine) {
    this.#time = time;
    this.#machine = machine;
    this.#needed = new Int32Array(machine.knownStates);
    this.#left = new Int32Array(machine.classCount);
    const resetting = new Map<number, number>();
    time.operations.forEach((_, op) => {
      this.#count(op, 1);
      const kind = machine.classes[op] as number;
      if (machine.leaves[op] !== NO_STATE) resetting.set(kind, op);
    });
    this.#resetting = [...resetting.values()];
    const kinds = new Set(time.operations.map(({ action }) => action.kind));
    this.#isOpaque = kinds.has('incr');
    this.#grows = kinds.has('append');
  }

  take(op: number): void {
    this.#count(op, -1);
  }

  putBack(op: number): void {
    this.#count(op, 1);
  }

  /** Whether the step from one state to another has left what is still needed. */
  isLost(before: number, after: number): boolean {
    if (before === after || this.#isOpaque) return false;
    if (this.#neededCount > 0 && this.#resetsLeft === 0 && this.#machine.isUnsought(after)) {
      return true;
    }
    if (!((this.#needed[before] ?? 0) > 0)) return false;
    if (this.#grows && this.#machine.isStartOf(after, before)) return false;
    return !this.#makersOf(before).some((kind) => (this.#left[kind] as number) > 0);
  }

  /** Whether the answer at `place`, the first that is due, cannot be explained any more. */
  isStuck(place: number, state: number): boolean {
    const { at, next, callOf, certain, operations } = this.#time;
    const due = at[place] as number;
    const need = this.#machine.needs[due] as number;
    if (need === NO_STATE || this.#isOpaque || this.#leadsTo(state, need)) return false;
    for (let call = next[HEAD] as number; call !== place; call = next[call] as number) {
      const op = at[call] as number;
      if (op !== due && this.#leadsTo(this.#machine.leaves[op] as number, need)) return false;
    }
    // NB: those that were taken count too; it is rare that they alone could have helped.
    for (let op = certain; op < operations.length && (callOf[op] as number) < place; op += 1) {
      if (this.#leadsTo(this.#machine.leaves[op] as number, need)) return false;
    }
    return true;
  }

  #leadsTo(state: number, need: number): boolean {
    if (state === need) return true;
    return this.#grows && state !== NO_STATE && this.#machine.isStartOf(state, need);
  }

  #makersOf(state: number): Int32Array {
    const known = this.#makers.get(state);
    if (known !== undefined) return known;
    const { classes, leaves } = this.#machine;
    const makers = this.#resetting.filter((op) => this.#leadsTo(leaves[op] as number, state));
    const found =
      makers.length === 0 ? NO_CLASSES : Int32Array.from(makers, (op) => classes[op] as number);
    this.#makers.set(state, found);
    return found;
  }

  #count(op: number, by: number): void {
    const need = this.#machine.needs[op] as number;
    // What need not happen needs nothing.
    if (need !== NO_STATE && op < this.#time.certain) {
      this.#needed[need] = (this.#needed[need] as number) + by;
      this.#neededCount += by;
    }
    const kind = this.#machine.classes[op] as number;
    this.#left[kind] = (this.#left[kind] as number) + by;
    if (this.#machine.leaves[op] !== NO_STATE) this.#resetsLeft += by;
  }
}
