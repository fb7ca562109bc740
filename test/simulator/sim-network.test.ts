import { describe, expect, test } from 'vitest';
import { Scheduler } from '../../src/simulator/scheduler.ts';
import { SimEndpoint } from '../../src/simulator/sim-endpoint.ts';
import { SimNetwork } from '../../src/simulator/sim-network.ts';
import { SimProcess } from '../../src/simulator/sim-process.ts';
import { Prng } from '../../src/std/prng.ts';
import { describeNetwork } from '../contracts/network-contract.ts';
import { AsyncLoop, CLUSTER, Ends, fairWeather } from '../doubles/sim-rig.ts';

describeNetwork('the simulator', async () => {
  const scheduler = new Scheduler();
  const network = new SimNetwork({
    ...{ scheduler, cluster: CLUSTER, members: [1, 2, 3], prng: new Prng(1) },
    ...{ weather: fairWeather(), onLeave: () => {}, onArrive: () => {} },
  });
  const loop = new AsyncLoop(scheduler);
  return {
    open: async (member) => new SimEndpoint(network, member, new SimProcess(scheduler)),
    close: () => loop.stop(),
  };
});

describe('SimNetwork', () => {
  test('SimNetwork carries nothing over a blocked link, and all over its twin', async () => {
    const ends = await Ends.open({});
    ends.network.block(1, 2);
    await ends.exchange(10);
    expect([ends.received(2), ends.received(1)]).toEqual([[], ends.rounds(10)]);
    ends.network.unblock(1, 2);
    await ends.exchange(5);
    expect(ends.received(2)).toEqual(ends.rounds(5));
  });

  test('SimNetwork drops, doubles and reorders as the weather says', async () => {
    const dropping = await Ends.open({ dropChance: 0.5 });
    await dropping.exchange(200);
    expect(dropping.received(2).length).toBeGreaterThan(60);
    expect(dropping.received(2).length).toBeLessThan(140);
    const doubling = await Ends.open({ duplicateChance: 1 });
    await doubling.exchange(50);
    expect(doubling.received(2)).toHaveLength(100);
    const reordering = await Ends.open({ reorderChance: 0.5, reorderMsMax: 50 });
    await reordering.exchange(50);
    const received = reordering.received(2);
    expect(received).not.toEqual(reordering.rounds(50));
    expect([...received].sort((a, b) => a - b)).toEqual(reordering.rounds(50));
  });

  test('SimNetwork loses what is under way when a connection breaks, and tells both ends', async () => {
    const ends = await Ends.open({ delayMsMin: 5 });
    ends.send(1, 2, 1);
    ends.network.reset(1, 2);
    await ends.pass(100);
    expect(ends.received(2)).toEqual([]);
    expect([ends.links(1), ends.links(2)]).toEqual([
      ['up', 'down', 'up'],
      ['up', 'down', 'up'],
    ]);
  });

  test('SimNetwork tells nobody of a power cut until the member is back', async () => {
    const ends = await Ends.open({});
    ends.kill(2, true);
    await ends.pass(1000);
    expect(ends.links(1)).toEqual(['up']);
    ends.boot(2);
    await ends.pass(100);
    expect(ends.links(1)).toEqual(['up', 'down', 'up']);
  });

  test('SimNetwork calls a blocked connection broken after a while', async () => {
    const ends = await Ends.open({ breakAfterMs: 50 });
    ends.network.block(1, 2);
    await ends.pass(40);
    expect(ends.links(2)).toEqual(['up']);
    await ends.pass(1000);
    expect([ends.links(1), ends.links(2)]).toEqual([
      ['up', 'down'],
      ['up', 'down'],
    ]);
  });
});
