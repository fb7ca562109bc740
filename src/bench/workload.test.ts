import { expect, test } from 'vitest';
import { resolveWorkload, type WorkloadInput, workersDefault } from './workload.ts';

test('resolveWorkload() of nothing is a closed loop of ten seconds', () => {
  expect(resolveWorkload({})).toMatchObject({
    ...{ driver: 'resp', targets: [], clients: 50, pipeline: 1, ratePerSecond: null },
    ...{ durationMs: 10_000, requests: null, warmupMs: 1000, writeParts: 1, readParts: 1 },
    ...{ keyPattern: 'uniform', keyMaximum: 100_000, dataBytes: 64, timeoutMs: 5000, seed: 1 },
  });
});

test('resolveWorkload() reads the same from flags and from a profile', () => {
  const flags = resolveWorkload({
    ...{ clients: '8', rate: '2000', duration: '60s', ratio: '1:9', 'data-size': '1KiB' },
    ...{ 'key-pattern': 'zipf', slo: ['p99<10ms'], target: ['leader'] },
  });
  const profile = resolveWorkload({
    ...{ clients: 8, rate: 2000, duration: 60, ratio: '1:9', 'data-size': 1024 },
    ...{ 'key-pattern': 'zipf', slo: 'p99<10ms', target: 'leader' },
  });
  expect(profile).toEqual(flags);
  expect(flags).toMatchObject({ ratePerSecond: 2000, durationMs: 60_000, pipeline: 256 });
});

test('resolveWorkload() measures a count without an end in time, and without warm-up', () => {
  expect(resolveWorkload({ requests: 100 })).toMatchObject({ durationMs: null, warmupMs: 0 });
  expect(resolveWorkload({ requests: 100, duration: '5s' }).durationMs).toBe(5000);
  expect(resolveWorkload({ clients: 2, workers: 8 }).workers).toBe(2);
});

test('resolveWorkload() takes the protocol from the addresses', () => {
  expect(resolveWorkload({ target: 'http://127.0.0.1:80' }).driver).toBe('http');
  expect(resolveWorkload({ target: ['n1', '127.0.0.1:80'], driver: 'http' }).driver).toBe('http');
});

const REFUSED: readonly (readonly [WorkloadInput, string])[] = [
  [{ clients: 0 }, 'clients 0: it is a number without fraction from 1'],
  [{ clients: '1.5' }, 'clients "1.5": it is a number without fraction'],
  [{ client: 1 }, 'client 1: there is no such key'],
  [{ rate: '-1' }, 'rate "-1": it is a number above 0'],
  [{ rate: 100, 'closed-loop': true }, 'closed-loop true: a closed loop has no rate'],
  [{ ratio: '0:0' }, 'ratio "0:0": it is not writes:reads'],
  [{ duration: 'soon' }, 'duration "soon": it is a duration'],
  [{ 'data-size': '1 GB' }, 'data-size "1 GB": it is a size'],
  [{ 'key-pattern': 'gauss' }, 'key-pattern "gauss": it is one of uniform, zipf, seq'],
  [{ reads: 'stale' }, 'reads "stale": it is one of linearizable'],
  [{ target: ['resp://a:1', 'http://b:2'] }, 'one run speaks one protocol'],
  [{ target: 'http://b:2', driver: 'resp' }, 'driver "resp": the target\'s address says http'],
  [{ target: 'ftp://b:2' }, 'the protocol is not resp or http'],
  [{ slo: true }, 'slo true: it is one text, or a list of texts'],
  [{ 'zipf-exp': 0 }, 'zipf-exp 0: it is a number 0 to 10'],
];

test.each(REFUSED)('resolveWorkload() refuses %j', (input, words) => {
  expect(() => resolveWorkload(input)).toThrow(words);
});

test('workersDefault() leaves at least half of the cores to the servers', () => {
  expect([1, 2, 4, 64].map(workersDefault)).toEqual([1, 1, 2, 8]);
});
