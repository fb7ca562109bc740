import type { Clock } from '../../src/node/ports/clock.ts';
import { Profiler } from '../../src/node/profiler/profiler.ts';
import { EventRing } from '../../src/node/replica/event-ring.ts';
import { type AdminServer, createAdminServer } from '../../src/node/server/admin.ts';
import type {
  AdminCounter,
  AdminHistory,
  AdminReplica,
  AdminSnapshots,
  MembersAnswer,
  NamedTransfer,
  PeerTraffic,
  StopWish,
} from '../../src/node/server/admin-contract.ts';
import { Histogram } from '../../src/std/histogram.ts';
import { SILENT_LOG } from '../../src/std/log.ts';
import type { EventData } from '../../src/wire/events.ts';
import type { BatchView } from '../../src/wire/log-view.ts';
import type { NamedChange } from '../../src/wire/member-change.ts';
import type { Security } from '../../src/wire/security.ts';
import type { NodeStatus } from '../../src/wire/status.ts';
import { fakeStatus } from './node-status.ts';

export const SECRET_HEX = '0123456789abcdef'.repeat(4);

const CLOCK: Clock = {
  nowMs: () => 5,
  wallMs: () => 1_700_000_000_000,
  after: () => ({ cancel: () => {} }),
  defer: () => {},
};

/** A replica as the admin port sees it, with everything a test may turn. */
export class FakeAdminReplica implements AdminReplica {
  readonly clusterId: string;
  readonly memberName: string;
  readonly events: EventRing;
  readonly histograms = new Map<string, Histogram>();
  readonly stopped: StopWish[] = [];
  /** Whom transfers of leadership were asked for, and how the next ones end. */
  readonly transfers: (string | null)[] = [];
  transferEnding: NamedTransfer = { outcome: 'done', reason: null, to: 'n2', durationMs: 4 };
  readonly syncTimes = new Histogram();
  newest: BatchView[] = [];
  readonly stalls: EventData['process.stalled'][] = [];
  readonly changes: NamedChange[] = [];
  membersAnswer: MembersAnswer = { ok: false, code: 'NO_LEADER', message: 'n1 does not lead' };
  peerTraffic: PeerTraffic[] = [];
  rejected: Record<string, Record<string, number>> = {};
  counts: Record<string, AdminCounter> = {};
  currentStatus: NodeStatus;

  constructor(differences: Partial<NodeStatus> = {}, eventCountMax?: number) {
    this.currentStatus = fakeStatus(differences);
    const { cluster, clusterId, id, incarnation } = this.currentStatus;
    this.clusterId = clusterId;
    this.memberName = id;
    const init = { cluster, node: id, incarnation };
    this.events = new EventRing(
      { clock: CLOCK },
      eventCountMax === undefined ? init : { ...init, countMax: eventCountMax },
    );
  }

  status(): NodeStatus {
    return this.currentStatus;
  }
  phases(): ReadonlyMap<string, Histogram> {
    return this.histograms;
  }
  async history(_from: number): Promise<AdminHistory | null> {
    return null;
  }

  batches(countMax: number): readonly BatchView[] {
    return this.newest.slice(0, countMax);
  }
  syncs(): Histogram {
    return this.syncTimes;
  }
  peers(): readonly PeerTraffic[] {
    return this.peerTraffic;
  }
  rejectedConnections(): Readonly<Record<string, Readonly<Record<string, number>>>> {
    return this.rejected;
  }
  counters(): Readonly<Record<string, AdminCounter>> {
    return this.counts;
  }
  /** By index. */
  readonly snapshotFiles = new Map<number, Buffer>();
  snapshotFailures = 0;
  readonly snapshots: { -readonly [K in keyof AdminSnapshots]: AdminSnapshots[K] } = {
    take: () => this.currentStatus.appliedIndex,
    progress: () => ({ taking: null, failures: this.snapshotFailures, failure: null }),
    list: async () =>
      [...this.snapshotFiles].map(([index, { length }]) => {
        return { index, term: 2, bytes: length, asOf: null };
      }),
    open: async (index) => {
      const file = this.snapshotFiles.get(index);
      if (file === undefined) return null;
      return {
        bytes: file.length,
        read: async (offset, length) => file.subarray(offset, offset + length),
        close: async () => {},
      };
    },
  };
  readonly armed: string[] = [];
  readonly tracer: AdminReplica['tracer'] = {
    arm: (marker) => this.armed.push(marker),
    seen: () => ({ monoMs: 5, marks: [], dropped: 0, batch: null }),
  };
  stalled(stall: EventData['process.stalled']): void {
    // Not among the events: on a busy machine it comes whenever it likes.
    this.stalls.push(stall);
  }
  transferLeadership(target: string | null, done: (ended: NamedTransfer) => void): void {
    this.transfers.push(target);
    done(this.transferEnding);
  }
  changeMembers(changes: readonly NamedChange[], done: (answer: MembersAnswer) => void): void {
    this.changes.push(...changes);
    done(this.membersAnswer);
  }
  stop(wish: StopWish): void {
    this.stopped.push(wish);
  }

  record(phase: string, durationsUs: readonly number[]): void {
    const histogram = new Histogram();
    for (const us of durationsUs) histogram.record(us);
    this.histograms.set(phase, histogram);
  }

  /** Appends events that make lines of some size. */
  appendPeers(count: number, padding = 0): void {
    for (let i = 0; i < count; i += 1) {
      this.events.append('peer.connected', 2, { peer: `n${i}${'x'.repeat(padding)}` });
    }
  }
}

export function openAdmin(
  replicas: readonly AdminReplica[],
  allowedHosts: readonly string[] = [],
  security?: Security,
): Promise<AdminServer> {
  return createAdminServer({
    listenAddress: '127.0.0.1:0',
    secretHex: SECRET_HEX,
    log: SILENT_LOG,
    allowedHosts,
    security,
    profiler: new Profiler(),
    replicas,
  });
}
