/** The client ports of a node: one that takes every dialect, or those of an older system. */
import type { Log } from '../std/log.ts';
import type { ClientPortConfig } from '../wire/client-port.ts';
import type { MemberConfig, NodeConfig } from '../wire/node-config.ts';
import type { Security } from '../wire/security.ts';
import type { NodeStatus } from '../wire/status.ts';
import { readLogLine } from './log-lines.ts';
import type { LogStore } from './ports/log-store.ts';
import type { Replica } from './replica/replica.ts';
import type { MemberDesk } from './server/member-desk.ts';
import type { ServerCounters } from './server/resp-session.ts';
import { type ClientServer, createServer } from './server/server.ts';

export interface ClientPortParts {
  readonly replica: Replica;
  readonly log: Log;
  readonly store: LogStore;
  readonly config: NodeConfig;
  readonly status: () => NodeStatus;
  readonly members: MemberDesk;
  /** Null: a plain port. */
  readonly security: Security | null;
}

/** What a node's client port speaks unless it is told otherwise. */
function ordinaryPort(
  address: string,
  { app, demo }: Pick<NodeConfig, 'app' | 'demo'>,
): ClientPortConfig {
  const dialect = app === 'chatroom' ? 'chat' : 'any';
  const compress = demo?.compress === true ? { compress: true } : {};
  const usual = { onFollower: 'forward', reads: 'linearizable', commit: 'wait' } as const;
  return { address, dialect, ...usual, ...compress };
}

/** A logger has none. */
export function ordinaryPorts(config: NodeConfig, own: MemberConfig): ClientPortConfig[] {
  return config.logger === undefined ? [ordinaryPort(own.clientAddress, config)] : [];
}

/** @throws {RaftctlError} ADDRESS_IN_USE, CONFIG_INVALID */
export function openClientPort(
  { replica, log, store, config, status, members, security }: ClientPortParts,
  port: ClientPortConfig,
): Promise<ClientServer> {
  const { raft } = replica;
  const isFollower = (): boolean => raft.leader !== 0 && raft.role !== 'leader';
  return createServer(
    {
      ...{ replica, log, status, isFollower, members },
      isLeader: () => raft.role === 'leader',
      logLine: (index, done) => readLogLine({ replica, log: store }, index, done),
    },
    {
      listenAddress: port.address,
      addresses: config.members.map((m) => m.clientAddress),
      pinned: port,
      security: security ?? undefined,
    },
  );
}

/** What all ports together have counted. */
export function countersOf(
  servers: readonly ClientServer[],
): (counter: keyof ServerCounters) => number {
  return (counter) => servers.reduce((sum, server) => sum + server.counters[counter], 0);
}
