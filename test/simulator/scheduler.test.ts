import { expect, test } from 'vitest';
import { Scheduler } from '../../src/simulator/scheduler.ts';
import { SimClock, SimProcess } from '../../src/simulator/sim-process.ts';
import { Prng } from '../../src/std/prng.ts';

const forever = (): boolean => false;

test('Scheduler runs tasks by time, and those of one moment in the order asked', async () => {
  const scheduler = new Scheduler();
  const prng = new Prng(7);
  const order: { time: number; asked: number }[] = [];
  for (let asked = 0; asked < 1000; asked += 1) {
    const time = prng.between(0, 50);
    scheduler.schedule(time, () => order.push({ time: scheduler.nowMs, asked }));
  }
  await scheduler.runUntil(100, forever);
  const sorted = [...order].sort((a, b) => a.time - b.time || a.asked - b.asked);
  expect(order).toHaveLength(1000);
  expect(order).toEqual(sorted);
  expect(scheduler.nowMs).toBe(100);
});

test('Scheduler runs neither cancelled tasks nor those past the end', async () => {
  const scheduler = new Scheduler();
  const ran: string[] = [];
  scheduler.cancel(scheduler.schedule(1, () => ran.push('cancelled')));
  scheduler.schedule(5, () => ran.push('in time'));
  scheduler.schedule(11, () => ran.push('too late'));
  await scheduler.runUntil(10, forever);
  expect(ran).toEqual(['in time']);
  await scheduler.runUntil(11, forever);
  expect(ran).toEqual(['in time', 'too late']);
});

test('Scheduler lets promises go on before the next event', async () => {
  const scheduler = new Scheduler();
  const ran: string[] = [];
  const gate = scheduler.gate();
  let resolve: () => void = () => {};
  const waiting = gate.track(
    new Promise<void>((settle) => {
      resolve = settle;
    }),
  );
  const program = (async () => {
    await waiting;
    ran.push('first step');
    await Promise.resolve();
    ran.push('second step');
  })();
  scheduler.schedule(1, () => resolve());
  scheduler.schedule(1, () => ran.push('next event'));
  await scheduler.runUntil(2, forever);
  await program;
  expect(ran).toEqual(['first step', 'second step', 'next event']);
});

test('SimProcess holds back what arrives while it is paused, and keeps its order', async () => {
  const scheduler = new Scheduler();
  const process = new SimProcess(scheduler);
  const ran: string[] = [];
  process.pause();
  for (const name of ['a', 'b', 'c']) process.post(1, () => ran.push(name));
  await scheduler.runUntil(10, forever);
  expect(ran).toEqual([]);
  process.resume();
  process.post(0, () => ran.push('d'));
  await scheduler.runUntil(10, forever);
  expect(ran).toEqual(['a', 'b', 'c', 'd']);
});

test('SimProcess runs nothing any more once it is killed', async () => {
  const scheduler = new Scheduler();
  const process = new SimProcess(scheduler);
  const ran: string[] = [];
  process.post(1, () => ran.push('too late'));
  process.kill();
  process.post(1, () => ran.push('dead'));
  await scheduler.runUntil(10, forever);
  expect(ran).toEqual([]);
});

test('SimClock drifts: a fast clock shows more time, and its timers fire early', async () => {
  const scheduler = new Scheduler();
  const init = { monotonicStartMs: 1000, wallStartMs: 5000, turnMs: 0.5 };
  const clock = new SimClock(new SimProcess(scheduler), { ...init, rate: 1.1 });
  let firedAt = 0;
  clock.after(110, () => {
    firedAt = scheduler.nowMs;
  });
  const cancelled = clock.after(20, () => expect.unreachable('it was cancelled'));
  cancelled.cancel();
  await scheduler.runUntil(200, forever);
  expect(firedAt).toBeCloseTo(100);
  expect(clock.nowMs()).toBeCloseTo(1220);
  expect(clock.wallMs()).toBe(5220);
});
