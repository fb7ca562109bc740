/**
 * Do `raftctl bench` and redis-benchmark say the same of the same server? Both load it in turns,
 * with the same keys, values, connections and pipeline; the ratio is taken pair by pair.
 *
 * Beside the ratio stands what makes the two differ, if they do: what each costs in processor time
 * per request (on a machine of few cores a costly generator slows what it measures), and how many
 * writes the server had in hand at each sync (a generator that sends in bursts lets it group more).
 */
import { readFileSync } from 'node:fs';
import { metricOf, page } from './admin.js';
import { cpuSecondsOf, run, withCluster } from './cluster.js';
import { bench, endedChildrenCpuSeconds, redisBenchmark } from './load.js';
import { hasRedis, withRedis } from './redis.js';
import { median, medianInterval, round } from './statistics.js';

const CLIENTS = 50;
const PIPELINES = [1, 16];
const PROBE_REQUESTS = 20_000;
const START_RUNS = 3;
/** How long one run of redis-benchmark takes, about. */
const RUN_SECONDS = 4;
/** Of what a closed loop gets through: what the open loop asks for whose lateness is shown. */
const OPEN_SHARE = 0.5;
const DIFFERENCE_MAX = 0.1;
/** An interval that reaches further out than this says that nothing was found out. */
const INTERVAL_REACH_MAX = 0.25;

/** What is compared; with `--variants` also more threads, which are not judged. */
const GENERATORS = {
  bench: { title: 'raftctl bench, 1 worker', load: benchLoad(1) },
  redis: { title: 'redis-benchmark', load: redisLoad(1) },
};
const VARIANTS = {
  bench2: { title: 'raftctl bench, 2 workers', load: benchLoad(2) },
  redis2: { title: 'redis-benchmark, 2 threads', load: redisLoad(2) },
};

function benchLoad(workers) {
  return async (port, { test, pipeline, requests }) => {
    const data = await bench(port, [
      ...['-c', String(CLIENTS), '--pipeline', String(pipeline), '-n', String(requests)],
      ...['--ratio', test === 'set' ? '1:0' : '0:1', '--workers', String(workers)],
      // Both know no rest before they count; this one has to be compiled first.
      ...['--warmup', requests === 1 ? '0s' : '1s'],
    ]);
    const { p50Us, p99Us } = data.latency.raw;
    return { rps: data.throughputPerSecond, p50Ms: p50Us / 1000, p99Ms: p99Us / 1000 };
  };
}

function redisLoad(threads) {
  return (port, { test, pipeline, requests }) =>
    redisBenchmark(port, { test, pipeline, requests, threads, clients: CLIENTS });
}

/** A server under test, and what it counts. */
function redisServer(pid, port) {
  return {
    name: 'Redis',
    port,
    cpuSeconds: () => cpuSecondsOf(pid),
    counts: async () => {
      const { stdout } = await run('redis-cli', ['-p', String(port), 'info', 'stats']);
      const commands = Number(/^total_commands_processed:(\d+)/m.exec(stdout)[1]);
      const writes = Number(/^syscw: (\d+)/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))[1]);
      return { commands, writes };
    },
    // Each turn writes the log once and syncs it; all other writes are replies, one a pipeline.
    syncsOf: ({ commands, writes }, pipeline) => writes - commands / pipeline,
  };
}

async function raftctlServer(cluster) {
  const leader = await cluster.leader();
  const pids = cluster.nodes.map(({ id }) => cluster.pidOf(id));
  return {
    name: 'raftctl',
    port: leader.port,
    cpuSeconds: () => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0),
    counts: async () => {
      const text = await page(cluster.adminPortOf(leader.id), '/metrics');
      return {
        commands: metricOf(text, 'raftctl_client_commands_total'),
        writes: metricOf(text, 'raftctl_log_syncs_total'),
      };
    },
    syncsOf: ({ writes }) => writes,
  };
}

/** What a generator costs before it sends: processor seconds, the least of a few starts. */
async function startCost(load, port) {
  const costs = [];
  for (let i = 0; i < START_RUNS; i += 1) {
    const before = endedChildrenCpuSeconds();
    await load(port, { test: 'set', pipeline: 1, requests: 1 });
    costs.push(endedChildrenCpuSeconds() - before);
  }
  return Math.min(...costs);
}

async function measureOnce(server, { load, startSeconds }, shape) {
  const before = await server.counts();
  const cpuBefore = server.cpuSeconds();
  const ownBefore = endedChildrenCpuSeconds();
  const figures = await load(server.port, shape);
  const ownSeconds = endedChildrenCpuSeconds() - ownBefore - startSeconds;
  const cpuSeconds = server.cpuSeconds() - cpuBefore;
  const after = await server.counts();
  const commands = after.commands - before.commands;
  const counts = { commands, writes: after.writes - before.writes };
  const syncs = server.syncsOf(counts, shape.pipeline);
  return {
    ...figures,
    generatorUs: (ownSeconds * 1e6) / commands,
    serverUs: (cpuSeconds * 1e6) / commands,
    perSync: shape.test === 'set' && syncs > 0 ? commands / syncs : null,
  };
}

async function measureCase(server, generators, { test, pipeline, rounds, seconds }) {
  const probe = await redisBenchmark(server.port, {
    ...{ test, pipeline, clients: CLIENTS, requests: PROBE_REQUESTS * pipeline },
  });
  const requests = Math.max(1000, Math.round((probe.rps * seconds) / 1000) * 1000);
  const shape = { test, pipeline, requests };
  const names = Object.keys(generators);
  const found = Object.fromEntries(names.map((name) => [name, []]));
  // The first pair warms the server up.
  for (let i = 0; i <= rounds; i += 1) {
    // The two that are judged stand beside each other; each is first as often as second.
    for (const name of i % 2 === 0 ? names : [...names].reverse()) {
      const one = await measureOnce(server, generators[name], shape);
      if (i > 0) found[name].push(one);
    }
  }
  const rows = names.map((name) => rowOf(name, found));
  const [judged] = rows;
  const verdict = judgeAgreement(judged.ratio, judged.interval);
  // Only one at a time has an open loop.
  const lateness =
    pipeline === 1
      ? await measureLateness(server, { test, closedRate: judged.rps, seconds })
      : null;
  return { server: server.name, test, pipeline, requests, rounds, rows, verdict, lateness };
}

/** How late the generator itself is in an open loop, beside what it measures then. */
async function measureLateness(server, { test, closedRate, seconds }) {
  const rate = Math.max(1, Math.round(closedRate * OPEN_SHARE));
  const { lateness, latency, isValid } = await bench(server.port, [
    ...['-c', String(CLIENTS), '--ratio', test === 'set' ? '1:0' : '0:1', '--workers', '1'],
    ...['-R', String(rate), '-d', `${seconds}s`, '--warmup', '1s'],
  ]);
  const ms = (us) => round(us / 1000, 3);
  return {
    rate,
    lateP50Ms: ms(lateness.p50Us),
    lateP99Ms: ms(lateness.p99Us),
    p50Ms: ms(latency.corrected.p50Us),
    p99Ms: ms(latency.corrected.p99Us),
    isValid,
  };
}

/** @returns `agree`, `differ` or, when the pairs scatter too much to tell, `undecided`. */
export function judgeAgreement(ratio, interval) {
  const isWide = interval.some((end) => Math.abs(end - 1) > INTERVAL_REACH_MAX);
  const [low, high] = interval;
  const isOutside = low > 1 + DIFFERENCE_MAX || high < 1 - DIFFERENCE_MAX;
  if (isWide && !isOutside) return 'undecided';
  return Math.abs(ratio - 1) <= DIFFERENCE_MAX ? 'agree' : 'differ';
}

const VERDICTS = {
  agree: 'They agree',
  differ: 'THEY DIFFER',
  undecided: 'UNDECIDED, the pairs scatter too much',
};

function rowOf(name, found) {
  const of = (field) => median(found[name].map((one) => one[field]));
  const ratios = found[name].map((one, i) => one.rps / found.redis[i].rps);
  return {
    name,
    rps: round(of('rps')),
    p50Ms: round(of('p50Ms'), 3),
    p99Ms: round(of('p99Ms'), 3),
    generatorUs: round(of('generatorUs'), 2),
    serverUs: round(of('serverUs'), 2),
    writesPerSync: found[name][0].perSync === null ? null : round(of('perSync'), 1),
    ratio: round(median(ratios), 3),
    interval: medianInterval(ratios).map((value) => round(value, 3)),
    pairs: found[name].map((one) => round(one.rps)),
  };
}

const COLUMNS = [
  ['requests/s', (row) => row.rps.toLocaleString('en-US')],
  ['p50 ms', (row) => row.p50Ms.toFixed(2)],
  ['p99 ms', (row) => row.p99Ms.toFixed(2)],
  ['generator us/req', (row) => row.generatorUs.toFixed(1)],
  ['server us/req', (row) => row.serverUs.toFixed(1)],
  ['writes/sync', (row) => row.writesPerSync?.toFixed(1) ?? '-'],
  [
    'ratio [95 %]',
    (row) => `${row.ratio.toFixed(2)} [${row.interval.map((x) => x.toFixed(2)).join('-')}]`,
  ],
];

/** As Markdown: what a run prints can stand in a document as it is. */
function linesOf(one, generators) {
  const { server, test, pipeline, rounds, requests, rows, verdict, lateness } = one;
  const count = requests.toLocaleString('en-US');
  return [
    `  ${server}, ${test.toUpperCase()} c=${CLIENTS} P=${pipeline}: ${rounds} pairs of ${count} requests`,
    '',
    `  | generator | ${COLUMNS.map(([title]) => title).join(' | ')} |`,
    `  |---|${COLUMNS.map(() => '---:|').join('')}`,
    ...rows.map(
      (row) =>
        `  | ${generators[row.name].title} | ${COLUMNS.map(([, cell]) => cell(row)).join(' | ')} |`,
    ),
    '',
    `  ${VERDICTS[verdict]}: ${rows[0].ratio.toFixed(3)}`,
    ...(lateness === null ? [] : [`  ${latenessText(lateness)}`]),
    '',
  ];
}

function latenessText({ rate, lateP50Ms, lateP99Ms, p50Ms, p99Ms, isValid }) {
  return (
    `Open loop at half of that (${rate.toLocaleString('en-US')}/s): the generator late by p50 ${lateP50Ms}, ` +
    `p99 ${lateP99Ms} ms; what it measured p50 ${p50Ms}, p99 ${p99Ms} ms: ${isValid ? 'valid' : 'INVALID'}`
  );
}

export async function agreement({ ports, flags, say }) {
  const target = 'ratio 0.9 to 1.1 in each case';
  if (!(await hasRedis())) {
    return { text: 'not measured: no Redis here', target, isMet: null, values: null };
  }
  const all = flags.variants ? { ...GENERATORS, ...VARIANTS } : GENERATORS;
  const cases = [];
  const measureAll = async (server) => {
    const generators = {};
    for (const [name, generator] of Object.entries(all)) {
      const startSeconds = await startCost(generator.load, server.port);
      generators[name] = { ...generator, startSeconds };
    }
    for (const test of flags.tests) {
      for (const pipeline of PIPELINES) {
        const shape = {
          test,
          pipeline,
          rounds: flags.rounds,
          seconds: flags.seconds ?? RUN_SECONDS,
        };
        const one = await measureCase(server, generators, shape);
        for (const line of linesOf(one, generators)) say(line);
        cases.push(one);
      }
    }
  };
  await withRedis(ports.redis, (pid) => measureAll(redisServer(pid, ports.redis)));
  await withCluster(ports.base, async (cluster) => {
    await cluster.up();
    await measureAll(await raftctlServer(cluster));
  });
  const shown = cases.map(({ server, test, pipeline, rows: [row] }) => {
    const [low, high] = row.interval;
    return `${server} ${test} P=${pipeline} ${row.ratio} [${low}-${high}]`;
  });
  return {
    text: `raftctl bench / redis-benchmark: ${shown.join('; ')}`,
    target,
    isMet: cases.every((one) => one.verdict === 'agree'),
    values: { cases },
  };
}
