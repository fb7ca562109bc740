/** From what a person asked for to a load on addresses. */
import { checkFits, inputFor } from '../bench/app-workload.ts';
import { driverOf } from '../bench/drivers/drivers.ts';
import type { AgentsWish } from '../bench/far-crew.ts';
import type { WatchedNode } from '../bench/phase-meter.ts';
import { parseTarget, type Target } from '../bench/target.ts';
import { resolveWorkload, targetsOf, type Workload } from '../bench/workload.ts';
import type { WorkloadInput } from '../bench/workload-fields.ts';
import { credentialsOf } from '../client/credentials.ts';
import { addressesBySrv, type DiscoverChoice } from '../client/srv-records.ts';
import { checkApp } from '../cluster/endpoints.ts';
import { entrustGiven, type GivenTrust } from '../cluster/given-credentials.ts';
import { loadTargets } from '../cluster/load-targets.ts';
import { ClusterStore } from '../cluster/store.ts';
import type { ClusterSpec } from '../cluster/topology.ts';
import { RaftctlError } from '../std/errors.ts';
import type { AppName } from '../wire/node-config.ts';

export interface LoadWish {
  readonly input: WorkloadInput;
  /** Null: the only one there is, unless addresses are given. */
  readonly cluster: string | null;
  /** The folder that holds clusters. */
  readonly dir: string;
  /** What addresses are shown. */
  readonly trust?: GivenTrust;
  /** Whether the nodes' phases are to be looked at. */
  readonly phases?: boolean;
}

export interface LoadPlan {
  readonly input: WorkloadInput;
  readonly workload: Workload;
  readonly targets: readonly Target[];
  /** The cluster of this machine that nodes were named of; null: only addresses. */
  readonly cluster: string | null;
  /** Its folder. */
  readonly clusterFolder: string | null;
  readonly app: AppName | null;
  /** Nodes whose phases are looked at. */
  readonly watched: readonly WatchedNode[];
  /** Other machines that make the load; left out: this one does. */
  readonly agents?: AgentsWish;
}

/**
 * Addresses stand for themselves; names are nodes of the cluster.
 *
 * @throws {RaftctlError} USAGE, CLUSTER_NOT_FOUND, CLUSTER_AMBIGUOUS, UNREACHABLE, NO_LEADER,
 *   TLS_INVALID
 */
export async function planLoad(wish: LoadWish): Promise<LoadPlan> {
  const { input, cluster, dir, trust = {}, phases = false } = wish;
  const texts = targetsOf(input);
  const addresses = texts.flatMap((text) => parseTarget(text) ?? []);
  const names = texts.filter((text) => parseTarget(text) === null);
  const given = addresses.map(({ address }) => address);
  await entrustGiven(given, trust);
  if (addresses.length > 0 && names.length === 0) {
    if (phases) throw noPhases('addresses have no admin ports');
    const workload = resolveWorkload(input);
    checkCertificates(workload, addresses);
    return {
      input,
      workload,
      targets: addresses,
      cluster: null,
      clusterFolder: null,
      app: null,
      watched: [],
    };
  }
  const store = new ClusterStore(dir);
  const spec = await store.findAnywhere(cluster);
  if (spec.engine !== undefined) {
    if (phases) throw noPhases(`the nodes of ${spec.name} are of ${spec.engine}`);
    return planEngine(store, spec, await loadTargets(store, spec, names), input);
  }
  checkApp(spec, 'kvstore');
  const { app } = spec;
  const workload = resolveWorkload(inputFor(app, input));
  checkFits(app, workload);
  const named = await loadTargets(store, spec, names);
  const targets = [...addresses, ...named.map((address) => ({ address, answersInfo: true }))];
  checkCertificates(workload, targets);
  const clusterFolder = store.folderOf(spec.name);
  const watched = phases ? spec.nodes : [];
  return { input, workload, targets, cluster: spec.name, clusterFolder, app, watched };
}

function checkCertificates({ driver }: Workload, targets: readonly Target[]): void {
  if (driverOf(driver).needsCertificate !== true) return;
  for (const { address } of targets) {
    if (credentialsOf(address)?.identity !== null) continue;
    throw new RaftctlError('USAGE', {
      message: `Cannot measure ${address} over ${driver} without a certificate: a token has no place there`,
      hint: 'Show a certificate: --tls-cert FILE. Or measure it over resp',
    });
  }
}

function noPhases(why: string): RaftctlError {
  return new RaftctlError('USAGE', {
    message: `Cannot look at phases: ${why}`,
    hint: 'Name a cluster of raftctl: --cluster NAME, with --target leader or any',
  });
}

/** A cluster of another program's nodes speaks that program's protocol. */
function planEngine(
  store: ClusterStore,
  spec: ClusterSpec,
  addresses: readonly string[],
  input: WorkloadInput,
): LoadPlan {
  const workload = resolveWorkload({ ...input, driver: spec.engine });
  const targets = addresses.map((address) => ({ address }));
  return {
    input,
    workload,
    targets,
    cluster: spec.name,
    clusterFolder: store.folderOf(spec.name),
    app: null,
    watched: [],
  };
}

/** With the nodes that DNS knows among the targets; without `discover` as it was. */
export async function withDiscovered(
  input: WorkloadInput,
  { discover, dns }: DiscoverChoice,
): Promise<WorkloadInput> {
  if (discover === undefined) return input;
  const target = [...targetsOf(input), ...(await addressesBySrv(discover, dns ?? null))];
  return { ...input, target };
}
