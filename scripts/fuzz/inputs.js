/** Bytes to be thrown at decoders: random ones, and damaged ones that were right. */

const ENDS = [0, 1, 255];

export class Inputs {
  #prng;

  constructor(prng) {
    this.#prng = prng;
  }

  /** A whole number below `count`. */
  below(count) {
    return this.#prng.u32() % count;
  }

  pick(items) {
    return items[this.below(items.length)];
  }

  /** @param liked bytes that mean something there: half of the time there are no others. */
  bytes(lengthMax, liked = ENDS) {
    const isLiked = this.below(2) === 0;
    const byte = () => (isLiked ? this.pick(liked) : this.below(256));
    return Buffer.from(Array.from({ length: this.below(lengthMax) }, byte));
  }

  text(lengthMax, liked) {
    return this.bytes(lengthMax, liked).toString('latin1');
  }

  /** As it is one time in three, else with a byte replaced, then cut or doubled now and then. */
  damaged(right) {
    if (right.length === 0 || this.below(3) === 0) return right;
    const bytes = Buffer.from(right);
    bytes[this.below(bytes.length)] = this.below(256);
    switch (this.below(4)) {
      case 0:
        return bytes.subarray(0, this.below(bytes.length));
      case 1: {
        const at = this.below(bytes.length);
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(this.below(at + 1))]);
      }
      default:
        return bytes;
    }
  }
}
