/** What a founding member is told when its data directory is made by hand. */
import { resolve } from 'node:path';
import { RaftctlError } from '../std/errors.ts';
import {
  type AppName,
  DATA_FORMAT_VERSION,
  NODE_CONFIG_DEFAULTS,
  type NodeConfig,
} from '../wire/node-config.ts';
import type { FsyncName } from '../wire/status.ts';
import { clusterIdOf, parseInitialCluster } from './initial-cluster.ts';
import { TlsFolder } from './tls-folder.ts';

export interface FoundingFlags {
  readonly id: string | undefined;
  readonly 'initial-cluster': string | undefined;
  readonly 'cluster-id': string | undefined;
  readonly 'secret-file': string | undefined;
  readonly cluster: string | undefined;
  readonly app: AppName | undefined;
  readonly fsync: FsyncName | undefined;
  readonly leases: boolean | undefined;
  readonly 'tls-dir': string | undefined;
}

/** @throws {RaftctlError} USAGE */
export function foundingConfig(flags: FoundingFlags): NodeConfig {
  const members = parseInitialCluster(flags['initial-cluster'] ?? '');
  const { 'tls-dir': tls } = flags;
  const self = members.find((member) => member.id === flags.id);
  if (self === undefined) {
    throw new RaftctlError('USAGE', {
      message: `Cannot make ${flags.id} as the initial cluster does not name it`,
    });
  }
  return {
    ...NODE_CONFIG_DEFAULTS,
    formatVersion: DATA_FORMAT_VERSION,
    cluster: flags.cluster ?? 'local',
    clusterId: flags['cluster-id'] ?? clusterIdOf(members),
    id: self.id,
    member: self.member,
    app: flags.app ?? 'kvstore',
    fsync: flags.fsync ?? NODE_CONFIG_DEFAULTS.fsync,
    ...(flags.leases === true ? { leases: true } : {}),
    ...(tls === undefined ? {} : { security: new TlsFolder(resolve(tls)).filesOf(self.id) }),
    members,
    secretFile: resolve(flags['secret-file'] ?? ''),
  };
}
