/**
 * What a node is told at its start: `node.json` in its data directory, written when the directory
 * is formatted and read at every start. The identity in it is what makes a directory a member.
 */
import type { FsyncName } from './status.ts';

/** Rises when an older program could not read a newer directory. */
export const DATA_FORMAT_VERSION = 1;

export interface MemberConfig {
  readonly member: number;
  readonly id: string;
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
  readonly app: 'kvstore';
  readonly fsync: FsyncName;
  readonly members: readonly MemberConfig[];
  /** File with the cluster secret (hex, mode 0600). */
  readonly secretFile: string;
  readonly electionTimeoutMsMin: number;
  readonly electionTimeoutMsMax: number;
  readonly heartbeatMs: number;
  /** Size of a log segment. Smaller on small disks. */
  readonly segmentBytes: number;
  /** Takes no new writes when fewer bytes are free than this. */
  readonly diskReserveBytes: number;
}
