/**
 * How often V8 looks through the whole heap of a node. Its limits follow the size of the heap, and
 * a node's is small, as keys and values lie outside of it; so every ten megabytes of batches on
 * their way through would be answered by marking all of it, ten times a second in three processes.
 * A small heap may grow further before that; one that has become large is V8's own affair.
 */
import v8 from 'node:v8';

/** Up to here a heap is small. */
const SMALL_BYTES_MAX = 64 * 1024 * 1024;
/** A small heap and what it holds outside may grow by so much between two collections. */
const GROWTH_PERCENT = 800;
const LOOK_MS = 10_000;

/** Sets the pace from now on; its timer keeps no process alive. */
export function paceHeap(): void {
  let small = false;
  const look = (): void => {
    const isSmall = v8.getHeapStatistics().used_heap_size <= SMALL_BYTES_MAX;
    if (isSmall === small) return;
    small = isSmall;
    v8.setFlagsFromString(`--heap-growing-percent=${isSmall ? GROWTH_PERCENT : 0}`);
  };
  look();
  setInterval(look, LOOK_MS).unref();
}
