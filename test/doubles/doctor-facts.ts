/** What the doctor knows of a cluster of three that is well; and the same with something wrong. */

import type { DoctorFacts, NodeFacts } from '../../src/forensics/doctor/facts.ts';
import { Scene } from '../../src/forensics/doctor/rule.ts';
import { RULES } from '../../src/forensics/doctor.ts';
import { Histogram, type HistogramJson } from '../../src/std/histogram.ts';
import type { NodeEvent } from '../../src/wire/events.ts';
import { NODE_CONFIG_DEFAULTS } from '../../src/wire/node-config.ts';
import {
  type ClusterNodeRow,
  type ClusterStatus,
  durabilityOf,
  type MemberStatus,
  type NodeStatus,
} from '../../src/wire/status.ts';
import type { NodeVitals, ProcessVitals } from '../../src/wire/vitals.ts';
import { FLIGHT_START_MS } from './flight.ts';
import { fakeStatus } from './node-status.ts';

const GIB = 1024 ** 3;
const IDS = ['n1', 'n2', 'n3'];

/** When the doctor looks: 100 s on the clock of `eventAt`. */
export const LOOK_S = 100;
export const LOOK_MS = FLIGHT_START_MS + LOOK_S * 1000;

/** What differs from a cluster that is well; by the name of the node where it is of one. */
export interface Ill {
  readonly status?: Partial<ClusterStatus>;
  readonly rows?: Readonly<Record<string, Partial<ClusterNodeRow>>>;
  readonly nodes?: Readonly<Record<string, Partial<NodeFacts>>>;
  readonly config?: Readonly<Record<string, Partial<NodeFacts['config'] & object>>>;
  readonly own?: Readonly<Record<string, Partial<NodeStatus>>>;
  /** What n1, the leader, says of the members. */
  readonly members?: Readonly<Record<string, Partial<MemberStatus>>>;
  readonly process?: Readonly<Record<string, Partial<ProcessVitals>>>;
  readonly syncs?: Readonly<Record<string, HistogramJson>>;
  readonly counters?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly events?: readonly NodeEvent[];
  readonly spanMs?: number;
}

export function durations(count: number, ms: number): HistogramJson {
  const histogram = new Histogram();
  for (let i = 0; i < count; i += 1) histogram.record(ms * 1000);
  return histogram.toJSON();
}

export function doctorFacts(ill: Ill = {}): DoctorFacts {
  return {
    v: 1,
    atWallMs: LOOK_MS,
    spanMs: ill.spanMs ?? null,
    status: {
      ...{ name: 'demo', app: 'kvstore', leader: 'n1', term: 2, quorum: 2, tolerance: 1 },
      ...{ serving: true, healthy: true, leases: false, fsync: 'always' },
      durability: durabilityOf('always'),
      nodes: IDS.map((id) => rowOf(id, ill)),
      ...ill.status,
    },
    nodes: IDS.map((id) => nodeOf(id, ill)),
    events: ill.events ?? [],
    silent: [],
  };
}

/** Nodes (or `-`: the cluster) and evidence of what one rule finds. */
export function foundBy(code: string, ill: Ill): string[] {
  const rule = RULES.find((one) => one.code === code);
  if (rule === undefined) throw new Error(`There is no rule ${code}`);
  const found = rule.find(new Scene(doctorFacts(ill)));
  return found.map(({ node, evidence }) => `${node ?? '-'}: ${evidence}`);
}

function rowOf(id: string, ill: Ill): ClusterNodeRow {
  const { member, clientAddress, peerAddress, adminAddress } = placeOf(id);
  return {
    ...{ id, member, clientAddress, peerAddress, adminAddress },
    ...{ state: 'up', role: id === 'n1' ? 'leader' : 'follower', voter: true, term: 2 },
    ...{ commitIndex: 7, appliedIndex: 7, lastIndex: 7, lag: 0, pid: 4000 + member },
    ...{ uptimeMs: 60_000, lastSeenMs: 0, fsync: 'always', logBytes: 1000, freeBytes: GIB },
    ...{ snapshotIndex: 0, snapshotBytes: 0, error: null },
    ...ill.rows?.[id],
  };
}

function placeOf(id: string): MemberStatus {
  const found = fakeStatus().members.find((member) => member.id === id);
  if (found === undefined) throw new Error(`There is no ${id}`);
  return found;
}

function nodeOf(id: string, ill: Ill): NodeFacts {
  const { member } = placeOf(id);
  return {
    id,
    vitals: vitalsOf(id, ill),
    vitalsBefore: null,
    clientPort: 'open',
    config: {
      ...NODE_CONFIG_DEFAULTS,
      ...{ formatVersion: 1, cluster: 'demo', clusterId: '00'.repeat(16), id, member },
      ...{ app: 'kvstore', members: [] },
      ...ill.config?.[id],
    },
    dataDir: `/data/${id}`,
    disk: { totalBytes: 100 * GIB, freeBytes: 50 * GIB },
    ...ill.nodes?.[id],
  };
}

export function vitalsOf(id: string, ill: Ill): NodeVitals {
  const leads = id === 'n1';
  const member = (one: MemberStatus): MemberStatus => ({ ...one, ...ill.members?.[one.id] });
  const base = fakeStatus();
  return {
    status: fakeStatus({
      ...{ id, member: placeOf(id).member, incarnation: `${id}-1`, uptimeMs: 60_000 },
      ...{ role: leads ? 'leader' : 'follower', leader: 'n1', leaderMember: 1, serving: leads },
      members: leads ? base.members.map(member) : base.members,
      freeBytes: 50 * GIB,
      ...ill.own?.[id],
    }),
    process: {
      ...{ monoMs: LOOK_S * 1000, cpuUs: 1_000_000, rssBytes: 9e7, heapUsedBytes: 3e7 },
      ...{ externalBytes: 1e6, loopActiveMs: 3000 },
      loopDelay: durations(600, 1),
      gcPauses: durations(20, 2),
      ...ill.process?.[id],
    },
    peers: [],
    counters: { inbox_dropped: 0, ...ill.counters?.[id] },
    syncs: ill.syncs?.[id] ?? durations(500, 1),
    phases: {},
  };
}
