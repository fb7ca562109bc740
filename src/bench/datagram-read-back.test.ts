import { afterEach, describe, expect, test, vi } from 'vitest';
import { DemoTarget, type DemoTargetInit } from '../../test/doubles/demo-target.ts';
import { DatagramReadBack } from './datagram-read-back.ts';
import { newMark } from './values.ts';
import { resolveWorkload } from './workload.ts';

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

const numberOf = (key: string): number => Number(key.slice(-12));

describe('DatagramReadBack', () => {
  const KEY = 'key:00000000000';

  test('reads what is there, and never by an answer to another question', async () => {
    const target = await open({ fate: ({ key }) => [numberOf(key) === 1 ? 2200 : 0] });
    for (const key of [1, 2]) target.values.set(`${KEY}${key}`, `${MARK}00000000000${key}xyz`);
    const workload = resolveWorkload({ driver: 'raft-demo', verify: true, timeout: '1500ms' });
    const reader = new DatagramReadBack({
      ...{ workload, mark: MARK, targets: [{ address: target.address }] },
    });
    closers.push(() => reader.close());
    expect(reader.nameOf(1)).toBe(`${KEY}1`);
    expect(await reader.read(1)).toBe(null);
    const until = performance.now() + 1200;
    while (performance.now() < until) {
      expect(await reader.read(2)).toMatchObject({ kind: 'ok', stamp: 2 });
      expect(await reader.read(3)).toMatchObject({ kind: 'missing', stamp: null });
    }
  });

  test('keeps the ports of few questions without an answer', async () => {
    const target = await open({ fate: () => [] });
    const workload = resolveWorkload({ driver: 'raft-demo', verify: true, timeout: '5ms' });
    const reader = new DatagramReadBack({
      ...{ workload, mark: MARK, targets: [{ address: target.address }] },
    });
    closers.push(() => reader.close());
    const openPorts = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;
    const before = openPorts();
    for (let key = 0; key < 50; key += 1) expect(await reader.read(key)).toBe(null);
    // One is the target's own.
    await vi.waitFor(() => expect(openPorts()).toBeLessThanOrEqual(before + 33), 5000);
    expect(target.ports.size).toBeGreaterThan(32);
  });
});
