/**
 * `cluster up --hosts`: looks at the machines, puts this program there, makes a node on each and
 * starts it. What a new cluster has got so far is taken away again when a machine fails.
 */
import { posix } from 'node:path';
import type { ClusterNode, ClusterSpec, UnitManager } from '../cluster/topology.ts';
import { checkFits, type UpInit, type UpResult } from '../cluster/up.ts';
import { withLock } from '../cluster/up-lock.ts';
import { clusterGoal, waitUntil } from '../cluster/wait.ts';
import { RaftctlError } from '../std/errors.ts';
import { createElsewhere, type FarCreateInit, undoElsewhere } from './far-create.ts';
import { actOver, tidyMachines } from './far-nodes.ts';
import { type HostWish, readHosts } from './hosts-file.ts';
import { putEverywhere } from './machines.ts';
import { packProgram } from './program-pack.ts';
import { SshConnections } from './ssh.ts';

export interface FarUpInit
  extends Omit<FarCreateInit, 'snapshot'>,
    Pick<UpInit, 'waitFor' | 'timeoutMs'> {
  /** Names the machines; null: those that the cluster has. */
  readonly hostsFile: string | null;
}

/** What is told of a started cluster: its processes are not ours. */
export type FarUpResult = Omit<UpResult, 'started'> & {
  readonly started: readonly { readonly id: string }[];
};

/**
 * @throws {RaftctlError} HOST_UNFIT, UNREACHABLE, UNAUTHORIZED naming the machine; EXPOSED_BIND;
 *   CLUSTER_DIFFERS; what the nodes said when they could not start; WAIT_TIMEOUT
 */
export async function upElsewhere(init: FarUpInit): Promise<FarUpResult> {
  const { store, name, timeoutMs, hostsFile } = init;
  if (Object.keys(init.wish.demo ?? {}).length > 0) {
    throw new RaftctlError('USAGE', {
      message: 'Cannot give nodes on other machines options of raft-demo: they name folders',
      hint: 'Leave them out, or start such nodes there: raftctl node start --bootstrap',
    });
  }
  const hosts = hostsFile === null ? null : await readHosts(hostsFile);
  return withLock(store.lockFileOf(name), timeoutMs, () =>
    SshConnections.use(async (connections) => {
      const begun = performance.now();
      const existing = await store.load(name);
      const spec =
        existing === null
          ? await createElsewhere({ ...init, snapshot: null }, connections, hosts ?? [])
          : await renew(init, connections, existing, hosts);
      const started = await start(init, connections, spec, existing === null);
      await tidyMachines(connections, spec, init.say);
      const status =
        init.waitFor === 'none'
          ? null
          : await waitUntil(
              {
                store,
                spec,
                timeoutMs,
                signal: init.signal,
                what: `${name} to be ${init.waitFor}`,
              },
              clusterGoal(init.waitFor),
            );
      const durationMs = Math.round(performance.now() - begun);
      const folder = store.folderOf(name);
      return { spec, folder, isNew: existing === null, started, status, durationMs };
    }),
  );
}

async function start(
  init: FarUpInit,
  connections: SshConnections,
  spec: ClusterSpec,
  isNew: boolean,
): Promise<readonly { readonly id: string }[]> {
  const { timeoutMs } = init;
  try {
    const rows = await actOver(connections, spec, spec.nodes, { verb: 'start', timeoutMs });
    return rows.filter(({ outcome }) => outcome === 'started');
  } catch (error) {
    if (isNew) await undoElsewhere(init, connections, spec);
    throw error;
  }
}

/** A cluster that exists gets this program, and stays as it is otherwise. */
async function renew(
  init: FarUpInit,
  connections: SshConnections,
  existing: ClusterSpec,
  hosts: readonly HostWish[] | null,
): Promise<ClusterSpec> {
  checkFits(existing, init.wish);
  checkMachines(existing, hosts);
  checkUnits(existing, init.units);
  const program = await packProgram(init.root);
  const nodes = existing.nodes.map((node): ClusterNode => {
    if (node.host === undefined) return node;
    const { directory } = node.host;
    return {
      ...node,
      host: { ...node.host, program: posix.join(directory, 'programs', program.id) },
    };
  });
  const spec = { ...existing, nodes };
  await putEverywhere(connections, spec.nodes, program, init.say);
  await init.store.save(spec);
  return spec;
}

function checkMachines({ name, nodes }: ClusterSpec, hosts: readonly HostWish[] | null): void {
  const has = nodes.map(({ host }) => host?.ssh ?? 'this machine').join(', ');
  const wanted = hosts?.map(({ ssh }) => ssh).join(', ') ?? has;
  if (has === wanted) return;
  throw new RaftctlError('CLUSTER_DIFFERS', {
    message: `Cannot change cluster ${name} as it exists already: it runs on ${has}, not on ${wanted}`,
    hint: `Start it as it is: raftctl cluster up ${name}. Or choose another name`,
  });
}

function checkUnits({ name, nodes }: ClusterSpec, wanted: UnitManager | null): void {
  const has = nodes.find(({ host }) => host !== undefined)?.host?.units ?? 'none';
  if (wanted === null || has === wanted) return;
  throw new RaftctlError('CLUSTER_DIFFERS', {
    message: `Cannot change cluster ${name} as it exists already: --systemd is ${has}, not ${wanted}`,
    hint: `Start it as it is: raftctl cluster up ${name}. Or choose another name`,
  });
}
