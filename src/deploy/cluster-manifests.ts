/**
 * A cluster on Kubernetes: a StatefulSet, whose pods keep their names and their disks; the headless
 * Service that names them; a Service for clients; and a budget, so that maintenance takes one pod
 * at a time. Learners and loggers are StatefulSets of their own.
 */
import type { StatefulSet } from 'kubernetes-types/apps/v1.js';
import type {
  Container,
  EnvVar,
  Service,
  ServiceAccount,
  ServicePort,
  Volume,
  VolumeMount,
} from 'kubernetes-types/core/v1.js';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js';
import type { Role as RbacRole, RoleBinding } from 'kubernetes-types/rbac/v1.js';
import {
  type ClusterWish,
  clientServiceName,
  domainOf,
  founderNames,
  labelsOf,
  memberText,
  PORTS,
  type Role,
  secretNames,
  selectorOf,
  setName,
} from './cluster-wish.ts';
import type { Manifest } from './manifest.ts';
import { apart, POD_FACTS, podSpec, probesOf, resourcesOf } from './pod-parts.ts';

const DATA_FOLDER = '/var/lib/raftctl';
const SECRET_FOLDER = '/etc/raftctl/secret';
const TLS_FOLDER = '/etc/raftctl/tls';
const OWN_NAME = '$(MY_POD_NAME)';
/** Readable by the group that the pod runs as. */
const SECRET_MODE = 0o440;

export function votingManifests(wish: ClusterWish): Manifest[] {
  return [
    ...accessManifests(wish),
    headlessService(wish, 'node'),
    clientService(wish),
    disruptionBudget(wish),
    statefulSet(wish, 'node', { replicas: wish.nodes, command: nodeCommand(wish, 'node') }),
  ];
}

export function learnerManifests(wish: ClusterWish): Manifest[] {
  const command = nodeCommand(wish, 'learner');
  return [
    headlessService(wish, 'learner'),
    statefulSet(wish, 'learner', { replicas: wish.learners, command }),
  ];
}

export function loggerManifests(wish: ClusterWish): Manifest[] {
  const [contact = ''] = founderNames(wish);
  const command = [
    ...['raftctl', 'node', 'start', '--app', 'logger', '--data-dir', `${DATA_FOLDER}/logger`],
    ...['--logfolder', `${DATA_FOLDER}/logs`, '--secret-file', `${SECRET_FOLDER}/secret`],
    ...['--join', `${contact}.${domainOf(wish, 'node')}:${PORTS.admin}`],
    ...['--member', memberText(wish, 'logger', OWN_NAME)],
  ];
  return [
    headlessService(wish, 'logger'),
    statefulSet(wish, 'logger', { replicas: wish.loggers, command }),
  ];
}

/** Who the pods are to the API: nobody with any right, unless they ask it for one another. */
function accessManifests(wish: ClusterWish): Manifest[] {
  const metadata = { ...metadataOf(wish, 'node'), name: wish.name };
  const account: ServiceAccount = {
    ...{ apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    automountServiceAccountToken: false,
  };
  if (wish.discovery === 'dns') return [account];
  const role: RbacRole = {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
  };
  const binding: RoleBinding = {
    ...{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: wish.name },
    subjects: [{ kind: 'ServiceAccount', name: wish.name, namespace: wish.namespace }],
  };
  return [account, role, binding];
}

/** Pods that wait for one another are not ready, and must find one another all the same. */
function headlessService(wish: ClusterWish, role: Role): Service {
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: metadataOf(wish, role) },
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: selectorOf(wish, role),
      ports: servicePorts(['client', 'peer', 'admin']),
    },
  };
}

function clientService(wish: ClusterWish): Service {
  const metadata = { ...metadataOf(wish, 'node'), name: clientServiceName(wish) };
  return {
    ...{ apiVersion: 'v1', kind: 'Service', metadata },
    spec: {
      type: 'ClusterIP',
      selector: selectorOf(wish, 'node'),
      ports: servicePorts(['client']),
    },
  };
}

function servicePorts(names: readonly (keyof typeof PORTS)[]): ServicePort[] {
  return names.map((name) => ({ name, port: PORTS[name], targetPort: name, protocol: 'TCP' }));
}

function disruptionBudget(wish: ClusterWish): PodDisruptionBudget {
  return {
    ...{ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: metadataOf(wish, 'node') },
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(wish, 'node') } },
  };
}

function nodeCommand(wish: ClusterWish, role: 'node' | 'learner'): string[] {
  const founders = founderNames(wish).map((pod) => memberText(wish, 'node', pod));
  const where = `${wish.discovery}:${domainOf(wish, 'node')}`;
  return [
    ...['raftctl', 'node', 'run', '--data-dir', `${DATA_FOLDER}/node`, '--cluster', wish.name],
    ...['--member', memberText(wish, role, OWN_NAME), '--discover', where],
    ...['--initial-cluster', founders.join(',')],
    ...['--secret-file', `${SECRET_FOLDER}/secret`, '--app', wish.app, '--fsync', wish.fsync],
    ...(role === 'learner' ? ['--learner'] : []),
  ];
}

function statefulSet(
  wish: ClusterWish,
  role: Role,
  { replicas, command }: { readonly replicas: number; readonly command: string[] },
): StatefulSet {
  const asksApi = wish.discovery === 'api' && role !== 'logger';
  const container: Container = {
    ...{ name: 'raftctl', image: wish.image, imagePullPolicy: 'IfNotPresent', command },
    env: [...POD_FACTS, ...securityEnv(wish), { name: 'HOME', value: '/tmp' }],
    ports: (['client', 'peer', 'admin'] as const).map((name) => {
      return { name, containerPort: PORTS[name], protocol: 'TCP' };
    }),
    resources: resourcesOf(wish.resources),
    ...probesOf('admin', wish.tls ? 'HTTPS' : 'HTTP'),
    volumeMounts: mountsOf(wish),
  };
  const { storage, storageClass } = wish;
  return {
    ...{ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: metadataOf(wish, role) },
    spec: {
      ...{ serviceName: setName(wish, role), replicas },
      // All at once: none is ready before a majority has found one another.
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      minReadySeconds: 5,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: { matchLabels: selectorOf(wish, role) },
      template: {
        metadata: { labels: labelsOf(wish, role) },
        spec: podSpec(container, {
          serviceAccountName: wish.name,
          ...(asksApi ? { automountServiceAccountToken: true } : {}),
          affinity: apart(selectorOf(wish, role), wish.spread),
          volumes: volumesOf(wish),
        }),
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage } },
            ...(storageClass === null ? {} : { storageClassName: storageClass }),
          },
        },
      ],
    },
  };
}

function metadataOf(wish: ClusterWish, role: Role) {
  const { namespace } = wish;
  return { name: setName(wish, role), namespace, labels: labelsOf(wish, role) };
}

/** The one place where pods are told what protects them. */
export function securityEnv({ tls }: ClusterWish): EnvVar[] {
  return [
    tls
      ? { name: 'RAFTCTL_TLS_DIR', value: TLS_FOLDER }
      : { name: 'RAFTCTL_INSECURE_BIND', value: 'true' },
  ];
}

function mountsOf({ tls }: ClusterWish): VolumeMount[] {
  return [
    { name: 'data', mountPath: DATA_FOLDER },
    { name: 'tmp', mountPath: '/tmp' },
    { name: 'secret', mountPath: SECRET_FOLDER, readOnly: true },
    ...(tls ? [{ name: 'tls', mountPath: TLS_FOLDER, readOnly: true }] : []),
  ];
}

function volumesOf(wish: ClusterWish): Volume[] {
  const { secret, tls } = secretNames(wish);
  const from = (name: string, secretName: string): Volume => {
    return { name, secret: { secretName, defaultMode: SECRET_MODE } };
  };
  return [
    { name: 'tmp', emptyDir: {} },
    from('secret', secret),
    ...(wish.tls ? [from('tls', tls)] : []),
  ];
}
