/** What `cluster up` is to make, from its flags and a profile. */
import type { ClusterProfile, NodeProfile } from '../config/profile-schema.ts';
import type { AppName, RetainName } from '../wire/node-config.ts';
import type { FsyncName } from '../wire/status.ts';
import type { ClusterDemo } from './demo-cluster.ts';
import type { ClusterWish, EngineName, NodeTimes } from './topology.ts';

/** What `cluster up` was told on its command line or by the environment. */
export interface SaidFlags {
  nodes?: number | undefined;
  app?: AppName | undefined;
  engine?: EngineName | 'raftctl' | undefined;
  fsync?: FsyncName | undefined;
  leases?: boolean | undefined;
  tls?: boolean | undefined;
  'port-base'?: number | undefined;
  retain?: RetainName | undefined;
  demo?: ClusterDemo;
}

/** Flags with the key that a profile has for them. */
export const PROFILE_KEYS = [
  ['nodes', 'nodes'],
  ['app', 'app'],
  ['fsync', 'fsync'],
  ['leases', 'leases'],
  ['tls', 'tls'],
  ['port-base', 'portBase'],
  ['retain', 'retain'],
] as const;

/** Flags go before the profile. */
export function wishOf(flags: SaidFlags, profile: ClusterProfile | null): ClusterWish {
  const nodes = Object.entries(profile?.node ?? {}).map(([id, node]) => {
    const { fsync, clientPort, peerPort, adminPort } = node;
    return [id, { fsync, clientPort, peerPort, adminPort, times: timesOf(node) }] as const;
  });
  return {
    nodeCount: flags.nodes ?? profile?.nodes ?? null,
    app: flags.app ?? profile?.app ?? null,
    ...(flags.engine === undefined ? {} : { engine: flags.engine }),
    fsync: flags.fsync ?? profile?.fsync ?? null,
    leases: flags.leases ?? profile?.leases ?? null,
    tls: flags.tls ?? profile?.tls ?? null,
    portBase: flags['port-base'] ?? profile?.portBase ?? null,
    retain: flags.retain ?? profile?.retain ?? null,
    times: profile === null ? {} : timesOf(profile),
    ...(flags.demo === undefined ? {} : { demo: flags.demo }),
    nodes: Object.fromEntries(nodes),
  };
}

function timesOf(profile: ClusterProfile | NodeProfile): NodeTimes {
  const { electionTimeoutMin: min, electionTimeoutMax: max, heartbeat } = profile;
  return {
    ...(min === undefined ? {} : { electionTimeoutMsMin: min }),
    ...(max === undefined ? {} : { electionTimeoutMsMax: max }),
    ...(heartbeat === undefined ? {} : { heartbeatMs: heartbeat }),
  };
}
