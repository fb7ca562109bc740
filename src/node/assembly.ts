/** Builds the real parts of a node and joins them. */
import { randomBytes } from 'node:crypto';
import { assert } from '../std/assert.ts';
import type { Bytes } from '../std/bytes.ts';
import type { RaftctlError } from '../std/errors.ts';
import { Histogram } from '../std/histogram.ts';
import type { Log } from '../std/log.ts';
import { Prng } from '../std/prng.ts';
import type { ClientPortConfig } from '../wire/client-port.ts';
import type { MemberConfig, NodeConfig } from '../wire/node-config.ts';
import type { NodeStatus } from '../wire/status.ts';
import { openAdminPort } from './admin-port.ts';
import { makeApp } from './app-parts.ts';
import { bind } from './bind.ts';
import { countersOf, openClientPort, ordinaryPorts } from './client-ports.ts';
import type { SlowSyncs } from './daemon/anomaly-watch.ts';
import { memberDesk } from './daemon/member-desk.ts';
import { Extras, extrasOf, type OlderExtras } from './daemon/older-extras.ts';
import { Tracer } from './daemon/tracer.ts';
import { tellingLog } from './event-log.ts';
import { FsDisk } from './io/fs-disk.ts';
import { type DirectoryLock, lockDirectory } from './io/lock.ts';
import type { NodeSecurity } from './io/security-files.ts';
import { SystemClock } from './io/system-clock.ts';
import { lifeSeed, logDirectory, readSecret } from './node-directory.ts';
import { openSecurity, peerSecurity } from './node-security.ts';
import { nodeStatus } from './node-status.ts';
import type { Clock } from './ports/clock.ts';
import type { LogStore } from './ports/log-store.ts';
import type { SnapshotStore } from './ports/snapshot-store.ts';
import type { StateMachine } from './ports/state-machine.ts';
import { RAFT_CONFIG_DEFAULT, timersOf } from './raft/config.ts';
import { compactionConfigOf } from './replica/compaction.ts';
import { EventRing } from './replica/event-ring.ts';
import { Replica } from './replica/replica.ts';
import { segmentBytesFor } from './segment-size.ts';
import type { AdminServer } from './server/admin.ts';
import type { StopWish } from './server/admin-contract.ts';
import type { ClientServer } from './server/server.ts';
import { openNodeSnapshots } from './snapshot-control.ts';
import { createTransport, type Transport } from './transport/transport.ts';
import { openLog } from './wal/wal.ts';

export interface DaemonInit {
  readonly directory: string;
  readonly version: string;
  readonly log: Log;
  /** Names who holds a port, for people; null: not known. */
  readonly holderOfPort: (port: number) => Promise<string | null>;
  /** Called once, when the node cannot go on: the process must end with the error's exit code. */
  readonly onFailed: (error: RaftctlError) => void;
  /** Somebody with the cluster secret asked for an orderly stop. */
  readonly onStopAsked: (wish: StopWish) => void;
  /** Client ports in the place of the one that node.json names: those of an older system. */
  readonly ports?: readonly ClientPortConfig[];
  /** What a node of an older system has beside them. */
  readonly extras?: OlderExtras;
  readonly slowSyncs: SlowSyncs;
  /** Plain ports that other machines reach are meant. Those of an older system always are. */
  readonly insecureBind?: boolean;
}

export interface Parts {
  readonly lock: DirectoryLock;
  readonly events: EventRing;
  readonly replica: Replica;
  readonly log: LogStore;
  readonly stateMachine: StateMachine;
  readonly servers: readonly ClientServer[];
  readonly admin: AdminServer;
  readonly extras: Extras;
  readonly security: NodeSecurity | null;
  readonly incarnation: string;
  readonly startedAtMs: number;
}

/** What every part of one life of a node shares. */
interface Life {
  readonly init: DaemonInit;
  readonly config: NodeConfig;
  readonly own: MemberConfig;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly incarnation: string;
  readonly startedAtMs: number;
  readonly syncs: Histogram;
  readonly tracer: Tracer;
  /** Null: plain ports. */
  readonly security: NodeSecurity | null;
  /** Null until there is one. */
  replica: Replica | null;
  /** Why the node ends, once it does. */
  failure: string | null;
}

/** @param undo gets the way to take back each part, in the order they were built. */
export async function assemble(
  init: DaemonInit,
  config: NodeConfig,
  undo: (() => Promise<void>)[],
): Promise<Parts> {
  const life = newLife(init, config);
  undo.push(async () => life.security?.close());
  const secret = await readSecret(init.directory, config);
  const lock = await lockDirectory(init.directory);
  undo.push(() => lock.release());
  const events = new EventRing(
    { clock: life.clock },
    { cluster: config.cluster, node: config.id, incarnation: life.incarnation },
  );
  const snapshots = await openNodeSnapshots(init.directory, config);
  undo.push(() => snapshots.close());
  const log = await openNodeLog(life, snapshots);
  undo.push(() => log.close());
  const network = await bind(life.init.holderOfPort, life.own.peerAddress, () =>
    openNetwork(life, secret),
  );
  undo.push(() => network.close());
  const { directory, extras: wish = extrasOf(config, life.own) } = init;
  const onFailed = (error: RaftctlError): void => fail(life, error);
  const extras = new Extras({ directory, wish, log: init.log, onFailed });
  undo.push(async () => extras.close());
  const around = (app: StateMachine): StateMachine => extras.around(app);
  const stateMachine = makeApp({
    ...{ config, directory, onFailed, around },
    stateFile: wish.stateFile,
  });
  const replica = makeReplica(life, { log, snapshots, network, events, stateMachine });
  life.tracer.attach(replica);
  life.replica = replica;
  extras.follow(replica);
  const connections = { count: () => 0 };
  const status = (): NodeStatus =>
    nodeStatus({
      ...{ config, replica, log, snapshots, network, incarnation: life.incarnation },
      version: init.version,
      uptimeMs: () => Date.now() - life.startedAtMs,
      connections: () => connections.count(),
      error: () => life.failure,
    });
  const servers: ClientServer[] = [];
  connections.count = () => servers.reduce((sum, server) => sum + server.connections, 0);
  const members = memberDesk({ status, secretHex: secret.toString('hex') });
  for (const port of init.ports ?? ordinaryPorts(config, life.own)) {
    const { security } = life;
    const parts = { replica, status, log: init.log, store: log, config, members, security };
    const open = () => openClientPort(parts, port);
    const server = await bind(life.init.holderOfPort, port.address, open);
    undo.push(() => server.close());
    servers.push(server);
  }
  const { adminAddress } = life.own;
  const admin = await bind(life.init.holderOfPort, adminAddress, () =>
    openAdminPort({
      ...{ directory, config, secret, replica, network, servers, events, status },
      ...{ address: adminAddress, store: log, log: init.log, syncs: life.syncs },
      ...{ slowSyncs: init.slowSyncs, tracer: life.tracer },
      ...{ stop: init.onStopAsked, security: life.security ?? undefined },
    }),
  );
  undo.push(() => admin.close());
  const commands = (): number => countersOf(servers)('commands');
  const { security } = life;
  await extras.open({ replica, desk: members, adminAddress, status, commands, security });
  const facts = { incarnation: life.incarnation, startedAtMs: life.startedAtMs };
  return { lock, events, replica, stateMachine, log, servers, admin, extras, security, ...facts };
}

function newLife(init: DaemonInit, config: NodeConfig): Life {
  const own = config.members.find((m) => m.member === config.member);
  assert(own !== undefined, 'a node is among its members');
  const { directory, log, ports, insecureBind = false } = init;
  const isExposureMeant = insecureBind || ports !== undefined;
  const clock = new SystemClock();
  return {
    security: openSecurity({ directory, log, config, own, isExposureMeant }),
    replica: null,
    ...{ init, config, own, clock },
    tracer: new Tracer(clock),
    prng: new Prng(lifeSeed()),
    incarnation: randomBytes(8).toString('hex'),
    startedAtMs: Date.now(),
    syncs: new Histogram(),
    failure: null,
  };
}

async function openNodeLog(
  { init, config, clock, prng, syncs, tracer }: Life,
  snapshots: SnapshotStore,
): Promise<LogStore> {
  // Most writes are timed with their sync; marks that nobody waits for have none.
  const disk = new FsDisk({ onWritten: init.slowSyncs.timed });
  const { totalBytes } = await disk.space(init.directory);
  return openLog({
    disk,
    clock,
    log: init.log,
    random: prng.fork(),
    directory: logDirectory(init.directory),
    ...{ cluster: config.clusterId, member: config.member, fsync: config.fsync },
    onSyncTimed: (durationMs) => {
      syncs.record(durationMs * 1000);
      init.slowSyncs.timed(durationMs);
      tracer.synced(durationMs);
    },
    snapshot: snapshots.newest?.meta ?? null,
    segmentBytes: segmentBytesFor(config.segmentBytes, totalBytes),
  });
}

function openNetwork(life: Life, secret: Bytes): Promise<Transport> {
  const { init, config, own, clock, prng, incarnation, security } = life;
  const membership = () => life.replica?.raft.membership ?? null;
  return createTransport(
    { clock, log: init.log, prng: prng.fork() },
    {
      self: config.member,
      cluster: config.clusterId,
      ...{ secret, incarnation },
      listenAddress: own.peerAddress,
      peers: config.members,
      ...(security === null ? {} : { security: peerSecurity(security, config, membership) }),
    },
  );
}

interface ReplicaPorts {
  readonly log: LogStore;
  readonly snapshots: SnapshotStore;
  readonly network: Transport;
  readonly events: EventRing;
  readonly stateMachine: StateMachine;
}

function fail(life: Life, error: RaftctlError): void {
  if (life.failure !== null) return;
  life.failure = error.message;
  life.init.onFailed(error);
}

function makeReplica(life: Life, ports: ReplicaPorts): Replica {
  const { log, snapshots, network, events, stateMachine } = ports;
  const { init, config, clock, prng } = life;
  const onFailed = (error: RaftctlError): void => fail(life, error);
  return new Replica(
    {
      ...{ clock, log, snapshots, prng: prng.fork(), onFailed },
      network: life.tracer.network(network),
      onRemoved: () => init.onStopAsked({ reason: 'removed from the cluster', handOver: false }),
      emit: tellingLog(events.append, init.log, init.directory),
      stateMachine,
    },
    {
      self: config.member,
      cluster: config.clusterId,
      config: { ...RAFT_CONFIG_DEFAULT, ...timersOf(config, RAFT_CONFIG_DEFAULT.tickMs) },
      boot: prng.u32(),
      diskReserveBytes: config.diskReserveBytes,
      compaction: compactionConfigOf(config),
      contacts: config.members,
    },
  );
}
