/**
 * What one look at a cluster found: the unit of the dashboard's memory and of the flight recorder.
 * Rates and histograms are those of the time since the look before.
 */

import { between, EMPTY_INTERVAL, type Interval } from '../std/interval.ts';
import type { NodeEvent } from '../wire/events.ts';
import type { LiveBench } from '../wire/live-bench.ts';
import type { NodeState, NodeStatus } from '../wire/status.ts';
import type { NodeVitals } from '../wire/vitals.ts';

/** What the nodes' processes need; a share of one core. */
export interface NodeLoad {
  readonly cpuShare: number;
  readonly loopShare: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly loopDelay: Interval;
  readonly gcPauses: Interval;
  readonly syncs: Interval;
  /** Each second. */
  readonly commandsPerS: number;
  readonly proposalsPerS: number;
}

export interface PeerLoad {
  readonly member: number;
  readonly connected: boolean;
  readonly queuedBytes: number;
  readonly sentBytesPerS: number;
  readonly droppedMessages: number;
  readonly reconnects: number;
  readonly rttMs: number | null;
}

export interface NodeSample {
  readonly id: string;
  readonly member: number;
  readonly state: NodeState;
  readonly error: string | null;
  /** Since it last answered; null: never. */
  readonly silentMs: number | null;
  readonly status: NodeStatus | null;
  readonly load: NodeLoad | null;
  readonly peers: readonly PeerLoad[];
  /** By phase: what it measured as a leader. */
  readonly phases: Readonly<Record<string, Interval>>;
}

export interface Sample {
  readonly atMs: number;
  /** Time that the rates and histograms are of. */
  readonly spanMs: number;
  readonly cluster: string;
  readonly app: string;
  /** Whose program the nodes are, where it is not this one. */
  readonly engine?: string;
  readonly nodes: readonly NodeSample[];
  readonly events: readonly NodeEvent[];
  /** Measurements that ran; absent in recordings of before there were any. */
  readonly benches?: readonly LiveBench[];
}

/** The newer of two looks at a node, with the older one to take differences from. */
export function loadBetween(before: NodeVitals | null, after: NodeVitals): NodeLoad {
  const { process } = after;
  const same = sameLife(before, after) ? before : null;
  const spanMs = same === null ? 0 : process.monoMs - same.process.monoMs;
  const rate = (name: string): number => {
    if (same === null || spanMs <= 0) return 0;
    const more = (after.counters[name] ?? 0) - (same.counters[name] ?? 0);
    return Math.max(0, (more * 1000) / spanMs);
  };
  const shareOf = (moreMs: number): number => (spanMs <= 0 ? 0 : Math.max(0, moreMs / spanMs));
  return {
    cpuShare: same === null ? 0 : shareOf((process.cpuUs - same.process.cpuUs) / 1000),
    loopShare: same === null ? 0 : shareOf(process.loopActiveMs - same.process.loopActiveMs),
    rssBytes: process.rssBytes,
    heapUsedBytes: process.heapUsedBytes,
    loopDelay: differenceOf(same?.process.loopDelay, process.loopDelay),
    gcPauses: differenceOf(same?.process.gcPauses, process.gcPauses),
    syncs: differenceOf(same?.syncs, after.syncs),
    commandsPerS: rate('client_commands'),
    proposalsPerS: rate('proposals'),
  };
}

/** What the system counts of a process; a share of one core. */
export interface ProcessUsage {
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** A look at a node of another program, to take differences from. */
export interface ForeignLook {
  readonly atMs: number;
  readonly status: NodeStatus;
  readonly usage: ProcessUsage;
}

/** What can be seen from outside. Its writes are the entries that its leader's log grew by. */
export function foreignLoadBetween(before: ForeignLook | null, after: ForeignLook): NodeLoad {
  const isSame = before !== null && before.status.pid === after.status.pid;
  const spanMs = isSame ? after.atMs - before.atMs : 0;
  const perMs = (more: number): number => (spanMs <= 0 ? 0 : Math.max(0, more / spanMs));
  const entries = isSame ? after.status.commitIndex - before.status.commitIndex : 0;
  const entriesPerS = after.status.role === 'leader' ? perMs(entries) * 1000 : 0;
  return {
    cpuShare: isSame ? perMs(after.usage.cpuMs - before.usage.cpuMs) : 0,
    loopShare: 0,
    rssBytes: after.usage.rssBytes,
    heapUsedBytes: 0,
    loopDelay: EMPTY_INTERVAL,
    gcPauses: EMPTY_INTERVAL,
    syncs: EMPTY_INTERVAL,
    commandsPerS: entriesPerS,
    proposalsPerS: entriesPerS,
  };
}

export function peersBetween(before: NodeVitals | null, after: NodeVitals): PeerLoad[] {
  const same = sameLife(before, after) ? before : null;
  const spanMs = same === null ? 0 : after.process.monoMs - same.process.monoMs;
  return after.peers.map((peer) => {
    const old = same?.peers.find((one) => one.member === peer.member);
    const more = peer.sentBytes - (old?.sentBytes ?? peer.sentBytes);
    return {
      member: peer.member,
      connected: peer.connected,
      queuedBytes: peer.queuedBytes,
      sentBytesPerS: spanMs <= 0 ? 0 : Math.max(0, (more * 1000) / spanMs),
      droppedMessages: peer.droppedMessages,
      reconnects: peer.reconnects,
      rttMs: peer.rttMs,
    };
  });
}

export function phasesBetween(
  before: NodeVitals | null,
  after: NodeVitals,
): Readonly<Record<string, Interval>> {
  const same = sameLife(before, after) ? before : null;
  // Without a look before there is no telling when it was measured.
  if (same === null) return {};
  const phases: Record<string, Interval> = {};
  for (const [name, histogram] of Object.entries(after.phases)) {
    const interval = between(same.phases[name] ?? null, histogram);
    if (interval.count > 0) phases[name] = interval;
  }
  return phases;
}

function differenceOf(
  before: Parameters<typeof between>[0] | undefined,
  after: Parameters<typeof between>[1],
): Interval {
  return before === undefined ? EMPTY_INTERVAL : between(before, after);
}

function sameLife(before: NodeVitals | null, after: NodeVitals): boolean {
  return before !== null && before.status.incarnation === after.status.incarnation;
}

/** Behind by more than this is worth an alarm. Entries. */
export const LAG_ALARM = 1000;

/** The leader of the newest term among those that answered. */
export function leaderOf(sample: Sample): NodeSample | null {
  let found: NodeSample | null = null;
  for (const node of sample.nodes) {
    if (node.status?.role !== 'leader') continue;
    if (found === null || node.status.term > (found.status?.term ?? 0)) found = node;
  }
  return found;
}

/** Entries that a node is behind the leader; null: not known. */
export function lagOf(node: NodeSample, leader: NodeSample | null): number | null {
  if (leader?.status == null || node.id === leader.id) return null;
  if (node.status !== null) return Math.max(0, leader.status.commitIndex - node.status.commitIndex);
  const known = leader.status.members.find((member) => member.member === node.member)?.matchIndex;
  // A new leader counts from nothing until the node answers it.
  return known == null || known === 0 ? null : Math.max(0, leader.status.lastIndex - known);
}
