/**
 * The members of a sorted set in the order of their scores, equal ones by their bytes: pieces of
 * bounded length, so that one more or less moves a few hundred, and a rank is found piece by piece.
 */
export interface Scored {
  readonly member: string;
  readonly score: number;
}

/** A piece that grows past this is cut in two. */
const PIECE_MAX = 512;

/** Whether a comes before b. Texts are latin1, so their code units are their bytes. */
function isBefore(a: Scored, b: Scored): boolean {
  return a.score < b.score || (a.score === b.score && a.member < b.member);
}

export class ScoreOrder {
  /** None is empty. */
  readonly #pieces: Scored[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Requires: it is not there yet. */
  add(entry: Scored): void {
    this.#size += 1;
    const at = Math.min(this.#pieceFor(entry), this.#pieces.length - 1);
    const piece = this.#pieces[at];
    if (piece === undefined) {
      this.#pieces.push([entry]);
      return;
    }
    piece.splice(placeIn(piece, entry), 0, entry);
    if (piece.length > PIECE_MAX) this.#pieces.splice(at + 1, 0, piece.splice(PIECE_MAX / 2));
  }

  /** Requires: it is there. */
  remove(entry: Scored): void {
    const at = this.#pieceFor(entry);
    const piece = this.#pieces[at] as Scored[];
    piece.splice(placeIn(piece, entry), 1);
    this.#size -= 1;
    if (piece.length === 0) this.#pieces.splice(at, 1);
  }

  /** How many have a score below `limit`, or at it where `inclusive`. */
  countBelow(limit: number, inclusive: boolean): number {
    const isBelow = ({ score }: Scored): boolean => score < limit || (inclusive && score === limit);
    let count = 0;
    for (const piece of this.#pieces) {
      if (isBelow(piece[piece.length - 1] as Scored)) count += piece.length;
      else {
        let low = 0;
        let high = piece.length;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (isBelow(piece[middle] as Scored)) low = middle + 1;
          else high = middle;
        }
        return count + low;
      }
    }
    return count;
  }

  /** Those with ranks `from` up to, and without, `to`. */
  slice(from: number, to: number): Scored[] {
    const found: Scored[] = [];
    let start = 0;
    for (const piece of this.#pieces) {
      if (start >= to) break;
      if (start + piece.length > from) {
        for (const entry of piece.slice(Math.max(from - start, 0), to - start)) found.push(entry);
      }
      start += piece.length;
    }
    return found;
  }

  /** The first piece that does not end before the entry. */
  #pieceFor(entry: Scored): number {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const piece = this.#pieces[middle] as Scored[];
      if (isBefore(piece[piece.length - 1] as Scored, entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function placeIn(piece: readonly Scored[], entry: Scored): number {
  let low = 0;
  let high = piece.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(piece[middle] as Scored, entry)) low = middle + 1;
    else high = middle;
  }
  return low;
}
