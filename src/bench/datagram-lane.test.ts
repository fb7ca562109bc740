import { afterEach, describe, expect, test, vi } from 'vitest';
import { DemoTarget, type DemoTargetInit } from '../../test/doubles/demo-target.ts';
import { AnswerPort } from '../client/answer-port.ts';
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
  vi.restoreAllMocks();
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
    const input = { driver, rate: 500, duration: '400ms', clients: 2, timeout: '2s' };
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
    const target = await open({ fate: ({ key }) => [numberOf(key) % 10 === 3 ? 2400 : 0] });
    const input = {
      rate: 100,
      duration: '500ms',
      clients: 1,
      timeout: '1400ms',
      cooldown: '2500ms',
    };
    const { totals, errors, acknowledged } = await run([target], input);
    expect(errors).toEqual({ timeout: 5 });
    // Late ones are done all the same. Behind the 50th begins the cool-down.
    const measured = acknowledged.filter((key) => key < 50);
    expect([totals.answered, totals.lateAnswers, measured.length]).toEqual([45, 5, 50]);
    expect(totals.both('raw').maxNs).toBeGreaterThan(2300e6);
  });

  test('never takes a late answer of a request that was given up for the next one', async () => {
    // One at a time: each lost lane begins anew while the answer of its request is on its way.
    const target = await open({ fate: ({ key }) => (numberOf(key) < 3 ? [1000] : []) });
    const input = { requests: 6, clients: 1, timeout: '350ms' };
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
    const none = await run([last], { rate: 300, duration: '1s', timeout: '400ms' }, () => {
      setTimeout(() => void last.close(), 500);
    });
    closers.splice(0, 1);
    expect(none.totals.answered).toBeGreaterThan(0);
    expect(none.totals.answered + none.totals.failed).toBe(300);
    expect(none.openByTarget).toEqual([0]);
  });

  test('needs no more memory for a replica that stands still', async () => {
    const buffers = vi.spyOn(Buffer, 'allocUnsafeSlow');
    const targets = [await open(), await open({ standsStill: true })];
    const input = { requests: 12_000, clients: 1, pipeline: 4, 'data-size': 512 };
    const { totals, errors } = await run(targets, input);
    expect([totals.answered, errors]).toEqual([12_000, {}]);
    // 7 MB were said to it: more than the system takes and one connection may have waiting.
    await vi.waitFor(() => expect(targets[1]?.connections).toBeGreaterThan(1), 5000);
    expect(targets[0]?.connections).toBe(1);
    const large = buffers.mock.calls.filter(([size]) => size >= 64 * 1024);
    expect(large.length).toBeLessThan(50);
  });

  test('lets all that may be under way wait for a replica that reads', async () => {
    const target = await open();
    const input = { requests: 256, clients: 1, pipeline: 256, 'data-size': 60_000 };
    const { totals, errors } = await run([target], input);
    expect([totals.answered, errors, target.connections]).toEqual([256, {}, 1]);
  });

  test('takes a late port back where the system has no more', async () => {
    const target = await open({ fate: ({ key }) => [numberOf(key) < 2 ? 2000 : 300] });
    const real = AnswerPort.open;
    const ports = vi.spyOn(AnswerPort, 'open').mockImplementation((init) => {
      return ports.mock.calls.length > 17 ? Promise.reject(new Error('EADDRINUSE')) : real(init);
    });
    const input = { rate: 40, duration: '3500ms', clients: 1, pipeline: 16, timeout: '1200ms' };
    const { totals, errors } = await run([target], input);
    expect([totals.answered, totals.lateAnswers, errors]).toEqual([138, 2, { timeout: 2 }]);
    expect(ports.mock.calls.length).toBe(19);
    // All of them are named again behind the late answers.
    const last = target.seen.slice(-40).map(({ command }) => command.ip);
    expect(new Set(last).size).toBe(17);
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
      ...{ driver: 'raft-demo-a', rate: 40, duration: '2200ms', clients: 1, timeout: '1500ms' },
      ratio: '1:1',
    };
    const { totals, errors, acknowledged } = await run(targets, input);
    // The first write ends the connection; the next target leads.
    expect(errors).toEqual({ timeout: 1 });
    expect(totals.answered).toBe(87);
    const led = new Set([...(targets[1]?.values.keys() ?? [])].map(numberOf));
    expect(acknowledged.every((key) => led.has(key))).toBe(true);
  });
});
