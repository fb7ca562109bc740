/**
 * `raftctl node start --app logger`: one process that is a learner of each cluster it follows, and
 * writes down what they apply.
 *
 * ```
 *  DIR/<cluster>/            data directory of the learner
 *  LOGS/log-file-<id>.log    what that cluster has applied; with text, the same as .txt beside it
 * ```
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { isSecured } from '../client/dial.ts';
import type { GivenTrust } from '../cluster/given-credentials.ts';
import { joinCluster } from '../cluster/join.ts';
import { leaderStatus } from '../cluster/members.ts';
import { newcomerSecurity } from '../cluster/newcomer-security.ts';
import { describeHolder, findFreePortBase } from '../cluster/ports.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { ClusterSpec } from '../cluster/topology.ts';
import { expectNodes, type RunDaemonInit, runDaemon } from '../node/daemon-process.ts';
import { formatNode } from '../node/format.ts';
import { readNodeConfig } from '../node/node-directory.ts';
import { RaftctlError } from '../std/errors.ts';
import { type NamedMember, parseMember } from '../wire/member-change.ts';
import type { LoggerConfig, NodeConfig } from '../wire/node-config.ts';
import type { FsyncName } from '../wire/status.ts';
import { fetchHistory } from './logger-history.ts';

/** Ports of loggers lie so far above those of the cluster's own nodes, while they are free. */
const PORT_OFFSETS = Array.from({ length: 50 }, (_, i) => 50 + i);
/** Of the ports of clients, of Raft and of administration. */
const PORT_STRIDES = [0, 1000, 2000];
const NODE_CONFIG_NAME = 'node.json';

/** A cluster to follow, and as whom. */
export interface Followed {
  /** Admin address of any member. */
  readonly contact: string;
  readonly secretFile: string;
  readonly member: NamedMember;
  /** Folder with the keys of a cluster with TLS; null: it is plain. */
  readonly tlsDir: string | null;
}

export interface LoggerWish {
  readonly directory: string;
  readonly logFolder: string;
  readonly text: boolean;
  /** Folder for how many records a second; null: that is not written down. */
  readonly throughputFolder: string | null;
  readonly fsync: FsyncName | undefined;
  /** Those that are not followed yet are joined. */
  readonly follow: readonly Followed[];
  readonly timeoutMs: number;
  /** What is shown to clusters that are joined, where that is not in their folder of keys. */
  readonly trust: GivenTrust;
}

export interface LoggerRun {
  readonly version: string;
  readonly logFile: string | null;
  /** See RunDaemonInit; of the whole process, so its first node takes care of them. */
  readonly profiles?: NonNullable<RunDaemonInit['profiles']>;
  readonly profileOnAnomaly?: boolean;
  /** Plain ports may be wherever they are. */
  readonly insecureBind: boolean;
  readonly say: (line: string) => void;
}

/** Runs until it is told to stop. @returns the exit code. @throws {RaftctlError} */
export async function runLoggers(wish: LoggerWish, run: LoggerRun): Promise<number> {
  await mkdir(wish.directory, { recursive: true });
  for (const followed of wish.follow) await follow(wish, followed);
  const configs = await followedClusters(wish.directory);
  if (configs.length === 0) {
    throw new RaftctlError('USAGE', {
      message: `Cannot start a logger that follows nobody: ${wish.directory} knows no cluster`,
      hint: 'Name some: --follow CLUSTER,... or --join HOST:PORT,... with --member',
    });
  }
  for (const config of configs) {
    await fetchHistory(join(wish.directory, config.cluster), config, run.say);
  }
  expectNodes(configs.length);
  const { profiles = {}, profileOnAnomaly = false } = run;
  const codes = await Promise.all(
    configs.map((config, i) =>
      runOne(wish.directory, config, run, i === 0 ? { profiles, profileOnAnomaly } : {}),
    ),
  );
  return Math.max(...codes);
}

function runOne(
  directory: string,
  config: NodeConfig,
  run: LoggerRun,
  profiling: Pick<LoggerRun, 'profiles' | 'profileOnAnomaly'>,
): Promise<number> {
  const { cluster, id, logger, members, member } = config;
  const port = members.find((m) => m.member === member)?.clientAddress;
  return runDaemon({
    directory: join(directory, cluster),
    ...{ version: run.version, logFile: run.logFile, insecureBind: run.insecureBind },
    holderOfPort: describeHolder,
    ...profiling,
    onReady: () => run.say(`${id} follows ${cluster} into ${logger?.file}, handed out at ${port}`),
  });
}

/** Those that this directory has joined, by name. */
async function followedClusters(directory: string): Promise<NodeConfig[]> {
  const configs: NodeConfig[] = [];
  for (const name of await readdir(directory).catch(() => [])) {
    if (!(await isFormatted(join(directory, name)))) continue;
    const config = await readNodeConfig(join(directory, name));
    if (config.logger !== undefined) configs.push(config);
  }
  return configs;
}

async function follow(wish: LoggerWish, followed: Followed): Promise<void> {
  const { contact, secretFile, member } = followed;
  const { timeoutMs, fsync } = wish;
  const trust = { ...wish.trust, 'tls-dir': followed.tlsDir ?? undefined };
  const security = await newcomerSecurity(member, contact, trust);
  const { cluster, clusterId } = await askFor(followed, timeoutMs);
  const directory = join(wish.directory, cluster);
  if (await isFormatted(directory)) {
    const known = await readNodeConfig(directory);
    if (known.clusterId === clusterId) return;
    throw new RaftctlError('CLUSTER_DIFFERS', {
      message: `Cannot follow the cluster at ${contact} in ${directory}: another one of that name is followed there`,
      hint: 'Follow it in another --data-dir, or remove that directory',
    });
  }
  const init = { contact, member, secretFile, learner: true, timeoutMs };
  const config = await joinCluster({ ...init, ...(fsync === undefined ? {} : { fsync }) });
  for (const folder of [wish.logFolder, wish.throughputFolder ?? wish.logFolder]) {
    await mkdir(folder, { recursive: true });
  }
  const logger = filesOf(wish, member.id);
  await formatNode({ directory, config: { ...config, ...security, logger } });
}

/** @throws {RaftctlError} TLS_INVALID when it takes a certificate and there is none to show. */
async function askFor({ contact, member, tlsDir }: Followed, timeoutMs: number) {
  const noKeys = (reason: string, cause?: unknown): RaftctlError =>
    new RaftctlError('TLS_INVALID', {
      message: `Cannot follow the cluster at ${contact} as ${member.id} has no certificate: ${reason}`,
      hint: `Name the folder with it: --tls-dir DIR. Where the authority lies: raftctl tls init --into DIR --member ${member.id}=HOST`,
      cause,
    });
  if (tlsDir === null && isSecured(contact)) throw noKeys('its members want one');
  try {
    return await fetchNodeStatus(contact, timeoutMs);
  } catch (error) {
    const wantsTls = error instanceof Error && /socket hang up|ECONNRESET/.test(error.message);
    if (tlsDir === null && wantsTls) throw noKeys('it hung up on who has none', error);
    throw error;
  }
}

function filesOf({ logFolder, throughputFolder, text }: LoggerWish, id: string): LoggerConfig {
  const file = join(logFolder, `log-file-${id}`);
  return {
    file: `${file}.log`,
    ...(text && { text: `${file}.txt` }),
    ...(throughputFolder !== null && {
      throughput: join(throughputFolder, `${id}-throughput.out`),
    }),
  };
}

async function isFormatted(directory: string): Promise<boolean> {
  const names: string[] = await readdir(directory).catch(() => []);
  return names.includes(NODE_CONFIG_NAME);
}

/** Clusters of this machine, by name: a name and ports are found for those not followed yet. */
export async function followLocal(
  store: ClusterStore,
  names: readonly string[],
  directory: string,
): Promise<Followed[]> {
  const found: Followed[] = [];
  const known = await followedClusters(directory);
  const ids = known.map(({ id }) => id);
  const bases: number[] = [];
  for (const name of names) {
    const spec = await store.find(name);
    if (known.some(({ clusterId }) => clusterId === spec.clusterId)) continue;
    const { members, leaderMember } = await leaderStatus(spec);
    const leader = members.find((m) => m.member === leaderMember);
    const id = freeId([...ids, ...members.map((m) => m.id)]);
    const base = await freeBase(spec, bases);
    ids.push(id);
    bases.push(base);
    const [clientAddress = '', peerAddress = '', adminAddress = ''] = PORT_STRIDES.map(
      (stride) => `127.0.0.1:${base + stride}`,
    );
    const member = { id, clientAddress, peerAddress, adminAddress };
    const contact = leader?.adminAddress ?? '';
    const tlsDir = spec.tls === true ? store.tlsFolderOf(spec.name).path : null;
    found.push({ contact, member, secretFile: store.secretFileOf(spec.name), tlsDir });
  }
  return found;
}

function freeId(taken: readonly string[]): string {
  for (let n = 1; ; n += 1) if (!taken.includes(`log${n}`)) return `log${n}`;
}

async function freeBase(spec: ClusterSpec, taken: readonly number[]): Promise<number> {
  const bases = PORT_OFFSETS.map((offset) => spec.portBase + offset);
  const base = await findFreePortBase(
    1,
    bases.filter((one) => !taken.includes(one)),
  );
  if (base !== null) return base;
  throw new RaftctlError('ADDRESS_IN_USE', {
    message: `Cannot find ports for a logger of ${spec.name}: none from ${bases[0]} on is free`,
    hint: 'Name them: --join HOST:PORT --member NAME=HOST:CLIENT:PEER:ADMIN --secret-file FILE',
  });
}

/**
 * Clusters by lists of one length: member to ask, who to be, the secret (or one for all) and the
 * folder of keys (or one for all; an empty word is a plain cluster).
 */
export function followListed(lists: {
  readonly join: string;
  readonly member: string;
  readonly secretFile: string;
  readonly tlsDir: string | null;
}): Followed[] {
  const contacts = lists.join.split(',');
  const members = lists.member.split(',').map((text) => {
    const member = parseMember(text);
    if (typeof member !== 'string') return member;
    throw new RaftctlError('USAGE', { message: `Cannot follow a cluster: ${member}` });
  });
  const secrets = lists.secretFile.split(',').map((file) => resolve(file));
  const folders = (lists.tlsDir ?? '')
    .split(',')
    .map((path) => (path === '' ? null : resolve(path)));
  const count = members.length;
  const fits = [secrets, folders].every(({ length }) => length === 1 || length === count);
  if (contacts.length !== count || !fits) {
    const given = [
      ...[`--join names ${contacts.length}`, `--member ${count}`],
      ...[`--secret-file ${secrets.length}`, `--tls-dir ${folders.length}`],
    ];
    throw new RaftctlError('USAGE', {
      message: `Cannot follow clusters: ${given.join(', ')}`,
      hint: 'Give as many of each as there are clusters to follow; one secret or folder of keys may serve for all',
    });
  }
  const nth = <T>(list: readonly T[], i: number): T | undefined => list[list.length === 1 ? 0 : i];
  return members.map((member, i) => {
    const secretFile = nth(secrets, i) ?? '';
    return { member, contact: contacts[i] ?? '', secretFile, tlsDir: nth(folders, i) ?? null };
  });
}
