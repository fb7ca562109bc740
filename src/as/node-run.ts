/** One node of an older system: makes its directory at the first start, then is that node. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describeHolder } from '../cluster/ports.ts';
import { newClusterId } from '../cluster/store.ts';
import { isInPod } from '../kubernetes/pod.ts';
import type { OlderExtras } from '../node/daemon/older-extras.ts';
import { type Prefill, planPrefill } from '../node/daemon/prefill.ts';
import { type RunDaemonInit, runDaemon } from '../node/daemon-process.ts';
import { formatNode } from '../node/format.ts';
import { RaftctlError } from '../std/errors.ts';
import type { ClientPortConfig } from '../wire/client-port.ts';
import {
  type AppName,
  DATA_FORMAT_VERSION,
  type MemberConfig,
  NODE_CONFIG_DEFAULTS,
  type NodeConfig,
  parseNodeConfig,
} from '../wire/node-config.ts';
import type { FsyncName } from '../wire/status.ts';
import { type Founding, meetFounders } from './founding.ts';
import { joinRunning } from './joining.ts';
import type { OldLine } from './old-flags.ts';
import { type AsContext, textOf } from './program.ts';
import { sharedSecret } from './secret.ts';

export interface NodePlan {
  /** Name of the cluster, for people. */
  readonly cluster: string;
  /** Null: kept nowhere, gone when the node ends. */
  readonly directory: string | null;
  readonly self: Omit<MemberConfig, 'member'>;
  readonly fsync: FsyncName;
  readonly ports: readonly ClientPortConfig[];
  readonly start: NodeStart;
  readonly extras?: OlderExtras;
  readonly profiles?: NonNullable<RunDaemonInit['profiles']>;
  /** The kvstore unless it says otherwise; who joins has the cluster's. */
  readonly app?: AppName;
  /** Joins without ever getting a vote. */
  readonly learner?: boolean;
  /** The log is kept whole, as by systems that take no snapshots. */
  readonly keepsLog?: boolean;
  /** When the older system takes snapshots, and how much log it keeps behind one, in entries. */
  readonly snapshots?: Required<Pick<NodeConfig, 'snapshotEntries' | 'trailingLogEntries'>>;
  /** Keys a cluster of its own begins with. */
  readonly prefill?: Prefill;
  /** Called when all ports answer. */
  readonly onReady: () => void;
}

export type NodeStart =
  /** A cluster of its own. */
  | { readonly type: 'alone' }
  /** One more of a cluster that runs: the admin addresses of some members are found. */
  | { readonly type: 'join'; readonly contacts: () => Promise<readonly string[]> }
  /** One of a list that all its members are given, in the same order. */
  | {
      readonly type: 'listed';
      readonly member: number;
      readonly members: readonly MemberConfig[];
      readonly clusterId: string;
    };

/** Runs the node until it is told to stop. @returns the exit code. */
export async function runOldNode(
  plan: NodePlan,
  line: OldLine,
  context: AsContext,
): Promise<number> {
  const directory = plan.directory ?? (await mkdtemp(join(tmpdir(), 'raftctl-as-')));
  try {
    const names: string[] = await readdir(directory).catch(() => []);
    if (names.includes('node.json')) await checkSame(plan, directory);
    else {
      const given = textOf(line, 'secret-file');
      const secretFile =
        given === '' ? await sharedSecret(context.stateDirectory) : resolve(context.cwd, given);
      await formatNode({ directory, config: await newConfig(plan, secretFile, context) });
      if (plan.prefill !== undefined) planPrefill(directory, plan.prefill);
    }
    return await runDaemon({
      ...{ directory, version: context.version, holderOfPort: describeHolder },
      logFile: join(directory, 'raftctl.log'),
      ports: plan.ports,
      // Its protocols know no keys: a pod's address, or -listen-all, is what makes them seen.
      insecureBind: isInPod(context.env) || textOf(line, 'listen-all') === 'true',
      ...(plan.extras === undefined ? {} : { extras: plan.extras }),
      ...(plan.profiles === undefined ? {} : { profiles: plan.profiles }),
      onReady: plan.onReady,
      onTrouble: (message) => context.say(message),
    });
  } finally {
    if (plan.directory === null) await rm(directory, { recursive: true, force: true });
  }
}

async function newConfig(
  plan: NodePlan,
  secretFile: string,
  context: AsContext,
): Promise<NodeConfig> {
  const rest = {
    ...NODE_CONFIG_DEFAULTS,
    ...{ formatVersion: DATA_FORMAT_VERSION, cluster: plan.cluster, app: plan.app ?? 'kvstore' },
    ...{ fsync: plan.fsync, secretFile, id: plan.self.id },
    ...compactionOf(plan),
  };
  const { start } = plan;
  if (start.type === 'join') return joined(plan, secretFile, start.contacts);
  if (start.type === 'alone') {
    const members = [{ ...plan.self, member: 1 }];
    return { ...rest, clusterId: newClusterId(), member: 1, members };
  }
  const { member, members: founding, clusterId } = start;
  const met = await meet(plan, start, context);
  if (met.type === 'exists') {
    context.say(`${plan.self.id} has no data, and its cluster exists: it joins as a new member`);
    return joined(plan, secretFile, async () => [met.adminAddress], clusterId);
  }
  // Of the others a list tells the Raft address alone; what this node knows of itself is its own.
  const members = founding.map((m) => (m.member === member ? { ...plan.self, member } : m));
  return { ...rest, clusterId, member, members, founding };
}

async function joined(
  plan: NodePlan,
  secretFile: string,
  contacts: () => Promise<readonly string[]>,
  clusterId: string | null = null,
): Promise<NodeConfig> {
  const { self, fsync, learner = false } = plan;
  const config = await joinRunning({
    ...{ self, fsync, secretFile, contacts, clusterId, learner },
  });
  return { ...config, ...compactionOf(plan) };
}

function compactionOf({ keepsLog = false, snapshots }: NodePlan): Partial<NodeConfig> {
  return keepsLog ? { snapshotLogBytes: Number.MAX_SAFE_INTEGER } : { ...snapshots };
}

async function meet(
  plan: NodePlan,
  start: NodeStart & { readonly type: 'listed' },
  context: AsContext,
): Promise<Founding> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.once('SIGINT', abort);
  process.once('SIGTERM', abort);
  const { clusterId, members, member } = start;
  const self = { ...plan.self, member };
  const say = (text: string): void => context.say(text);
  const met = await meetFounders({ clusterId, self, members, say, signal: stop.signal });
  process.removeListener('SIGINT', abort);
  process.removeListener('SIGTERM', abort);
  return met;
}

/** A directory keeps its identity, whatever the command line says. */
async function checkSame(plan: NodePlan, directory: string): Promise<void> {
  const path = join(directory, 'node.json');
  const config = parseNodeConfig(await readFile(path, 'utf8'), path);
  const own = config.members.find((m) => m.member === config.member);
  const wanted = plan.self.peerAddress;
  if (own?.peerAddress === wanted && config.id === plan.self.id) return;
  throw new RaftctlError('CLUSTER_DIFFERS', {
    message: `Cannot start ${plan.self.id} on ${wanted} as ${directory} belongs to ${config.id} on ${own?.peerAddress ?? 'no address'}`,
    hint: 'Start it as it was, or use another directory',
  });
}
