/**
 * What a node is told at its start: `node.json` in its data directory, written when the directory
 * is formatted and read at every start. The identity in it is what makes a directory a member.
 */
import { RaftctlError } from '../std/errors.ts';
import { areDemoOptions, type DemoOptions } from './demo-options.ts';
import { isSecurityConfig, type SecurityConfig } from './security.ts';
import type { FsyncName } from './status.ts';

/** Rises when an older program could not read a newer directory. */
export const DATA_FORMAT_VERSION = 1;

export const APP_NAMES = ['kvstore', 'chatroom', 'diskstorage'] as const;
export type AppName = (typeof APP_NAMES)[number];

export const FSYNC_NAMES: readonly FsyncName[] = ['always', 'batch', 'none'];

/** `all`: every entry is kept, in an archive; `snapshot`: what a snapshot holds is forgotten. */
export const RETAIN_NAMES = ['all', 'snapshot'] as const;
export type RetainName = (typeof RETAIN_NAMES)[number];

export interface MemberConfig {
  readonly member: number;
  readonly id: string;
  /** `host:port` */
  readonly clientAddress: string;
  readonly peerAddress: string;
  readonly adminAddress: string;
}

export interface NodeConfig {
  readonly formatVersion: number;
  /** Name of the cluster, for people. */
  readonly cluster: string;
  /** 32 hex digits. */
  readonly clusterId: string;
  /** This node's name and number; its addresses are in `members`. */
  readonly id: string;
  readonly member: number;
  readonly app: AppName;
  readonly fsync: FsyncName;
  /**
   * The founding members; in the directory of one that joined later, itself and whom it turned to.
   * Who belongs to the cluster now is in its log.
   */
  readonly members: readonly MemberConfig[];
  /** What the founding configuration says of the log: see model/membership.ts. */
  readonly retain?: RetainName;
  /** The founders as entry 1 of the log names them, where `members` knows more or others. */
  readonly founding?: readonly MemberConfig[];
  /** File with the cluster secret (hex, mode 0600). */
  readonly secretFile: string;
  readonly electionTimeoutMsMin: number;
  readonly electionTimeoutMsMax: number;
  readonly heartbeatMs: number;
  /** Size of a log segment in bytes. Smaller on small disks. */
  readonly segmentBytes: number;
  /** Takes no new writes when fewer bytes are free than this. */
  readonly diskReserveBytes: number;
  /**
   * A snapshot is taken after so many bytes of log, or as many as the last snapshot has. Optional,
   * as those below: the defaults are good for nearly everybody.
   */
  readonly snapshotLogBytes?: number;
  /** A snapshot is taken after so many entries too, as by systems that count them. */
  readonly snapshotEntries?: number;
  /** How much log is kept behind a snapshot at most, in bytes and in entries. */
  readonly trailingLogBytes?: number;
  readonly trailingLogEntries?: number;
  /** A log of up to so many bytes is held back for a logger that is late (`retain`). */
  readonly loggerHoldBytes?: number;
  /** How many snapshots are kept, the newest ones; at least 1. */
  readonly snapshotsRetained?: number;
  /** Whether the founding configuration allows reads by a lease; the same on all founders. */
  readonly leases?: boolean;
  /** How long members promise then; the same on all founders, whatever their own timers. */
  readonly leasePromiseMs?: number;
  /** A learner that serves no clients, but writes down what is applied. */
  readonly logger?: LoggerConfig;
  readonly demo?: DemoOptions;
  /** Absent: everything is plain, and stays on this machine. */
  readonly security?: SecurityConfig;
}

/** What a logger writes: absolute paths. */
export interface LoggerConfig {
  readonly file: string;
  /** The same as lines of text. */
  readonly text?: string;
  /** How many records a second, a line each. */
  readonly throughput?: string;
}

/** What a new node gets unless it is told otherwise. */
export const NODE_CONFIG_DEFAULTS = {
  fsync: 'always',
  electionTimeoutMsMin: 500,
  electionTimeoutMsMax: 1000,
  heartbeatMs: 100,
  segmentBytes: 16 * 1024 * 1024,
  diskReserveBytes: 64 * 1024 * 1024,
} as const;

const NUMBERS = [
  'member',
  'electionTimeoutMsMin',
  'electionTimeoutMsMax',
  'heartbeatMs',
  'segmentBytes',
  'diskReserveBytes',
] as const;

const OPTIONAL_NUMBERS = [
  'snapshotLogBytes',
  'snapshotEntries',
  'trailingLogBytes',
  'trailingLogEntries',
  'loggerHoldBytes',
  'snapshotsRetained',
  'leasePromiseMs',
] as const;

/**
 * Checks what was read from `source`.
 *
 * @throws {RaftctlError} FORMAT_UNSUPPORTED when a newer raftctl wrote it, CONFIG_INVALID when a
 *   field is missing or impossible.
 */
export function parseNodeConfig(text: string, source: string): NodeConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new RaftctlError('CONFIG_INVALID', { message: `Cannot read ${source} as JSON`, cause });
  }
  const config = value as Record<string, unknown> & NodeConfig;
  if (config.formatVersion !== DATA_FORMAT_VERSION) {
    throw new RaftctlError('FORMAT_UNSUPPORTED', {
      message: `Cannot use ${source}: its format is ${String(config.formatVersion)}, this raftctl knows ${DATA_FORMAT_VERSION}`,
      hint: 'Start the node with the raftctl version that wrote its data directory',
    });
  }
  const refuse = (field: string): never => {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot use ${source} as "${field}" is missing or impossible: ${JSON.stringify(config[field] ?? null)}`,
    });
  };
  for (const field of NUMBERS) {
    if (!Number.isSafeInteger(config[field]) || config[field] < 0) refuse(field);
  }
  for (const field of OPTIONAL_NUMBERS) {
    const number = config[field];
    if (number !== undefined && (!Number.isSafeInteger(number) || number < 0)) refuse(field);
  }
  refuseImpossible(config, refuse);
  if (typeof config.secretFile !== 'string') refuse('secretFile');
  if (config.electionTimeoutMsMin > config.electionTimeoutMsMax) refuse('electionTimeoutMsMin');
  if (config.heartbeatMs < 10 || config.heartbeatMs * 2 > config.electionTimeoutMsMin) {
    refuse('heartbeatMs');
  }
  if (!Array.isArray(config.members)) refuse('members');
  if (config.founding !== undefined && !Array.isArray(config.founding)) refuse('founding');
  if (!config.members.some((m) => m.member === config.member && m.id === config.id)) refuse('id');
  return config;
}

function refuseImpossible(config: NodeConfig, refuse: (field: string) => never): void {
  if (config.snapshotsRetained === 0) refuse('snapshotsRetained');
  if (config.snapshotEntries === 0) refuse('snapshotEntries');
  if (!/^[0-9a-f]{32}$/.test(config.clusterId)) refuse('clusterId');
  if (!FSYNC_NAMES.includes(config.fsync)) refuse('fsync');
  if (config.leases !== undefined && typeof config.leases !== 'boolean') refuse('leases');
  if (!APP_NAMES.includes(config.app)) refuse('app');
  if (config.logger !== undefined && typeof config.logger?.file !== 'string') refuse('logger');
  if (config.demo !== undefined && !areDemoOptions(config.demo)) refuse('demo');
  if (config.security !== undefined && !isSecurityConfig(config.security)) refuse('security');
  if (config.retain !== undefined && !RETAIN_NAMES.includes(config.retain)) refuse('retain');
}
