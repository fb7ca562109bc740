/**
 * A cluster as the dashboard saw it: seventy seconds under load, in which the first leader is
 * killed and comes back, and the third node's disk becomes slow. Always the same.
 */
import { Histogram } from '../../src/std/histogram.ts';
import { between, type Interval } from '../../src/std/interval.ts';
import { Prng } from '../../src/std/prng.ts';
import { Flight } from '../../src/tui/flight.ts';
import type { NodeSample, Sample } from '../../src/tui/sample.ts';
import type { EventData, EventType, NodeEvent } from '../../src/wire/events.ts';
import type { LiveBench } from '../../src/wire/live-bench.ts';
import type { NodeStatus } from '../../src/wire/status.ts';
import { fakeStatus } from './node-status.ts';

/** 2026-03-01 12:03:20 UTC. */
export const FLIGHT_START_MS = Date.UTC(2026, 2, 1, 12, 3, 20);
const KILL_S = 38;
const BACK_S = 44;
const SLOW_S = 55;
const BENCH_S = 20;

export function eventAt<T extends EventType>(
  at: { readonly s: number; readonly node: string; readonly term: number; readonly seq?: number },
  type: T,
  data: EventData[T],
): NodeEvent {
  const ms = Math.round(at.s * 1000);
  return {
    v: 1,
    cluster: 'demo',
    node: at.node,
    incarnation: `${at.node}-1`,
    seq: at.seq ?? ms,
    monoNs: String(BigInt(Math.round(at.s * 1e6)) * 1000n),
    wallMs: FLIGHT_START_MS + ms,
    term: at.term,
    type,
    data,
  };
}

/** The kill of n1 and the election of n2, as the survivors tell it. */
export function killEvents(s: number): NodeEvent[] {
  const n2 = { node: 'n2', term: 12 };
  const n3 = { node: 'n3', term: 12 };
  const preVote = 'preVote' as const;
  const vote = 'vote' as const;
  const lost = 'leaderConnectionLost' as const;
  return [
    eventAt({ ...n3, s, term: 11 }, 'peer.disconnected', { peer: 'n1' }),
    eventAt({ ...n2, s: s + 0.001, term: 11 }, 'peer.disconnected', { peer: 'n1' }),
    eventAt({ ...n2, s: s + 0.021 }, 'election.started', {
      kind: preVote,
      reason: lost,
      timeoutMs: 25,
    }),
    eventAt({ ...n3, s: s + 0.022 }, 'vote.answered', {
      ...{ kind: preVote, candidate: 'n2', granted: true, reason: 'granted' },
    }),
    eventAt({ ...n2, s: s + 0.023 }, 'election.started', {
      kind: vote,
      reason: lost,
      timeoutMs: 50,
    }),
    eventAt({ ...n3, s: s + 0.025 }, 'vote.answered', {
      ...{ kind: vote, candidate: 'n2', granted: true, reason: 'granted' },
    }),
    eventAt({ ...n2, s: s + 0.026 }, 'leader.elected', { votes: ['n2', 'n3'], durationMs: 5.2 }),
    eventAt({ ...n3, s: s + 0.027 }, 'leader.known', { leader: 'n2' }),
  ];
}

export function intervalOf(durationsUs: readonly number[]): Interval {
  const histogram = new Histogram();
  for (const us of durationsUs) histogram.record(us);
  return between(null, histogram.toJSON());
}

export function fakeFlight(nodeCount = 3, seconds = 70): Flight {
  const flight = new Flight();
  for (let s = 0; s < seconds; s += 1) flight.add(sampleAt(s, nodeCount));
  return flight;
}

function sampleAt(s: number, nodeCount: number): Sample {
  const nodes = Array.from({ length: nodeCount }, (_, i) => nodeAt(s, i + 1, nodeCount));
  return {
    atMs: FLIGHT_START_MS + s * 1000,
    spanMs: 1000,
    cluster: 'demo',
    app: 'kvstore',
    nodes,
    events: eventsAt(s),
    benches: s < BENCH_S ? [] : [benchAt(s)],
  };
}

function benchAt(s: number): LiveBench {
  const elapsedMs = (s - BENCH_S - 2) * 1000;
  const seconds = Math.max(0, s - BENCH_S - 2);
  const isSlow = s >= SLOW_S;
  const corrected = { p50Us: 2100, p90Us: 4400, p99Us: 41_900, p999Us: 88_100, maxUs: 93_000 };
  const raw = { p50Us: 2000, p90Us: 3100, p99Us: 12_400, p999Us: 60_200, maxUs: 93_000 };
  const second = { p50Us: 2000, p90Us: 3000, p99Us: isSlow ? 42_000 : 4100 + (s % 5) * 300 };
  const recent = { ...second, p999Us: 44_000, maxUs: 45_000 };
  return {
    ...{ v: 1, pid: 4711, label: '', updatedAtMs: FLIGHT_START_MS + s * 1000 - 300 },
    plan:
      'open loop, 2,000/s poisson, 60 s after 2 s of warm-up; 50 connections, ' +
      '1:1 writes to reads, 100,000 keys zipf, 1 KiB values',
    ...{ elapsedMs, durationMs: 60_000, doneShare: Math.max(0, elapsedMs / 60_000) },
    ...{ askedPerS: 2000, answeredPerS: elapsedMs < 0 ? 0 : 1900 + (s % 7) * 20 },
    ...{ sent: seconds * 2000, answered: seconds * 1999, failed: seconds },
    errors: { unknown: seconds },
    latency: { corrected, raw },
    recent: { corrected: recent, raw: { ...recent, p99Us: 3000 } },
    latenessP99Us: 400,
    slos: [
      { slo: 'p99<50ms', isMet: true, actual: 41_900, unit: 'us' },
      { slo: 'err<0.01%', isMet: false, actual: 0.0005, unit: 'share' },
    ],
  };
}

function eventsAt(s: number): NodeEvent[] {
  if (s === 0) {
    const before = { s: -50, node: 'n1', term: 11 };
    return [eventAt(before, 'leader.elected', { votes: ['n1', 'n3'], durationMs: 4.1 })];
  }
  if (s === KILL_S) return killEvents(KILL_S - 0.6);
  if (s === BACK_S) {
    const at = { s: BACK_S - 0.3, node: 'n1', term: 12 };
    return [eventAt(at, 'node.started', { app: 'kvstore', version: '0.1.0', pid: 4242 })];
  }
  return [];
}

function nodeAt(s: number, number: number, nodeCount: number): NodeSample {
  const id = `n${number}`;
  const leads = s < KILL_S ? number === 1 : number === 2;
  const isDown = number === 1 && s >= KILL_S && s < BACK_S;
  const base = { id, member: number };
  if (isDown) {
    return {
      ...base,
      state: 'down',
      error: null,
      silentMs: (s - KILL_S) * 1000,
      status: null,
      load: null,
      peers: [],
      phases: {},
    };
  }
  const prng = new Prng(s * 100 + number);
  const isSlow = number === 3 && s >= SLOW_S;
  const syncUs = isSlow ? 40_000 : 2000;
  return {
    ...base,
    state: 'up',
    error: null,
    silentMs: 0,
    status: statusAt(s, number, nodeCount),
    load: {
      cpuShare: leads ? 0.61 : 0.2,
      loopShare: leads ? 0.5 : 0.15,
      rssBytes: (leads ? 182 : 139) * 1024 * 1024,
      heapUsedBytes: 40 * 1024 * 1024,
      loopDelay: intervalOf(draws(prng, 20, 900)),
      gcPauses: intervalOf(draws(prng, 1, 1500)),
      syncs: intervalOf(draws(prng, 100, syncUs)),
      commandsPerS: leads ? 1900 + (s % 7) * 40 : 50,
      proposalsPerS: leads ? 1000 : 25,
    },
    peers: peersAt(number, nodeCount, s),
    phases: leads ? phasesAt(prng, id, { nodeCount, isSlow: s >= SLOW_S }) : {},
  };
}

function statusAt(s: number, number: number, nodeCount: number): NodeStatus {
  const leader = s < KILL_S ? 1 : 2;
  const commit = 10_000 + s * 900;
  const lag = number === 3 && s >= SLOW_S ? (s - SLOW_S) * 80 : number === leader ? 0 : 1;
  const member = (n: number) => ({
    ...{ member: n, id: `n${n}`, voter: true, connected: true, rttMs: 1.2 },
    caughtUp: null,
    ...{ clientAddress: `127.0.0.1:${11_000 + n}`, peerAddress: '', adminAddress: '' },
    matchIndex: number === leader && n !== leader ? commit - (n === 3 ? lag : 1) : null,
    nextIndex: number === leader && n !== leader ? commit + 1 : null,
  });
  return fakeStatus({
    ...{ id: `n${number}`, member: number, pid: 4000 + number, incarnation: `n${number}-1` },
    role: number === leader ? 'leader' : 'follower',
    ...{ leader: `n${leader}`, leaderMember: leader, term: s < KILL_S ? 11 : 12 },
    ...{ commitIndex: commit - lag, appliedIndex: commit - lag, lastIndex: commit + 3 - lag },
    ...{ durableIndex: commit - lag, firstIndex: 8001, snapshotIndex: 8000 },
    ...{ logBytes: 3_300_000, uptimeMs: 250_000 + s * 1000, connections: 12 },
    members: Array.from({ length: nodeCount }, (_, i) => member(i + 1)),
  });
}

function peersAt(number: number, nodeCount: number, s: number): NodeSample['peers'] {
  const others = Array.from({ length: nodeCount }, (_, i) => i + 1).filter((n) => n !== number);
  return others.map((member) => ({
    member,
    connected: !(member === 1 && s >= KILL_S && s < BACK_S),
    queuedBytes: member === 3 && s >= SLOW_S ? 65_536 : 0,
    sentBytesPerS: 310_000,
    droppedMessages: 0,
    reconnects: member === 1 && s >= BACK_S ? 1 : 0,
    rttMs: member === 3 && s >= SLOW_S ? 88 : 1.2,
  }));
}

function phasesAt(
  prng: Prng,
  leader: string,
  { nodeCount, isSlow }: { readonly nodeCount: number; readonly isSlow: boolean },
): Record<string, Interval> {
  const phases: Record<string, Interval> = {
    queue: intervalOf(draws(prng, 200, 300)),
    append: intervalOf(draws(prng, 200, 100)),
    sync: intervalOf(draws(prng, 200, 2100)),
    apply: intervalOf(draws(prng, 200, 120)),
    reply: intervalOf(draws(prng, 200, 80)),
    total: intervalOf([...draws(prng, 198, 3000), ...draws(prng, 2, isSlow ? 40_000 : 9000)]),
  };
  // Every commit has one that decided it.
  const quorum: number[] = [];
  for (let n = 1; n <= nodeCount; n += 1) {
    const id = `n${n}`;
    if (id !== leader) {
      phases[`ack.${id}`] = intervalOf(draws(prng, 200, n === 3 && isSlow ? 45_000 : 2600));
    }
    const decides = draws(prng, n === 3 ? 20 : 90, n === 3 ? 4000 : 2400);
    phases[`decided.${id}`] = intervalOf(decides);
    quorum.push(...decides);
  }
  phases['quorum'] = intervalOf(quorum);
  return phases;
}

/** Between half and three halves of a typical duration. */
function draws(prng: Prng, count: number, typicalUs: number): number[] {
  return Array.from({ length: count }, () => Math.round(typicalUs * (0.5 + prng.unit())));
}
