import { afterEach, describe, expect, test, vi } from 'vitest';
import { RespTarget, type RespTargetInit } from '../../test/doubles/resp-target.ts';
import { LoadGenerator } from './load-generator.ts';
import { RunClock } from './run-clock.ts';
import { Totals } from './totals.ts';
import { resolveWorkload } from './workload.ts';
import type { WorkloadInput } from './workload-fields.ts';

const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) await close();
});

async function open(init: RespTargetInit = {}): Promise<RespTarget> {
  const target = await RespTarget.open(init);
  closers.push(() => target.close());
  return target;
}

interface Run {
  readonly totals: Totals;
  readonly openAtEnd: number;
}

/** One worker's load in this thread, to its end; `during` happens when it begins. */
async function run(
  targets: readonly RespTarget[],
  input: WorkloadInput,
  during: (generator: LoadGenerator) => void = () => {},
): Promise<Run> {
  const workload = resolveWorkload({ workers: 1, warmup: 0, ratio: '1:0', ...input });
  const clock = new RunClock(process.hrtime.bigint());
  let onDone = (): void => {};
  const done = new Promise<void>((resolve) => {
    onDone = resolve;
  });
  const generator = new LoadGenerator({
    ...{ workload, clock, onDone, worker: 0 },
    targets: targets.map(({ address }) => ({ address })),
  });
  closers.push(() => generator.close());
  await generator.connect();
  generator.start(clock.now());
  during(generator);
  const beats = setInterval(() => generator.pump(), 1);
  await done;
  clearInterval(beats);
  const totals = new Totals(workload.ratePerSecond !== null);
  totals.add(generator.tally.take());
  const openAtEnd = generator.openByTarget.reduce((a, b) => a + b, 0);
  return { totals, openAtEnd };
}

const errorsOf = ({ totals }: Run) => Object.fromEntries(totals.errors);

/** Counts the answers it gets. */
class CountingGenerator extends LoadGenerator {
  answers = 0;

  override onAnswer(...told: Parameters<LoadGenerator['onAnswer']>): void {
    this.answers += 1;
    super.onAnswer(...told);
  }
}

const TURNS_OF_REST = 3;
const NS_PER_MS = 1e6;

/** Until nothing is under way between the two, and nothing more is sent. */
async function settled(generator: CountingGenerator, target: RespTarget): Promise<void> {
  for (let rest = 0; rest < TURNS_OF_REST; ) {
    const { tally, answers } = generator;
    await new Promise((resolve) => setImmediate(resolve));
    const isAtRest = tally.sent === target.requests && answers === target.answered;
    rest = isAtRest && answers === generator.answers ? rest + 1 : 0;
  }
}

/**
 * As `run`, in time that only moves here: a millisecond at once, and not before all that was sent
 * has arrived. However slow the machine is, generator and target take no time.
 *
 * @param at what happens at which millisecond.
 */
async function runInSteps(
  target: RespTarget,
  input: WorkloadInput,
  at: Readonly<Record<number, (generator: LoadGenerator) => void>> = {},
): Promise<Run> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const workload = resolveWorkload({ workers: 1, warmup: 0, ratio: '1:0', ...input });
  let nowMs = 0;
  let isDone = false;
  const generator = new CountingGenerator({
    ...{ workload, worker: 0, targets: [{ address: target.address }] },
    clock: { now: () => nowMs * NS_PER_MS },
    onDone: () => {
      isDone = true;
    },
  });
  closers.push(() => generator.close());
  await generator.connect();
  generator.start(0);
  for (; !isDone; nowMs += 1) {
    at[nowMs]?.(generator);
    vi.advanceTimersByTime(nowMs === 0 ? 0 : 1);
    generator.pump();
    await settled(generator, target);
  }
  const totals = new Totals(workload.ratePerSecond !== null);
  totals.add(generator.tally.take());
  return { totals, openAtEnd: generator.openByTarget.reduce((a, b) => a + b, 0) };
}

describe('LoadGenerator in an open loop', () => {
  test('LoadGenerator counts a stall for every request that was due in it', async () => {
    const target = await open();
    const input = { rate: 1000, duration: '1s', clients: 2, pipeline: 1 };
    const { totals } = await runInSteps(target, input, { 300: () => target.stall(300) });
    const corrected = totals.both('corrected');
    const raw = totals.both('raw');
    expect([corrected.count, raw.count, totals.answered, totals.failed]).toEqual([
      1000, 1000, 1000, 0,
    ]);
    // 300 of 1000 were due while nobody answered: they waited from 1 to 300 ms.
    for (const [percent, ms] of [
      [70, 1],
      [85, 150],
      [99, 290],
      [100, 300],
    ] as const) {
      expect(Math.round(corrected.percentileNs(percent) / NS_PER_MS)).toBe(ms);
    }
    // Only one on each connection was under way: timed from its own sending, the stall is hidden.
    expect(Math.round(raw.maxNs / NS_PER_MS)).toBe(299);
    expect(raw.percentileNs(99.8)).toBeLessThan(NS_PER_MS);
    // The target was late, not the generator.
    expect(totals.lateness.count).toBe(1000);
    expect(totals.lateness.maxNs).toBeLessThanOrEqual(NS_PER_MS * 1.01);
  });

  test('LoadGenerator goes on behind the measurement, and counts nothing of that', async () => {
    const target = await open();
    const input = { rate: 1000, duration: '300ms', warmup: '100ms', cooldown: '200ms', clients: 2 };
    const { totals } = await run([target], input);
    expect(target.requests).toBe(600);
    expect([totals.sent, totals.answered, totals.lateness.count]).toEqual([300, 300, 300]);
  });

  test('LoadGenerator writes values of several sizes as often as it is told', async () => {
    const sizes = new Map<string, number>();
    const target = await open({
      onBytes: (bytes) => {
        for (const [, size = ''] of bytes
          .toString('latin1')
          .matchAll(/\$(\d+)\r\n[A-Za-z0-9]{20}/g)) {
          sizes.set(size, (sizes.get(size) ?? 0) + 1);
        }
      },
    });
    const input = { 'data-size-list': '32:75,200:25', requests: 2000, clients: 4 };
    expect((await run([target], input)).totals.answered).toBe(2000);
    expect([...sizes.keys()].sort()).toEqual(['200', '32']);
    expect((sizes.get('200') ?? 0) / 2000).toBeCloseTo(0.25, 1);
  });

  test('LoadGenerator leaves nothing out that was due, though nobody ever answers', async () => {
    const target = await open({ answer: () => null });
    const input = { rate: 500, duration: '400ms', clients: 2, pipeline: 4, timeout: '150ms' };
    const result = await runInSteps(target, input);
    const { totals } = result;
    const errors = errorsOf(result);
    expect(totals.answered).toBe(0);
    expect((errors['timeout'] ?? 0) + (errors['unsent'] ?? 0)).toBe(200);
    expect(Object.keys(errors).sort()).toEqual(['timeout', 'unsent']);
    expect(totals.both('corrected').count).toBe(200);
    expect(totals.both('raw').count).toBe(totals.sent);
    // The first was due at the start, and the run ends 150 ms after its 400.
    expect(totals.both('corrected').maxNs).toBeGreaterThan(300e6);
  });

  test('LoadGenerator counts an answer after the timeout as failed, with its true time', async () => {
    const target = await open();
    const input = { rate: 100, duration: '500ms', clients: 1, timeout: '100ms' };
    const result = await runInSteps(target, input, { 50: () => target.stall(250) });
    // Due from 50 to 170 ms: what is late is looked for every 25 ms, the last time at 275.
    expect(errorsOf(result)).toEqual({ timeout: 13 });
    expect([result.totals.lateAnswers, result.totals.answered]).toEqual([13, 37]);
    expect(result.totals.both('corrected').count).toBe(50);
    expect(Math.round(result.totals.both('corrected').maxNs / NS_PER_MS)).toBe(249);
  });

  test('LoadGenerator does not count the warm-up', async () => {
    const target = await open();
    const input = { rate: 1000, duration: '100ms', warmup: '200ms', clients: 2 };
    const { totals } = await run([target], input);
    expect(target.requests).toBe(300);
    expect([totals.sent, totals.answered, totals.lateness.count]).toEqual([100, 100, 100]);
  });

  test('LoadGenerator stops where it is told to', async () => {
    const target = await open();
    const input = { rate: 1000, duration: '60s', clients: 2 };
    const { totals } = await runInSteps(target, input, { 200: (generator) => generator.stop() });
    expect([totals.answered, target.requests, totals.failed]).toEqual([200, 200, 0]);
  });
});

describe('LoadGenerator in a closed loop', () => {
  test('LoadGenerator sends exactly as many as asked for, and plans no times', async () => {
    const target = await open();
    const { totals } = await run([target], { requests: 103, clients: 3, pipeline: 4 });
    expect([target.requests, target.connections]).toEqual([103, 3]);
    expect([totals.sent, totals.answered, totals.raw[0].count]).toEqual([103, 103, 103]);
    expect([totals.both('corrected').count, totals.lateness.count]).toEqual([0, 0]);
  });

  test('LoadGenerator sends a pipeline in one piece and the next after all answers', async () => {
    const sizes: number[] = [];
    const onBytes = (bytes: Buffer): unknown => sizes.push(bytes.length);
    const target = await open({ onBytes });
    await run([target], { requests: 80, clients: 1, pipeline: 8, 'data-size': 100 });
    expect(sizes).toHaveLength(10);
    expect(new Set(sizes).size).toBe(1);
  });

  test('LoadGenerator counts refusals by their first word, without a latency', async () => {
    const target = await open({
      answer: (request) => (request % 4 === 0 ? '-NOLEADER nobody leads\r\n' : '$-1\r\n'),
    });
    const result = await run([target], { requests: 100, clients: 2, ratio: '0:1' });
    expect(errorsOf(result)).toEqual({ NOLEADER: 25 });
    expect(result.totals).toMatchObject({ answered: 75, missing: 75 });
    expect(result.totals.raw[1].count).toBe(75);
  });

  test('LoadGenerator opens a lost connection again at the next target', async () => {
    const first = await open({
      answer: (request, socket) => {
        if (request < 20) return '+OK\r\n';
        socket.destroy();
        return null;
      },
    });
    const second = await open();
    const result = await run([first, second], { requests: 200, clients: 1 });
    expect(errorsOf(result)).toEqual({ reset: 1 });
    expect(result.totals.answered).toBe(199);
    expect([first.connections, second.connections]).toEqual([1, 1]);
  });

  test('LoadGenerator gives up when the target is gone and only a count would end it', async () => {
    const target = await open();
    const input = { requests: 1_000_000, clients: 2, timeout: '200ms' };
    const result = await run([target], input, () => {
      setTimeout(() => void target.close(), 100);
    });
    closers.splice(0, 1);
    expect(result.openAtEnd).toBe(0);
    expect(errorsOf(result)['reset'] ?? 0).toBeLessThanOrEqual(2);
    expect(result.totals.sent).toBe(result.totals.answered + result.totals.failed);
  });

  test('LoadGenerator drops a target that does not speak the protocol', async () => {
    const target = await open({ answer: () => 'HTTP/1.1 400 Bad Request\r\n\r\n' });
    const result = await run([target], { requests: 5, clients: 1 });
    expect(errorsOf(result)).toEqual({ protocol: 5 });
  });

  test('LoadGenerator keeps bytes whole that the system does not take at once', async () => {
    const size = 200 * 1024;
    const frameBytes =
      `*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000000\r\n$${size}\r\n`.length + size + 2;
    const chunks: Buffer[] = [];
    let seen = 0;
    const target = await open({
      answer: () => null,
      onBytes: (bytes, socket) => {
        const framesBefore = Math.floor(seen / frameBytes);
        seen += bytes.length;
        chunks.push(Buffer.from(bytes));
        socket.write('+OK\r\n'.repeat(Math.floor(seen / frameBytes) - framesBefore));
        socket.pause();
        setImmediate(() => socket.resume());
      },
    });
    const input = { requests: 24, clients: 1, pipeline: 8, 'data-size': size };
    const { totals } = await run([target], { ...input, 'key-pattern': 'seq', timeout: '30s' });
    expect(totals.answered).toBe(24);
    const stream = Buffer.concat(chunks).toString('latin1');
    const requests = stream.split('*3\r\n').slice(1);
    const keys = requests.map((text) => /^\$3\r\nSET\r\n\$16\r\nkey:(\d{12})\r\n/.exec(text)?.[1]);
    expect(keys.map(Number)).toEqual(Array.from({ length: 24 }, (_, i) => i));
    const values = requests.map((text) => text.split('\r\n')[5]);
    expect(new Set(values).size).toBe(1);
    expect(values[0]).toHaveLength(size);
  });
});
