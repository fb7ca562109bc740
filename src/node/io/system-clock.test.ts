import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { SystemClock } from './system-clock.ts';

describe('SystemClock', () => {
  const clock = new SystemClock();

  test('SystemClock.nowMs never goes backwards and has fractions', () => {
    let last = clock.nowMs();
    let fractions = 0;
    for (let i = 0; i < 10_000; i += 1) {
      const now = clock.nowMs();
      expect(now >= last).toBe(true);
      if (!Number.isInteger(now)) fractions += 1;
      last = now;
    }
    expect(fractions).toBeGreaterThan(9_000);
  });

  test('SystemClock.nowMs can be compared with another process of this machine', () => {
    const before = clock.nowMs();
    const code = 'process.stdout.write(String(Number(process.hrtime.bigint()) / 1e6))';
    const other = Number(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' }));
    const after = clock.nowMs();
    expect(other).toBeGreaterThan(before);
    expect(other).toBeLessThan(after);
  });

  test('SystemClock.wallMs is unix time', () => {
    const before = Date.now();
    const wall = clock.wallMs();
    expect(wall).toBeGreaterThanOrEqual(before);
    expect(wall).toBeLessThanOrEqual(Date.now());
  });

  test('SystemClock.after wakes once, and not when cancelled', async () => {
    const woken: string[] = [];
    clock.after(1, () => woken.push('cancelled')).cancel();
    await new Promise<void>((resolve) => {
      clock.after(1, () => woken.push('first'));
      clock.after(20, resolve);
    });
    expect(woken).toEqual(['first']);
  });

  test('SystemClock.defer runs after what is ready now, in order', async () => {
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      clock.defer(() => order.push('first'));
      clock.defer(() => {
        order.push('second');
        resolve();
      });
      process.nextTick(() => order.push('tick'));
      order.push('now');
    });
    expect(order).toEqual(['now', 'tick', 'first', 'second']);
  });
});
