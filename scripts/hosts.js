/**
 * `npm run hosts`: a cluster over five hosts, each a network namespace with an address of its own.
 * Under load the leader's cable is pulled and plugged in again, then another host's link is made
 * slow. Afterwards all five have the same, every write that was acknowledged is there, and what the
 * clients saw is linearizable (`raftctl check`).
 *
 *     npm run hosts
 *
 * It needs root and iproute2, uses no network but its own, and removes it whatever happens.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Network } from './hosts/network.js';
import { ROOT } from './tree.js';

const HOSTS = 5;
const CUT_MS = 6000;
const SLOW_MS = 5000;
const LOAD_SECONDS = 24;
const PATIENCE_MS = 120_000;
const RUN = join(ROOT, 'bin/run.js');

function say(text) {
  process.stderr.write(`hosts: ${text}\n`);
}

function refuse(text) {
  say(text);
  process.exit(2);
}

if (process.platform !== 'linux') refuse('needs network namespaces, which only Linux has');
if (process.getuid?.() !== 0) refuse('needs root: it makes network namespaces');
if (spawnSync('ip', ['-V']).error !== undefined) refuse('needs ip: apt-get install iproute2');

const folder = mkdtempSync(join(tmpdir(), 'raftctl-hosts-'));
const network = new Network(HOSTS);
const { hosts } = network;
const results = [];

function result(what, isRight, more = '') {
  results.push(isRight);
  process.stdout.write(
    `${isRight ? 'ok    ' : 'FAILED'}  ${what}${more === '' ? '' : `: ${more}`}\n`,
  );
}

const memberOf = (host) => `${host}=${network.addressOf(host)}:11000:12000:13000`;
const clientOf = (host) => `${network.addressOf(host)}:11000`;

function startNode(host) {
  const log = openSync(join(folder, `${host}.log`), 'a');
  const words = [
    ...[RUN, 'node', 'run', '--data-dir', join(folder, host), '--member', memberOf(host)],
    ...['--secret-file', join(folder, 'secret'), '--cluster', 'hosts'],
    ...['--initial-cluster', hosts.map(memberOf).join(',')],
    ...['--discover', hosts.map((one) => `${network.addressOf(one)}:13000`).join(',')],
  ];
  // Nobody but these hosts reaches the ports: a plain network of its own.
  const env = { ...process.env, RAFTCTL_INSECURE_BIND: 'true' };
  network.start(host, words, { stdio: ['ignore', log, log], env });
}

/** What a host says of itself, asked by the client; null: it does not answer. */
async function status(host) {
  const url = `http://${network.addressOf(host)}:13000/v1/status`;
  const code = `fetch(process.argv[1], { signal: AbortSignal.timeout(1500) })
    .then((response) => response.text())
    .then((text) => console.log(text), () => process.exit(1))`;
  const { code: exit, stdout } = await network.run('client', ['-e', code, url]);
  try {
    return exit === 0 ? JSON.parse(stdout).data : null;
  } catch {
    return null;
  }
}

/** @returns the leader that one of these hosts knows, once all `isRight`. */
async function leaderAmong(asked, isRight, what) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const all = await Promise.all(asked.map(status));
    const leader = all.find((one) => one?.role === 'leader')?.id;
    if (leader !== undefined && all.every((one) => one !== null && isRight(one))) return leader;
    if (performance.now() > deadline) throw new Error(`never: ${what}`);
    await sleep(100);
  }
}

const raftctl = (...words) => network.run('client', [RUN, ...words]);

async function story() {
  network.open();
  writeFileSync(join(folder, 'secret'), `${'5a'.repeat(32)}\n`, { mode: 0o600 });
  for (const host of hosts) startNode(host);
  const all = ({ members }) => members.filter(({ voter }) => voter).length === HOSTS;
  const first = await leaderAmong(hosts, all, 'five hosts with one leader');
  result('five hosts found a cluster', true, `${first} (${network.addressOf(first)}) leads`);

  const history = join(folder, 'history.jsonl');
  const targets = hosts.flatMap((host) => ['--target', `resp://${clientOf(host)}`]);
  const load = raftctl(
    ...['bench', ...targets, '-c', '10', '--rate', '500', '--duration', `${LOAD_SECONDS}s`],
    ...['--timeout', '2s', '--history', history, '--json'],
  );
  await sleep(3000);
  await raftctl('kv', 'set', 'before', 'the cut', '--endpoints', clientOf(first));

  network.cable(first, 'down');
  const [cutAt, cutMs] = [performance.now(), Date.now()];
  const rest = hosts.filter((host) => host !== first);
  const next = await leaderAmong(rest, ({ leader }) => leader !== first, 'another leader');
  const gapMs = leadsSinceMs(next) - cutMs;
  result('the leader is cut off, another one leads', next !== first, `${next}, after ${gapMs} ms`);
  const during = await raftctl('kv', 'set', 'during', 'the cut', '--endpoints', clientOf(next));
  result('four of five go on', during.code === 0, during.stderr.trim());
  await sleep(Math.max(0, CUT_MS - (performance.now() - cutAt)));
  network.cable(first, 'up');
  const healedAt = performance.now();
  await leaderAmong(hosts, ({ leader }) => leader !== null, 'all five with a leader');
  result('the cable is back, all five have a leader', true, `after ${seconds(healedAt)}`);

  const slow = rest.find((host) => host !== next) ?? next;
  const how = network.slow(slow);
  await sleep(SLOW_MS);
  const slowed = await raftctl('kv', 'set', 'slow', slow, '--endpoints', clientOf(next));
  result(`${slow} is slow, the others are not held up`, slowed.code === 0, how);
  network.unslow(slow);

  const bench = await load;
  const { data } = JSON.parse(bench.stdout || '{}');
  if (data === undefined)
    throw new Error(`the load ended with ${bench.code}: ${bench.stdout}${bench.stderr}`);
  const { answered, failed } = data.requests;
  result('load went on', answered > 1000, `${answered} answered, ${failed} not`);
  const values = [
    ['before', 'the cut'],
    ['during', 'the cut'],
    ['slow', slow],
  ];
  for (const host of hosts) {
    const read = await Promise.all(
      values.map(([key]) => raftctl('kv', 'get', key, '--endpoints', clientOf(host))),
    );
    const isRight = read.every(({ stdout }, i) => stdout === `${values[i][1]}\n`);
    result(`${host} has every acknowledged write`, isRight);
  }
  const check = await raftctl('check', 'linearizability', history);
  const count = readFileSync(history, 'utf8').trim().split('\n').length;
  result('the history is linearizable', check.code === 0, `${count} operations`);
}

/** When a host began to lead, by its own log: asking it takes longer than that. */
function leadsSinceMs(host) {
  const lines = readFileSync(join(folder, `${host}.log`), 'utf8')
    .trim()
    .split('\n');
  const line = lines.findLast((text) => text.includes('"leads from now on"'));
  return Date.parse(JSON.parse(line).time);
}

function seconds(sinceMs) {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

async function end() {
  await network.close();
  if (results.includes(false) || results.length === 0) say(`what the nodes said is in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    say(`${signal}: removing the hosts`);
    void end().finally(() => process.exit(130));
  });
}
try {
  await story();
} catch (error) {
  say(error.message);
  results.push(false);
} finally {
  await end();
}
process.exitCode = results.includes(false) ? 1 : 0;
