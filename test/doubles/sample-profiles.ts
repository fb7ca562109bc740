/** Small profiles in Node's formats: `work` calls `part`; the rest of the time nothing is done. */

const frame = (functionName: string, url: string, lineNumber: number) => ({
  ...{ functionName, url, lineNumber, columnNumber: 0, scriptId: '1' },
});
const ROOT = frame('(root)', '', -1);
const WORK = frame('work', 'file:///x/dist/node/a.js', 9);
const PART = frame('part', 'file:///x/dist/node/b.js', 19);
const IDLE = frame('(idle)', '', -1);

export interface ProcessorTimes {
  /** Microseconds in the function itself. */
  readonly work: number;
  readonly part: number;
  readonly idle: number;
  /** Microseconds of the monotonic clock. */
  readonly startedAt?: number;
}

/** The text of a `.cpuprofile` with one sample of each, in this order. */
export function processor({ work, part, idle, startedAt = 0 }: ProcessorTimes): string {
  return JSON.stringify({
    nodes: [
      { id: 1, callFrame: ROOT, hitCount: 0, children: [2, 4] },
      { id: 2, callFrame: WORK, hitCount: 1, children: [3] },
      { id: 3, callFrame: PART, hitCount: 1 },
      { id: 4, callFrame: IDLE, hitCount: 1 },
    ],
    ...{ startTime: startedAt, endTime: startedAt + work + part + idle },
    ...{ samples: [2, 3, 4], timeDeltas: [work, part, idle] },
  });
}

/** The text of a `.heapprofile`. */
export function allocations({ work, part }: { readonly work: number; readonly part: number }) {
  const leaf = { callFrame: PART, selfSize: part, id: 3, children: [] };
  const inner = { callFrame: WORK, selfSize: work, id: 2, children: [leaf] };
  return JSON.stringify({
    head: { callFrame: ROOT, selfSize: 0, id: 1, children: [inner] },
    samples: [],
  });
}
