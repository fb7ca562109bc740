/**
 * An open loop at half of what the cluster can take, in which all nodes stand still for a second.
 *
 * ```
 *  undisturbed         paused                        undisturbed
 *  |-------------|     |--------|1 s|--------|       |-------------|
 * ```
 * Who counts from the time a request was due sees the second in the tail: of all requests the
 * share `1 s / length` fell into it, and of these each waited until its end. Who counts from the
 * time requests are sent, and looks at the middle, sees nothing: that p50 is compared with those
 * of the undisturbed runs around it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { withCluster } from './cluster.js';
import { bench, writeCapacity } from './load.js';
import { round } from './statistics.js';

const PAUSE_MS = 1000;
const SECONDS = 60;
/** In a longer run less than 1.25 % of the requests fall into the pause: p99 would say nothing. */
const SECONDS_MAX = 80;
const WARMUP_MS = 2000;
const RATE_SHARE = 0.5;
/** Of the tail that the pause alone would make. */
const TAIL_SHARE_MIN = 0.96;
const P50_MOVED_MAX = 0.1;

/** What a percentile of evenly spread requests is, when those due in the pause wait it out. */
export function tailMs(percent, seconds) {
  const longerPercent = 100 - percent;
  return Math.max(0, PAUSE_MS - (longerPercent / 100) * seconds * 1000);
}

/** @param around the raw p50 of the undisturbed runs. */
export function judgePause({ seconds, p99Ms, p999Ms, rawP50Ms, around }) {
  const high = Math.max(...around) * (1 + P50_MOVED_MAX);
  return {
    p99MsMin: round(TAIL_SHARE_MIN * tailMs(99, seconds)),
    p999MsMin: round(TAIL_SHARE_MIN * tailMs(99.9, seconds)),
    isInTail:
      p99Ms >= TAIL_SHARE_MIN * tailMs(99, seconds) &&
      p999Ms >= TAIL_SHARE_MIN * tailMs(99.9, seconds),
    isInMiddle: rawP50Ms > high,
  };
}

function load(port, rate, seconds) {
  const flags = ['-c', '50', '--ratio', '1:0', '--workers', '1', '--warmup', `${WARMUP_MS}ms`];
  return bench(port, [...flags, '-R', String(rate), '-d', `${seconds}s`]);
}

async function loadWithPause(cluster, port, rate, seconds) {
  const pids = cluster.nodes.map(({ id }) => cluster.pidOf(id));
  const running = load(port, rate, seconds);
  // Well inside the run: it takes a moment to start, and warms up.
  await sleep(WARMUP_MS + seconds * 500);
  const begun = performance.now();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await sleep(PAUSE_MS);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
  const pausedMs = performance.now() - begun;
  return { data: await running, pausedMs };
}

function rowOf(name, { latency: { corrected, raw } }) {
  const ms = (us) => (us / 1000).toFixed(us < 10_000 ? 2 : 0).padStart(8);
  const cells = [raw.p50Us, raw.p99Us, corrected.p50Us, corrected.p99Us, corrected.p999Us];
  return `  | ${name.padEnd(11)} | ${cells.map(ms).join(' | ')} |`;
}

export async function pause({ ports, flags, say }) {
  const seconds = flags.seconds ?? SECONDS;
  if (seconds > SECONDS_MAX) throw new Error(`A pause is measured over ${SECONDS_MAX} s at most`);
  return withCluster(ports.base, async (cluster) => {
    await cluster.up();
    const { port } = await cluster.leader();
    const capacity = flags.rate === null ? await writeCapacity(port) : null;
    const rate = flags.rate ?? Math.round(capacity * RATE_SHARE);
    const of = capacity === null ? '' : `, half of the ${round(capacity)}/s of a closed loop`;
    say(`  ${rate} writes/s from 50 connections to the leader${of}; ${seconds} s a run`);
    const first = await load(port, rate, seconds / 2);
    const { data, pausedMs } = await loadWithPause(cluster, port, rate, seconds);
    const last = await load(port, rate, seconds / 2);
    say('');
    say('  | ms          |  raw p50 |  raw p99 | corr p50 | corr p99 | corr p99.9 |');
    say('  |---|---:|---:|---:|---:|---:|');
    for (const line of [rowOf('before', first), rowOf('with pause', data), rowOf('after', last)]) {
      say(line);
    }
    say('');
    const { corrected, raw } = data.latency;
    const seen = {
      seconds,
      p99Ms: corrected.p99Us / 1000,
      p999Ms: corrected.p999Us / 1000,
      rawP50Ms: raw.p50Us / 1000,
      around: [first, last].map((one) => one.latency.raw.p50Us / 1000),
    };
    const judged = judgePause(seen);
    const { planned, failed } = data.requests;
    const { isValid, invalidReasons, notes } = data;
    for (const said of [...invalidReasons, ...notes]) say(`  the bench says: ${said}`);
    return {
      text:
        `paused for ${round(pausedMs)} ms: corrected p99 ${round(seen.p99Ms)} ms, p99.9 ${round(seen.p999Ms)} ms; ` +
        `raw p50 ${round(seen.rawP50Ms, 2)} ms (${seen.around.map((ms) => round(ms, 2)).join(' and ')} without); ` +
        `${failed} of ${planned} failed`,
      target:
        `corrected p99 >= ${judged.p99MsMin} ms, p99.9 >= ${judged.p999MsMin} ms, ` +
        'raw p50 at most 10 % above the runs around it; valid',
      isMet: judged.isInTail && !judged.isInMiddle && isValid && failed === 0,
      values: { ...seen, ...judged, rate, capacity, pausedMs, runs: { first, data, last } },
    };
  });
}
