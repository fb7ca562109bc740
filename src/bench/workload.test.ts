import { expect, test } from 'vitest';
import { resolveWorkload, workersDefault } from './workload.ts';
import type { WorkloadInput } from './workload-fields.ts';

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
  [{ 'key-pattern': 'cold' }, 'key-pattern "cold": it is one of uniform, zipf, seq'],
  [{ arrival: 'poisson' }, 'arrival "poisson": a closed loop has no arrivals'],
  [{ stage: ['10s'] }, 'stage ["10s"]: each is like 30s:500'],
  [{ stage: '10s:0-50' }, 'each is like 30s:500'],
  [{ stage: '10s:5', rate: 100 }, 'rate 100: stages say it'],
  [{ stage: '10s:5', requests: 100 }, 'requests 100: stages say it'],
  [{ cooldown: '1s', requests: 5 }, 'cooldown "1s": a run that ends by count has none'],
  [{ 'data-size-list': '64' }, 'it is sizes and weights, like 64:90,4KiB:10'],
  [{ hot: '100:0' }, 'it is per cent of keys and of requests'],
  [{ workload: 'g' }, 'workload "g": it is one of a, b, c, d, e, f'],
  [{ workload: 'e', driver: 'http' }, 'over http one key is read at a time'],
  [{ workload: 'f', driver: 'http' }, 'over http a write does not return what was there'],
  [{ reads: 'eventual' }, 'reads "eventual": it is one of linearizable, stale'],
  [{ reads: 'stale' }, 'reads "stale": over resp all reads are linearizable'],
  [{ target: ['resp://a:1', 'http://b:2'] }, 'one run speaks one protocol'],
  [{ target: 'http://b:2', driver: 'resp' }, 'driver "resp": the target\'s address says http'],
  [
    { target: 'ftp://b:2' },
    'the protocol is not resp, http, etcd, raftexample, kvapi or raft-demo',
  ],
  [{ target: 'kvapi://b:2', modify: true }, 'over kvapi a write does not return what was there'],
  [{ driver: 'raft-demo-d' }, 'it is one of resp, http, etcd, raftexample, kvapi, raft-demo-a'],
  [{ driver: 'raft-demo-a', target: 'raft-demo://b:2' }, 'address says raft-demo-c'],
  [{ driver: 'raft-demo-a', pipeline: 2 }, 'an answer has no number'],
  [{ driver: 'raft-demo-b', 'key-prefix': 'a-' }, 'a dash or a newline ends a key there'],
  [{ driver: 'raft-demo-c', pipeline: 257 }, 'a UDP port of its own, up to 256 a client'],
  [{ driver: 'raft-demo-c', clients: 1000, rate: 9 }, 'there are 16384: at most 963'],
  [{ driver: 'raft-demo-c', 'data-size': '64KiB' }, 'fits into a datagram, 65502 bytes'],
  [{ driver: 'raftexample', verify: true }, 'a write is answered before it is committed'],
  [{ driver: 'raftexample', reads: 'linearizable' }, "of the asked node's own state"],
  [{ verify: true, 'data-size': 20 }, 'values of 21 bytes or more have numbers'],
  [{ verify: true, 'data-size-list': '20:1,4KiB:1' }, 'values of 21 bytes or more have numbers'],
  [{ verify: true, ratio: '0:1' }, 'a load without writes leaves nothing behind'],
  [{ slo: true }, 'slo true: it is one text, or a list of texts'],
  [{ 'zipf-exp': 0 }, 'zipf-exp 0: it is a number 0 to 10'],
];

test.each(REFUSED)('resolveWorkload() refuses %j', (input, words) => {
  expect(() => resolveWorkload(input)).toThrow(words);
});

test('resolveWorkload() of stages is an open loop as long as they are, at their mean rate', () => {
  const stage = ['1s:100', '2s:100-900'];
  expect(resolveWorkload({ stage })).toMatchObject({
    ...{ durationMs: 3000, ratePerSecond: 1100 / 3, pipeline: 256 },
    stages: [
      { durationMs: 1000, fromRate: 100, toRate: 100 },
      { durationMs: 2000, fromRate: 100, toRate: 900 },
    ],
  });
});

test('resolveWorkload() knows the core workloads of YCSB, and what is said besides wins', () => {
  const mixes = ['a', 'b', 'c', 'd', 'e', 'f'].map((workload) => resolveWorkload({ workload }));
  expect(mixes.map(({ writeParts, readParts }) => `${writeParts}:${readParts}`)).toEqual([
    ...['1:1', '1:19', '0:1', '1:19', '1:19', '1:1'],
  ]);
  expect(mixes.map(({ keyPattern }) => keyPattern)).toEqual([
    ...['zipf', 'zipf', 'zipf', 'latest', 'zipf', 'zipf'],
  ]);
  expect(mixes.map(({ scanLength, modify }) => [scanLength, modify])).toEqual([
    ...[1, 1, 1, 1].map((length) => [length, false]),
    [10, false],
    [1, true],
  ]);
  expect(resolveWorkload({ workload: 'a', ratio: '2:3' })).toMatchObject({ dataBytes: 1000 });
  expect(resolveWorkload({ workload: 'a', ratio: '2:3' })).toMatchObject({ readParts: 3 });
});

test('resolveWorkload() takes the largest of several sizes as the size of values', () => {
  expect(resolveWorkload({ 'data-size-list': '64:90,4KiB:10' })).toMatchObject({
    dataBytes: 4096,
    dataSizes: [
      { bytes: 64, weight: 90 },
      { bytes: 4096, weight: 10 },
    ],
  });
});

test('workersDefault() leaves at least half of the cores to the servers', () => {
  expect([1, 2, 4, 64].map(workersDefault)).toEqual([1, 1, 2, 8]);
});

test('resolveWorkload() knows raft-demo by one name, and what may be under way there', () => {
  const of = (input: WorkloadInput) => {
    const { driver, pipeline } = resolveWorkload(input);
    return [driver, pipeline];
  };
  expect(of({ driver: 'raft-demo' })).toEqual(['raft-demo-c', 1]);
  expect(of({ target: 'raft-demo://b:2', rate: 9 })).toEqual(['raft-demo-c', 16]);
  expect(of({ target: 'raft-demo-a://b:2', rate: 9 })).toEqual(['raft-demo-a', 1]);
  expect(of({ target: 'raft-demo-b://b:2', rate: 9, pipeline: 256 })).toEqual(['raft-demo-b', 256]);
  const big = { driver: 'raft-demo', 'data-size': '64KiB', ratio: '1:0' };
  expect(() => resolveWorkload(big)).not.toThrow();
  expect(() => resolveWorkload({ ...big, verify: true })).toThrow('fits into a datagram');
});
