/** The files of a cluster on Kubernetes, and what to type after they are written. */

import { benchManifests, benchSteps } from './bench-job.ts';
import { learnerManifests, loggerManifests, votingManifests } from './cluster-manifests.ts';
import {
  type ClusterWish,
  clientServiceName,
  PORTS,
  secretNames,
  servingPods,
} from './cluster-wish.ts';
import type { Manifest, ManifestFile } from './manifest.ts';

const BENCH_FILE = 'bench.yaml';
/** What `kubectl apply -k` reads of a folder. */
const KUSTOMIZATION = 'kustomization.yaml';

export function clusterFiles(wish: ClusterWish): ManifestFile[] {
  const { secret, tls } = secretNames(wish);
  const wanted = wish.tls ? `the Secrets ${secret} and ${tls}` : `the Secret ${secret}`;
  const files: ManifestFile[] = [
    {
      name: 'cluster.yaml',
      about: [
        `The cluster ${wish.name}, by raftctl deploy k8s. It needs ${wanted}.`,
        ...(wish.tls
          ? []
          : ['NOT SECURED (--insecure): whoever reaches its pods may do everything.']),
      ],
      documents: votingManifests(wish),
    },
  ];
  if (wish.learners > 0) {
    const about = [`Learners of ${wish.name}: they have all of its data, and no vote.`];
    files.push({ name: 'learners.yaml', about, documents: learnerManifests(wish) });
  }
  if (wish.loggers > 0) {
    const about = [`Loggers of ${wish.name}: they write down what it applies.`];
    files.push({ name: 'loggers.yaml', about, documents: loggerManifests(wish) });
  }
  if (wish.bench !== null) {
    const about = [`Load on ${wish.name}: to be applied once that is ready.`];
    files.push({ name: BENCH_FILE, about, documents: benchManifests(wish, wish.bench) });
  }
  return files;
}

/** Load is not among them: it begins when somebody says so. */
export function kustomization(files: readonly ManifestFile[]): ManifestFile {
  const document: Manifest & { readonly resources: readonly string[] } = {
    ...{ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' },
    resources: files.map(({ name }) => name).filter((name) => name !== BENCH_FILE),
  };
  return { name: KUSTOMIZATION, about: [], documents: [document] };
}

/**
 * Commands, in their order.
 *
 * @param folder null: nothing was written.
 * @param hasSecrets whether the Secrets are among the files.
 */
export function nextSteps(wish: ClusterWish, folder: string | null, hasSecrets: boolean): string[] {
  const at = `-n ${wish.namespace}`;
  return [
    ...(hasSecrets ? [] : secretSteps(wish, at)),
    folder === null ? 'kubectl apply -f FILE' : `kubectl apply -k ${folder}`,
    `kubectl rollout status statefulset/${wish.name} ${at}`,
    ...(wish.bench === null || folder === null ? [] : benchSteps(wish, wish.bench, folder)),
    `clients inside: ${clientServiceName(wish)}.${wish.namespace}:${PORTS.client}`,
  ];
}

function secretSteps(wish: ClusterWish, at: string): string[] {
  const { secret, tls, client } = secretNames(wish);
  const create = `kubectl create secret generic`;
  const made = `${create} ${secret} ${at} --from-literal=secret=$(openssl rand -hex 32)`;
  if (!wish.tls) return [made];
  const from = (names: readonly string[]): string =>
    names.map((name) => `--from-file=./${tls}/${name}`).join(' ');
  const certificates = servingPods(wish).map(({ id, host }) => `--member ${id}=${host}`);
  return [
    made,
    `raftctl tls init --into ./${tls} ${certificates.join(' ')}`,
    `${create} ${tls} ${at} ${from(nodeKeyFiles(wish))}`,
    `${create} ${client} ${at} ${from(CLIENT_KEY_FILES)}`,
  ];
}

/** What pods may see of the folder of keys: never the key of the authority. */
export function nodeKeyFiles(wish: ClusterWish): string[] {
  return ['ca.pem', 'tokens', ...servingPods(wish).map(({ id }) => `member-${id}.pem`)];
}

/** What clients may see of it. */
export const CLIENT_KEY_FILES = ['ca.pem', 'client.token'];
