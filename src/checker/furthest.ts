/** How far a search came: the place of the first answer it could not pass, and the way there. */

/** States that are told apart where the history gets stuck. */
const STATES_MAX = 16;

export class Furthest {
  #place = -1;
  readonly #way: number[] = [];
  /** How much of `way` is the start of the search's trail. */
  #shared = 0;
  readonly #states = new Set<number>();

  get place(): number {
    return this.#place;
  }

  /** Operations in the order taken. */
  get way(): readonly number[] {
    return this.#way;
  }

  get states(): readonly number[] {
    return [...this.#states];
  }

  /** The search is at `place`, by its whole trail, in `state`. */
  reached(place: number, trail: readonly number[], state: number): void {
    if (place < this.#place) return;
    if (place > this.#place) {
      this.#place = place;
      this.#states.clear();
      this.#way.length = this.#shared;
      for (let at = this.#shared; at < trail.length; at += 1) this.#way.push(trail[at] as number);
      this.#shared = trail.length;
    }
    if (this.#states.size < STATES_MAX) this.#states.add(state);
  }

  /** The search went back until so much of its trail was left. */
  wentBack(length: number): void {
    if (length < this.#shared) this.#shared = length;
  }
}
