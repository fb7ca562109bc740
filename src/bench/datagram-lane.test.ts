import { afterEach, describe, expect, test } from 'vitest';
import { DemoTarget, type DemoTargetInit } from '../../test/doubles/demo-target.ts';
import { DatagramReadBack } from './datagram-read-back.ts';
import { Ledger } from './ledger.ts';
import { LoadGenerator } from './load-generator.ts';
import { RunClock } from './run-clock.ts';
import { Totals } from './totals.ts';
import { newMark } from './values.ts';
import { resolveWorkload } from './workload.ts';
import type { WorkloadInput } from './workload-fields.ts';

const closers: (() => Promise<void> | void)[] = [];
const MARK = newMark(7);

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function open(init: DemoTargetInit = {}): Promise<DemoTarget> {
  const target = await DemoTarget.open(init);
  closers.push(() => target.close());
  return target;
}

interface Run {
  readonly totals: Totals;
  readonly errors: Readonly<Record<string, number>>;
  /** Keys by what became of their writes. */
  readonly acknowledged: readonly number[];
  readonly unknown: readonly number[];
  readonly openByTarget: readonly number[];
}

/** One worker's load to its end; each key is written once, unless the input says otherwise. */
async function run(
  targets: readonly DemoTarget[],
  input: WorkloadInput,
  during: () => void = () => {},
): Promise<Run> {
  const defaults = { workers: 1, warmup: 0, ratio: '1:0', 'key-pattern': 'seq' };
  const workload = resolveWorkload({ ...defaults, driver: 'raft-demo', ...input });
  const clock = new RunClock(process.hrtime.bigint());
  const ledger = new Ledger({ mark: MARK, worker: 0, workers: 1, stride: 1 });
  let onDone = (): void => {};
  const done = new Promise<void>((resolve) => {
    onDone = resolve;
  });
  const generator = new LoadGenerator({
    ...{ workload, clock, ledger, onDone, worker: 0 },
    targets: targets.map(({ address }) => ({ address })),
  });
  closers.push(() => generator.close());
  await generator.connect();
  generator.start(clock.now());
  during();
  const beats = setInterval(() => generator.pump(), 1);
  await done;
  clearInterval(beats);
  const totals = new Totals(workload.ratePerSecond !== null);
  totals.add(generator.tally.take());
  const keys = ledger.entries();
  const { openByTarget } = generator;
  return {
    ...{ totals, errors: Object.fromEntries(totals.errors), openByTarget },
    acknowledged: keys.filter((one) => one.acknowledged.length > 0).map((one) => one.key),
    unknown: keys.filter((one) => one.unknown.length > 0).map((one) => one.key),
  };
}

const numberOf = (key: string): number => Number(key.slice(-12));

describe.each(['raft-demo-b', 'raft-demo-c'])('DatagramLane over %s', (driver) => {
  test('says everything to all, and is answered by one', async () => {
    const targets = [await open({ follows: true }), await open(), await open({ follows: true })];
    const input = { driver, requests: 300, clients: 3, pipeline: 4, ratio: '1:1' };
    const { totals, errors, openByTarget } = await run(targets, input);
    expect([totals.answered, errors]).toEqual([300, {}]);
    expect(targets.map(({ seen }) => seen.length)).toEqual([300, 300, 300]);
    expect(targets.map(({ connections }) => connections)).toEqual([3, 3, 3]);
    expect(openByTarget).toEqual([3, 3, 3]);
    // One a request under way, and one more.
    expect(targets[1]?.ports.size).toBe(3 * 5);
  });

  test('gives every answer to its request, in whatever order they come', async () => {
    const isLost = (key: number): boolean => key % 10 === 3;
    let seen = 0;
    const target = await open({
      fate: ({ key }) => {
        seen += 1;
        return isLost(numberOf(key)) ? [] : [(seen * 7) % 23];
      },
    });
    const input = { driver, rate: 500, duration: '400ms', clients: 2, timeout: '800ms' };
    const { totals, errors, acknowledged, unknown } = await run([target], input);
    const all = Array.from({ length: 200 }, (_, key) => key);
    expect(errors).toEqual({ timeout: 20 });
    expect([totals.answered, totals.lateAnswers]).toEqual([180, 0]);
    expect([...acknowledged].sort((a, b) => a - b)).toEqual(all.filter((key) => !isLost(key)));
    expect([...unknown].sort((a, b) => a - b)).toEqual(all.filter(isLost));
  });
});

describe('DatagramLane', () => {
  test('counts a late answer as late, and as nothing else', async () => {
    const target = await open({ fate: ({ key }) => [numberOf(key) % 10 === 3 ? 900 : 0] });
    const input = { rate: 100, duration: '500ms', clients: 1, timeout: '500ms', cooldown: '1s' };
    const { totals, errors, acknowledged } = await run([target], input);
    expect(errors).toEqual({ timeout: 5 });
    // Late ones are done all the same. Behind the 50th begins the cool-down.
    const measured = acknowledged.filter((key) => key < 50);
    expect([totals.answered, totals.lateAnswers, measured.length]).toEqual([45, 5, 50]);
    expect(totals.both('raw').maxNs).toBeGreaterThan(890e6);
  });

  test('never takes a late answer of a request that was given up for the next one', async () => {
    // One at a time: each lost lane begins anew while the answer of its request is on its way.
    const target = await open({ fate: ({ key }) => (numberOf(key) < 3 ? [300] : []) });
    const input = { requests: 6, clients: 1, timeout: '100ms' };
    const { totals, errors, acknowledged, unknown } = await run([target], input);
    expect([errors, totals.answered, acknowledged]).toEqual([{ timeout: 6 }, 0, []]);
    expect(unknown).toEqual([0, 1, 2, 3, 4, 5]);
    expect(target.ports.size).toBe(6);
  });

  test('ends where an answer comes twice', async () => {
    const target = await open({ fate: ({ key }) => (numberOf(key) === 20 ? [0, 0] : [0]) });
    const { totals, errors } = await run([target], { requests: 100, clients: 1, pipeline: 4 });
    expect(Object.keys(errors)).toEqual(['twice']);
    expect(totals.answered + (errors['twice'] ?? 0)).toBe(100);
    expect(target.connections).toBe(2);
  });

  test('ends where it is answered on the connection, or by what is no answer', async () => {
    const target = await open({ says: '404-cmd not found\n' });
    const { errors } = await run([target], { requests: 4, clients: 1, pipeline: 4 });
    expect(errors).toEqual({ protocol: 4 });
  });

  test('goes on without a replica that is gone, and ends without all of them', async () => {
    const targets = [await open(), await open({ follows: true })];
    const input = { requests: 400, clients: 2, pipeline: 2, 'key-pattern': 'uniform' };
    const some = await run(targets, input, () => void targets[1]?.close());
    expect([some.totals.answered, some.errors]).toEqual([400, {}]);
    expect(some.openByTarget).toEqual([2, 0]);
    closers.splice(1, 1);
    const last = targets[0] as DemoTarget;
    const none = await run([last], { rate: 1000, duration: '300ms', timeout: '100ms' }, () => {
      setTimeout(() => void last.close(), 100);
    });
    closers.splice(0, 1);
    expect(none.totals.answered).toBeGreaterThan(0);
    expect(none.totals.answered + none.totals.failed).toBe(300);
    expect(none.openByTarget).toEqual([0]);
  });

  test('does not begin where a replica is not there', async () => {
    const [here, gone] = [await open(), await DemoTarget.open()];
    const { address } = gone;
    await gone.close();
    const workload = resolveWorkload({ driver: 'raft-demo', clients: 2, workers: 1 });
    const generator = new LoadGenerator({
      ...{ workload, worker: 0, clock: { now: () => 0 }, onDone: () => {} },
      targets: [{ address: here.address }, { address }],
    });
    closers.push(() => generator.close());
    await expect(generator.connect()).rejects.toThrow(`ECONNREFUSED ${address}`);
  });
});

describe('raft-demo-a', () => {
  test('reads answers that are cut anywhere, one at a time', async () => {
    const target = await open({ cuts: true });
    const input = { driver: 'raft-demo-a', requests: 60, clients: 4, ratio: '1:1' };
    const { totals, errors } = await run([target], input);
    expect([totals.answered, errors, target.seen.length]).toEqual([60, {}, 60]);
  });

  test('takes no read for the write that a follower has dropped', async () => {
    const targets = [await open({ follows: true }), await open()];
    const input = {
      ...{ driver: 'raft-demo-a', rate: 100, duration: '1s', clients: 1, timeout: '600ms' },
      ratio: '1:1',
    };
    const { totals, errors, acknowledged } = await run(targets, input);
    // The first write ends the connection; the next target leads.
    expect(errors).toEqual({ timeout: 1 });
    expect(totals.answered).toBe(99);
    const led = new Set([...(targets[1]?.values.keys() ?? [])].map(numberOf));
    expect(acknowledged.every((key) => led.has(key))).toBe(true);
  });
});

describe('DatagramReadBack', () => {
  const KEY = 'key:00000000000';

  test('reads what is there, and never by an answer to another question', async () => {
    const target = await open({ fate: ({ key }) => [numberOf(key) === 1 ? 600 : 0] });
    for (const key of [1, 2]) target.values.set(`${KEY}${key}`, `${MARK}00000000000${key}xyz`);
    const workload = resolveWorkload({ driver: 'raft-demo', verify: true, timeout: '400ms' });
    const reader = new DatagramReadBack({
      ...{ workload, mark: MARK, targets: [{ address: target.address }] },
    });
    closers.push(() => reader.close());
    expect(reader.nameOf(1)).toBe(`${KEY}1`);
    expect(await reader.read(1)).toBe(null);
    const until = performance.now() + 400;
    while (performance.now() < until) {
      expect(await reader.read(2)).toMatchObject({ kind: 'ok', stamp: 2 });
      expect(await reader.read(3)).toMatchObject({ kind: 'missing', stamp: null });
    }
  });
});
