/** How fast the programs of older systems are: what was promised for each. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { raftctl, run, withCluster } from './cluster.js';
import { ratesOf, withOlder } from './older.js';
import { hasRedis, withRedis } from './redis.js';
import { median, round } from './statistics.js';

const NOT_MEASURED = 'not measured: no redis-benchmark here';
const TESTS = ['SET', 'GET', 'SADD', 'ZADD'];
const CLIENTS = 19;
/** Short runs say that a measurement works, and no more. */
const sized = (flags, number, short) => (flags.short ? short : number);

/** goraft's stress program, again and again. */
export async function stress({ ports, flags, say }) {
  const entries = sized(flags, 50_000, 2000);
  const rates = [];
  let failures = 0;
  await withOlder(async (programs) => {
    const words = ['stress', '-entries', String(entries), '-port', String(ports.base)];
    for (let i = 0; i < flags.rounds; i += 1) {
      const text = await programs.run('stress', words, true);
      const rate = Number(/^Total time: .*Throughput: (\d+) entries/m.exec(text)?.[1]);
      if (!/^ok$/m.test(text)) {
        failures += 1;
        say(`  failed: ${text.slice(-300)}`);
      } else rates.push(rate);
    }
  });
  const entriesPerSecond = rates.length === 0 ? 0 : round(median(rates));
  return {
    text: `ok ${rates.length} of ${flags.rounds} times, ${entriesPerSecond} entries/s (median of ${entries} entries each)`,
    target: 'always ok; >= 40000 entries/s',
    isMet: failures === 0 && entriesPerSecond >= 40_000,
    values: { entries, failures, entriesPerSecond, rates },
  };
}

/** hraftd's fork with three nodes against a Redis that syncs every write, in turns. */
export async function fork({ ports, flags }) {
  const target = '>= 0.45 of Redis, appendfsync always, with each command';
  if (!(await hasRedis())) return { text: NOT_MEASURED, target, isMet: null, values: null };
  const requests = String(sized(flags, 100_000, 10_000));
  const rates = async (port) => {
    const load = ['-t', 'set,get,sadd,zadd', '-n', requests, '-c', '50', '-P', '16', '--csv'];
    const { stdout, stderr } = await run('redis-benchmark', ['-p', String(port), ...load]);
    if (/error from server/i.test(stdout + stderr)) throw new Error(`errors: ${stdout}${stderr}`);
    return ratesOf(stdout);
  };
  const rounds = [];
  await withOlder(async (programs) => {
    for (const i of [0, 1, 2]) await startFork(programs, ports.base, i);
    await programs.voters(ports.base + 10, 3);
    await withRedis(ports.redis, async () => {
      const redisPort = ports.base + 20;
      for (const port of [redisPort, ports.redis]) await rates(port);
      for (let i = 0; i < flags.rounds; i += 1) {
        const order = i % 2 === 0 ? [redisPort, ports.redis] : [ports.redis, redisPort];
        const found = {};
        for (const port of order) found[port === redisPort ? 'fork' : 'redis'] = await rates(port);
        rounds.push(found);
      }
    });
  });
  const ratios = Object.fromEntries(
    TESTS.map((name) => [name, round(median(rounds.map((r) => r.fork[name] / r.redis[name])), 3)]),
  );
  const shown = TESTS.map((name) => {
    const each = ['fork', 'redis'].map((who) => round(median(rounds.map((r) => r[who][name]))));
    return `${name} ${ratios[name]} (${each.join(' against ')} a second)`;
  });
  return {
    text: `${shown.join(', ')}; medians of ${flags.rounds} pairs, both warm`,
    target,
    isMet: Object.values(ratios).every((ratio) => ratio >= 0.45),
    values: { ratios, rounds },
  };
}

function startFork(programs, base, i) {
  const own = ['-haddr', `:${base + i}`, '-raddr', `:${base + 10 + i}`];
  const join = i === 0 ? [] : ['-join', `:${base}`];
  const redis = ['-redisPort', String(base + 20 + i)];
  return programs.start(`fork${i}`, ['hraftd-redis', ...own, ...redis, ...join, `node${i}`]);
}

/** diskstorage, every write synced on a majority before it is answered. */
export async function diskstorage({ ports, flags }) {
  const target = '>= 3000 sets/s, 50 clients, one request at a time each';
  if (!(await hasRedis())) return { text: NOT_MEASURED, target, isMet: null, values: null };
  const value = 'x'.repeat(1000);
  const rates = await withCluster(ports.base, async (cluster) => {
    const own = ['-n', '3', '--port-base', String(ports.base), '--dir', cluster.directory];
    await raftctl('cluster', 'up', 'figures', '--app', 'diskstorage', ...own, '--detach');
    const found = [];
    for (let i = 0; i < flags.rounds; i += 1) {
      const { port } = await cluster.leader();
      const load = ['-n', String(sized(flags, 60_000, 3000)), '-c', '50', '-r', '100000', '--csv'];
      const set = ['SET', '__rand_int__', value];
      const { stdout, stderr } = await run('redis-benchmark', [
        ...['-p', String(port), ...load, ...set],
      ]);
      if (/error/i.test(stdout + stderr)) throw new Error(`errors: ${stdout}${stderr}`);
      found.push(ratesOf(stdout).SET);
    }
    return found;
  });
  const setsPerSecond = round(median(rates));
  return {
    text: `${setsPerSecond} sets/s of 1,000 bytes on three nodes, fsync always (median of ${rates.length})`,
    target,
    isMet: setsPerSecond >= 3000,
    values: { setsPerSecond, rates },
  };
}

/** An application log is handed out and installed. */
export async function recovery({ ports, flags }) {
  const target = '>= 500000 commands/s installed, >= 200 MB/s transferred';
  if (!(await hasRedis())) return { text: NOT_MEASURED, target, isMet: null, values: null };
  const [port, raft, hrecov] = [ports.base, ports.base + 1, ports.base + 2].map((p) => `:${p}`);
  const runs = await withOlder(async (programs) => {
    const log = `-logfolder=${programs.folder}/`;
    const own = ['-id', 'node0', '-port', port, '-raft', raft, '-hrecov', hrecov];
    await programs.start('node0', ['kvstore', ...own, log]);
    await programs.voters(ports.base + 1, 1);
    const records = String(sized(flags, 2_000_000, 50_000));
    const load = ['-t', 'set', '-n', records, '-r', '100000', '-d', '128', '-c', '50', '-P', '64'];
    await run('redis-benchmark', ['-p', String(ports.base), ...load, '-q']);
    const found = [];
    for (let i = 0; i < flags.rounds; i += 1) {
      const text = await programs.run('client', ['recovery', '-recov', hrecov, '-sleep', '0']);
      const [transferNs, installNs, bytes, commands] = [...text.matchAll(/: (\d+)$/gm)]
        .slice(-4)
        .map(([, number]) => Number(number));
      found.push({
        ...{ bytes, commands },
        commandsPerSecond: round(commands / (installNs / 1e9)),
        megabytesPerSecond: round(bytes / 1e6 / (transferNs / 1e9)),
      });
    }
    return found;
  });
  const commandsPerSecond = median(runs.map((one) => one.commandsPerSecond));
  const megabytesPerSecond = median(runs.map((one) => one.megabytesPerSecond));
  const [{ bytes, commands }] = runs;
  const what = `${commands} records, ${round(bytes / 1e6)} MB; medians of ${runs.length}`;
  return {
    text: `${commandsPerSecond} commands/s installed, ${megabytesPerSecond} MB/s transferred (${what})`,
    target,
    isMet: commandsPerSecond >= 500_000 && megabytesPerSecond >= 200,
    values: { commandsPerSecond, megabytesPerSecond, runs },
  };
}

/** raft-demo's load generator against three of its servers. */
export async function loadgen({ ports, flags }) {
  const rates = await withOlder(async (programs) => {
    const at = (i) => ['-port', `:${ports.base + i}`, '-raft', `:${ports.base + 10 + i}`];
    const hjoin = `:${ports.base + 20}`;
    await programs.start('node0', ['kvstore', '-id', 'node0', ...at(0), '-hjoin', hjoin]);
    for (const i of [1, 2]) {
      await programs.start(`node${i}`, ['kvstore', '-id', `node${i}`, ...at(i), '-join', hjoin]);
    }
    await programs.voters(ports.base + 10, 3);
    const addresses = [0, 1, 2].map((i) => `"127.0.0.1:${ports.base + i}"`).join(', ');
    writeFileSync(
      join(programs.folder, 'c.toml'),
      `rep = 3\nsvrIps = [${addresses}]\nudpport = ${ports.base + 30}\nthinkingTimeMsec = 0\n`,
    );
    const seconds = String(sized(flags, 30, 3));
    const load = ['-clients', String(CLIENTS), '-time', seconds, '-key', '100000', '-data', '1'];
    const found = [];
    for (let i = 0; i < flags.rounds; i += 1) {
      const words = ['loadgen', ...load, '-config', join(programs.folder, 'c.toml'), '-log', '0'];
      const text = await programs.run('load', words);
      const [, count, took] = /Executed (\d+) requests.* in ([\d.]+) seconds/.exec(text) ?? [];
      if (count === undefined) throw new Error(`loadgen said: ${text}`);
      found.push(round(Number(count) / Number(took)));
    }
    return found;
  });
  const perSecond = median(rates);
  return {
    text: `${perSecond} commands/s of ${CLIENTS} clients, 1 KiB, three servers (median of ${rates.length})`,
    target: '>= 2500 commands/s',
    isMet: perSecond >= 2500,
    values: { perSecond, rates },
  };
}
