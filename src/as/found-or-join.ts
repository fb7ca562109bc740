/**
 * A node whose directory is empty, and who is not told whether its cluster exists: it founds the
 * cluster with the others of a list when a majority of them is empty too, and joins it otherwise.
 * Who is not in the list joins. A member that lost its data comes back as a new one (founding.ts).
 */
import { splitAddress } from '../client/address.ts';
import { entrust } from '../client/credentials.ts';
import { clusterIdOf, parseInitialCluster } from '../cluster/initial-cluster.ts';
import { ownSecurity } from '../cluster/newcomer-security.ts';
import {
  type Discovery,
  membersByApi,
  membersByDns,
  parseDiscovery,
} from '../kubernetes/member-records.ts';
import { ownPod } from '../kubernetes/pod.ts';
import { PodApi, podApiInit } from '../kubernetes/pod-api.ts';
import { RaftctlError } from '../std/errors.ts';
import { type NamedMember, parseMember } from '../wire/member-change.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import type { FsyncName } from '../wire/status.ts';
import { meetFounders } from './founding.ts';
import { joinRunning } from './joining.ts';

export interface PlaceWish {
  /** NAME=HOST:CLIENT:PEER:ADMIN */
  readonly member: string;
  /** See parseDiscovery(). */
  readonly discover: string;
  /** A DNS server; null: the system's. */
  readonly dns: string | null;
  /** The founders; null: it is none. */
  readonly initialCluster: string | null;
  readonly learner: boolean;
  readonly secretFile: string;
  /** Folder with its certificate; null: everything is plain. */
  readonly tlsDir: string | null;
  readonly fsync: FsyncName;
  /** How long members are looked for by who joins. */
  readonly waitMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * @param founded What a founder is made of.
 * @returns what its directory is formatted with.
 * @throws {RaftctlError} USAGE, ADDRESS_IN_USE, INTERRUPTED; what joinRunning() throws.
 */
export async function foundOrJoin(
  wish: PlaceWish,
  founded: (id: string) => NodeConfig,
): Promise<NodeConfig> {
  const self = parseMember(wish.member);
  if (typeof self === 'string') {
    throw new RaftctlError('USAGE', { message: `Cannot start a node: ${self}` });
  }
  const own = wish.tlsDir === null ? null : await ownSecurity(wish.tlsDir, self.id);
  const credentials = own?.credentials ?? null;
  const trust = (addresses: readonly string[]): void => entrust(addresses, credentials);
  const found = contactsBy(parseDiscovery(wish.discover), self, wish);
  const contacts = async (): Promise<readonly string[]> => {
    const addresses = await found();
    trust(addresses);
    return addresses;
  };
  const { secretFile, fsync, learner, say, signal, waitMs } = wish;
  const join = async (
    clusterId: string | null,
    more: readonly string[] = [],
  ): Promise<NodeConfig> => {
    const config = await joinRunning({
      ...{ self, secretFile, fsync, learner, clusterId, signal, waitMs, trust },
      contacts: async () => [...new Set([...more, ...(await contacts())])],
    });
    return own === null ? config : { ...config, security: own.security };
  };
  const members = wish.initialCluster === null ? [] : parseInitialCluster(wish.initialCluster);
  trust(members.map(({ adminAddress }) => adminAddress));
  const founder = members.find(({ id }) => id === self.id);
  if (founder === undefined || learner)
    return join(members.length > 0 ? clusterIdOf(members) : null);
  if (founder.peerAddress !== self.peerAddress) {
    throw new RaftctlError('USAGE', {
      message: `Cannot start ${self.id}: it is ${self.peerAddress} by --member and ${founder.peerAddress} by --initial-cluster`,
    });
  }
  const clusterId = clusterIdOf(members);
  const met = await meetFounders({ clusterId, self: founder, members, credentials, say, signal });
  if (met.type === 'founders') return founded(self.id);
  say(`${self.id} has no data, and its cluster exists: it joins as a new member`);
  return join(clusterId, [met.adminAddress]);
}

function contactsBy(
  discovery: Discovery,
  self: NamedMember,
  { dns, env }: PlaceWish,
): () => Promise<readonly string[]> {
  const others = (found: readonly string[]): readonly string[] =>
    found.filter((address) => address !== self.adminAddress);
  if (discovery.type === 'listed') return async () => others(discovery.addresses);
  if (discovery.type === 'dns') {
    return async () => others(await membersByDns(discovery.service, dns));
  }
  const api = new PodApi(podApiInit(env, ownPod(env).namespace));
  const { port } = splitAddress(self.adminAddress);
  return async () => others(await membersByApi(api, discovery.service, port));
}
