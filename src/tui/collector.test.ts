import { expect, test } from 'vitest';
import { fakeStatus } from '../../test/doubles/node-status.ts';
import { Collector } from './collector.ts';

test('Collector asks nodes of another program by its own way, and rates them from outside', async () => {
  let looks = 0;
  const collector = new Collector({
    cluster: {
      name: 'other',
      app: 'etcd',
      nodes: [1, 2, 3].map((member) => ({
        ...{ id: `n${member}`, member },
        adminAddress: '127.0.0.1:9',
      })),
    },
    silenceOf: async () => ({ state: 'down', error: 'it runs and does not answer' }),
    benches: async () => [],
    engine: {
      name: 'etcd',
      statusOf: async (id) => {
        if (id === 'n3') throw new Error('no answer');
        const member = Number(id.slice(1));
        const role = id === 'n1' ? 'leader' : 'follower';
        return fakeStatus({ id, member, pid: member, role, commitIndex: 1000 * looks });
      },
      usageOf: async (pid) => ({ cpuMs: 10 * looks, rssBytes: pid * 1024 }),
    },
  });
  collector.start();
  looks = 1;
  const first = await collector.look();
  expect(first.nodes.map(({ state, load }) => [state, load?.commandsPerS])).toEqual([
    ['up', 0],
    ['up', 0],
    ['down', undefined],
  ]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  looks = 2;
  const { nodes, engine, app } = await collector.look();
  expect({ engine, app }).toEqual({ engine: 'etcd', app: 'etcd' });
  const [leader, follower] = nodes;
  // A thousand entries and ten milliseconds of processor in some twenty milliseconds.
  expect(leader?.load?.commandsPerS).toBeGreaterThan(1000);
  expect(leader?.load?.commandsPerS).toBeLessThan(60_000);
  expect(leader?.load?.cpuShare).toBeGreaterThan(0);
  expect(follower?.load).toMatchObject({ commandsPerS: 0, rssBytes: 2048 });
  expect(await collector.batches()).toEqual({});
  collector.close();
});
