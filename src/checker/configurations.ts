/**
 * Where the search has been: a set of (operations done, state) without repeats (Lowe's memo).
 *
 * Operations are numbered by call, so what is done is a full run of them and a few bits behind it.
 * Only the words with those bits are kept, and compared as they are: a hash leads to the place, it
 * never decides. NB: a memo of hashes alone would now and then call a good history illegal.
 */

const WORD_BYTES = 4;
const ARENA_WORDS_MIN = 1 << 10;
const SLOTS_MIN = 1 << 8;
/** Words before the bits: hash, state, the place of the bits. */
const HEADER_WORDS = 3;
const EMPTY = 0;

/** What is done so far, as the search keeps it. */
export interface Done {
  readonly state: number;
  /** Bits of operations that must have happened, and the words of them that are not all ones. */
  readonly bits: Int32Array;
  readonly firstWord: number;
  readonly lastWord: number;
  /** Bits of operations that may have happened: all of them. */
  readonly optionalBits: Int32Array;
}

export class Configurations {
  #arena = new Int32Array(ARENA_WORDS_MIN);
  /** Slot 0 of the arena stays unused, so that 0 can mean empty. */
  #end = 1;
  #slots = new Int32Array(SLOTS_MIN);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return (this.#arena.length + this.#slots.length) * WORD_BYTES;
  }

  /** What the next `add` may need in addition; 0: no growth is due. */
  growthBytes(done: Done): number {
    let words = 0;
    if (this.#end + entryWords(done) > this.#arena.length) words += this.#arena.length * 2;
    if (this.#count * 2 >= this.#slots.length) words += this.#slots.length * 2;
    return words * WORD_BYTES;
  }

  /** @returns whether it was not there before. */
  add(setHash: number, done: Done): boolean {
    if (this.#count * 2 >= this.#slots.length) this.#growSlots();
    const hash = mix(setHash ^ Math.imul(done.state + 1, 0x9e3779b1));
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const entry = this.#slots[slot] as number;
      if (entry === EMPTY) break;
      if (this.#arena[entry] === hash && this.#equals(entry, done)) return false;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = this.#append(hash, done);
    this.#count += 1;
    return true;
  }

  #equals(entry: number, done: Done): boolean {
    const arena = this.#arena;
    if (arena[entry + 1] !== done.state || arena[entry + 2] !== placeOf(done)) return false;
    let at = entry + HEADER_WORDS;
    for (let word = done.firstWord; word <= done.lastWord; word += 1, at += 1) {
      if (arena[at] !== done.bits[word]) return false;
    }
    for (let word = 0; word < done.optionalBits.length; word += 1, at += 1) {
      if (arena[at] !== done.optionalBits[word]) return false;
    }
    return true;
  }

  #append(hash: number, done: Done): number {
    const entry = this.#end;
    while (entry + entryWords(done) > this.#arena.length) {
      const larger = new Int32Array(this.#arena.length * 2);
      larger.set(this.#arena);
      this.#arena = larger;
    }
    const arena = this.#arena;
    arena[entry] = hash;
    arena[entry + 1] = done.state;
    arena[entry + 2] = placeOf(done);
    let at = entry + HEADER_WORDS;
    for (let word = done.firstWord; word <= done.lastWord; word += 1, at += 1) {
      arena[at] = done.bits[word] as number;
    }
    arena.set(done.optionalBits, at);
    this.#end = at + done.optionalBits.length;
    return entry;
  }

  #growSlots(): void {
    const old = this.#slots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - 1;
    for (const entry of old) {
      if (entry === EMPTY) continue;
      let slot = (this.#arena[entry] as number) & mask;
      while (slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      slots[slot] = entry;
    }
    this.#slots = slots;
  }
}

function wordsOf({ firstWord, lastWord }: Done): number {
  return Math.max(0, lastWord - firstWord + 1);
}

function entryWords(done: Done): number {
  return HEADER_WORDS + wordsOf(done) + done.optionalBits.length;
}

/** Both halves fit: `Search` takes at most `OPERATIONS_MAX` operations. */
function placeOf(done: Done): number {
  return (done.firstWord << 16) | wordsOf(done);
}

function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x21f0aaad);
  h ^= h >>> 15;
  h = Math.imul(h, 0x735a2d97);
  return h ^ (h >>> 15);
}
