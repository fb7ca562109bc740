/** The admin port of a node: what it may ask of the parts. */
import type { Bytes } from '../std/bytes.ts';
import type { Histogram } from '../std/histogram.ts';
import type { Log } from '../std/log.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import type { Security } from '../wire/security.ts';
import type { NodeStatus } from '../wire/status.ts';
import { countersOf } from './client-ports.ts';
import { type SlowSyncs, tellingStalls } from './daemon/anomaly-watch.ts';
import type { Tracer } from './daemon/tracer.ts';
import { transferByName } from './leadership.ts';
import { forgottenEntries, newestBatches } from './log-view.ts';
import { changeMembers } from './member-requests.ts';
import { nodeCounters } from './node-counters.ts';
import { logDirectory, snapshotDirectory } from './node-directory.ts';
import type { LogStore } from './ports/log-store.ts';
import { Profiler } from './profiler/profiler.ts';
import type { EventRing } from './replica/event-ring.ts';
import type { Replica } from './replica/replica.ts';
import { type AdminServer, createAdminServer } from './server/admin.ts';
import type { StopWish } from './server/admin-contract.ts';
import type { ClientServer } from './server/server.ts';
import { snapshotControl } from './snapshot-control.ts';
import type { Transport } from './transport/transport.ts';

export interface AdminPortParts {
  readonly directory: string;
  readonly log: Log;
  readonly config: NodeConfig;
  /** `host:port` */
  readonly address: string;
  readonly secret: Bytes;
  readonly security: Security | undefined;
  readonly replica: Replica;
  readonly store: LogStore;
  readonly network: Transport;
  readonly servers: readonly ClientServer[];
  readonly events: EventRing;
  readonly syncs: Histogram;
  readonly slowSyncs: SlowSyncs;
  readonly tracer: Tracer;
  readonly status: () => NodeStatus;
  readonly stop: (wish: StopWish) => void;
}

/** @throws {RaftctlError} ADDRESS_IN_USE, CONFIG_INVALID */
export function openAdminPort(parts: AdminPortParts): Promise<AdminServer> {
  const { config, replica, store, network, servers, events, status, syncs, stop } = parts;
  const total = countersOf(servers);
  const [directory, cluster] = [logDirectory(parts.directory), config.clusterId];
  return createAdminServer({
    listenAddress: parts.address,
    secretHex: parts.secret.toString('hex'),
    security: parts.security,
    log: parts.log,
    profiler: new Profiler(),
    replicas: [
      {
        clusterId: config.clusterId,
        memberName: config.id,
        ...{ events, status, stop, transferLeadership: transferByName(replica) },
        phases: () => replica.phases.histograms,
        syncs: () => syncs,
        batches: (countMax) => newestBatches(replica.raft, countMax),
        history: (from) => forgottenEntries({ raft: replica.raft, directory, cluster }, from),
        peers: () => network.stats().peers,
        rejectedConnections: () => ({
          peer: network.stats().rejected,
          client: { limit: total('rejectedConnections') },
        }),
        counters: () => nodeCounters({ replica, log: store, total }),
        snapshots: snapshotControl(replica, snapshotDirectory(parts.directory), {
          cluster: config.clusterId,
          app: config.app,
        }),
        tracer: parts.tracer,
        stalled: tellingStalls(events, () => replica.raft.term, parts.slowSyncs),
        changeMembers: (changes, done) => changeMembers({ replica, config }, changes, done),
      },
    ],
  });
}
