/** redis-benchmark against the leader and against a Redis that syncs every write, in turns. */
import { withCluster } from './cluster.js';
import { hasRedis, setsPerSecond, withRedis } from './redis.js';
import { median, round } from './statistics.js';

const BENCHMARK_PAIRS = 5;

export async function benchmark({ ports }) {
  if (!(await hasRedis())) {
    return {
      text: 'not measured: no redis-server here',
      target: '>= 0.5',
      isMet: null,
      values: null,
    };
  }
  return withCluster(ports.base, async (cluster) => {
    await cluster.up();
    const pairs = await withRedis(ports.redis, async () => {
      const found = [];
      // Once unmeasured: a process that was just started compiles, and grows its heap.
      const { port } = await cluster.leader();
      for (const one of [port, ports.redis]) await setsPerSecond(one);
      for (let i = 0; i < BENCHMARK_PAIRS; i += 1) {
        const leader = await cluster.leader();
        // Each is first as often as it is second, as nearly as an odd number allows.
        const portOf = { raftctl: leader.port, redis: ports.redis };
        const names = i % 2 === 0 ? ['raftctl', 'redis'] : ['redis', 'raftctl'];
        const pair = {};
        for (const name of names) pair[name] = round(await setsPerSecond(portOf[name]));
        found.push({ ...pair, ratio: round(pair.raftctl / pair.redis, 3) });
      }
      return found;
    });
    const ratio = median(pairs.map((pair) => pair.ratio));
    const both = `${median(pairs.map((p) => p.raftctl))} against ${median(pairs.map((p) => p.redis))}`;
    return {
      text: `ratio ${ratio} (${both} sets/s, medians of ${BENCHMARK_PAIRS} pairs, both warm)`,
      target: '>= 0.5 of Redis, appendfsync always',
      isMet: ratio >= 0.5,
      values: { ratio, pairs },
    };
  });
}
