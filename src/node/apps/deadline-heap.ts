/**
 * Keys by their deadlines, the earliest first, equal deadlines in the order of the keys: so every
 * replica removes the same ones. A binary heap in which each key knows its place, so that a changed
 * deadline moves it and leaves nothing behind.
 */
export interface Deadline {
  readonly key: string;
  /** Cluster time, Unix milliseconds. */
  deadlineMs: number;
  /** Its place in the heap. */
  at: number;
}

export class DeadlineHeap {
  readonly #heap: Deadline[] = [];

  get size(): number {
    return this.#heap.length;
  }

  get first(): Deadline | null {
    return this.#heap[0] ?? null;
  }

  add(key: string, deadlineMs: number): Deadline {
    const deadline = { key, deadlineMs, at: this.#heap.length };
    this.#heap.push(deadline);
    this.#rise(deadline);
    return deadline;
  }

  move(deadline: Deadline, deadlineMs: number): void {
    deadline.deadlineMs = deadlineMs;
    this.#rise(deadline);
    this.#sink(deadline);
  }

  remove(deadline: Deadline): void {
    const last = this.#heap.pop() as Deadline;
    if (last === deadline) return;
    this.#heap[deadline.at] = last;
    last.at = deadline.at;
    this.#rise(last);
    this.#sink(last);
  }

  #rise(deadline: Deadline): void {
    while (deadline.at > 0) {
      const parent = this.#heap[(deadline.at - 1) >> 1] as Deadline;
      if (!isBefore(deadline, parent)) return;
      this.#swap(deadline, parent);
    }
  }

  #sink(deadline: Deadline): void {
    for (;;) {
      const left = this.#heap[2 * deadline.at + 1];
      const right = this.#heap[2 * deadline.at + 2];
      if (left === undefined) return;
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, deadline)) return;
      this.#swap(deadline, child);
    }
  }

  #swap(a: Deadline, b: Deadline): void {
    const { at } = a;
    a.at = b.at;
    b.at = at;
    this.#heap[a.at] = a;
    this.#heap[b.at] = b;
  }
}

function isBefore(a: Deadline, b: Deadline): boolean {
  if (a.deadlineMs !== b.deadlineMs) return a.deadlineMs < b.deadlineMs;
  return a.key < b.key;
}
