/**
 * raft-demo's deployments, by its names: one file for each of its apps, with or without the
 * application log and the monitor, for one group of three servers, or three, or six. Where its
 * files did not do what they were meant to (two affinities of which one was lost, roles that may do
 * everything, Jobs by a wrong name), these do.
 */
import type { Deployment } from 'kubernetes-types/apps/v1.js';
import type { Job } from 'kubernetes-types/batch/v1.js';
import type { Affinity, Container, PodTemplateSpec } from 'kubernetes-types/core/v1.js';
import { accountFor } from './demo-access.ts';
import { DEMO_SECRET, type DemoProgram, demoContainer, demoVolumes } from './demo-containers.ts';
import type { ManifestFile } from './manifest.ts';
import { podSpec } from './pod-parts.ts';

/** Words of its file names. */
export const DEMO_APPS = { kv: 'kvstore', disk: 'diskstorage' } as const;
export type DemoApp = keyof typeof DEMO_APPS;

/** As it calls and spells its groups. */
export const GROUP_NAMES = ['alpha', 'beta', 'gama', 'delta', 'epsilon', 'zeta'] as const;
export const GROUP_COUNTS = [1, 3, 6] as const;
export type GroupCount = (typeof GROUP_COUNTS)[number];

export interface DemoWish {
  readonly namespace: string;
  readonly image: string;
}

export interface ServersWish extends DemoWish {
  readonly app: DemoApp;
  readonly groups: GroupCount;
  /** Whether servers write the application log. */
  readonly logs: boolean;
  readonly monitor: boolean;
}

const FOLLOWERS = 2;
const LOGGERS = 2;
const HOST = 'kubernetes.io/hostname';
/** Of a load generator: clients, seconds, keys, and values of 1 KiB. */
const LOAD = { kv: 8, disk: 10 } as const;
const LOAD_FLAGS = ['-time', '60', '-key', '1000000', '-data', '1', '-log', '1'];

export function serversFile(wish: ServersWish): ManifestFile {
  const { app, groups, logs, monitor } = wish;
  const prefix = groups === 1 ? '' : `${groups}-`;
  const name = `${prefix}${app}${monitor ? 'monit' : ''}-${logs ? 'applog' : 'notlog'}.yaml`;
  const program = DEMO_APPS[app];
  const numbers = groups === 1 ? [null] : Array.from({ length: groups }, (_, i) => i + 1);
  return {
    name,
    about: [`${groups} x 3 servers of raft-demo's ${program}, by raftctl deploy raft-demo.`],
    documents: [
      ...numbers.flatMap((group) => [
        serverDeployment(wish, 'leader', group),
        serverDeployment(wish, 'follower', group),
      ]),
      accountFor(groups === 1 ? program : `${program}-role`, wish.namespace),
    ],
  };
}

/** One Job for each group. */
export function loadFile(
  wish: DemoWish & { readonly app: DemoApp; readonly groups: GroupCount },
): ManifestFile {
  const { app, groups } = wish;
  const numbers = groups === 1 ? [null] : Array.from({ length: groups }, (_, i) => i + 1);
  return {
    name: `${groups === 1 ? '' : `${groups}-`}loadgen-${app}.yaml`,
    about: [
      `Load for ${groups} x 3 servers of raft-demo's ${DEMO_APPS[app]}: a Job for each group.`,
    ],
    documents: numbers.map((group) => loadJob(wish, app, group)),
  };
}

export function loggersFile(wish: DemoWish & { readonly monitor: boolean }): ManifestFile {
  const labels = { app: 'logger', r3: 'follower' };
  const flags = wish.monitor ? ['-monit'] : [];
  const container = demoContainer('logger', { ...wish, name: 'r3-logger', flags });
  const deployment: Deployment = {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
    metadata: { name: 'logger-follower', namespace: wish.namespace, labels },
    spec: {
      replicas: LOGGERS,
      selector: { matchLabels: labels },
      template: template(labels, {
        program: 'logger',
        container,
        // Not with one another, nor with leaders; with followers where there is no other place.
        affinity: apartFrom([{ app: 'logger' }, { r3: 'leader' }], Object.values(DEMO_APPS)),
      }),
    },
  };
  return {
    name: wish.monitor ? 'loggers-monit.yaml' : 'loggers.yaml',
    about: ["raft-demo's loggers: each follows every leader of the namespace."],
    documents: [deployment, accountFor('logger', wish.namespace)],
  };
}

function serverDeployment(
  wish: ServersWish,
  role: 'leader' | 'follower',
  group: number | null,
): Deployment {
  const program = DEMO_APPS[wish.app];
  const name = `${program}-${role}${group === null ? '' : `-${group}`}`;
  const labels = { app: program, ...indOf(group), r3: role };
  const single = role === 'leader' ? `r3-${program}-leader` : `r3-${program}`;
  const flags = [...(wish.logs ? ['-logfolder=/tmp/'] : []), ...(wish.monitor ? ['-monit'] : [])];
  const container = demoContainer(program, {
    ...{ image: wish.image, name: group === null ? single : name, flags },
  });
  // Servers of a group never share a machine, nor do leaders of any.
  const group0 = { app: program, ...indOf(group) };
  const affinity = apartFrom(role === 'leader' ? [group0, { r3: 'leader' }] : [group0]);
  return {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
    metadata: { name, namespace: wish.namespace, labels },
    spec: {
      replicas: role === 'leader' ? 1 : FOLLOWERS,
      // A leader that is replaced must be gone before the next one asks whether it has a cluster.
      strategy: role === 'leader' ? { type: 'Recreate' } : { type: 'RollingUpdate' },
      selector: { matchLabels: labels },
      template: template(labels, { program, container, affinity }),
    },
  };
}

function loadJob(wish: DemoWish, app: DemoApp, group: number | null): Job {
  const name = `loadgen-${app}${group === null ? '' : `-${group}`}`;
  const labels = { app: `loadgen-${app}`, ...indOf(group), r3: 'loadgen' };
  const flags = ['-clients', String(LOAD[app]), ...LOAD_FLAGS];
  const container = demoContainer('loadgen', { image: wish.image, name, flags });
  return {
    ...{ apiVersion: 'batch/v1', kind: 'Job' },
    metadata: { name, namespace: wish.namespace, labels },
    spec: {
      backoffLimit: 0,
      template: {
        metadata: { labels },
        spec: {
          ...podSpec(container, {
            ...{ restartPolicy: 'Never', serviceAccountName: 'default' },
            automountServiceAccountToken: true,
            volumes: demoVolumes('loadgen'),
          }),
          // Not on a machine with a server of the group that it loads.
          affinity: apartFrom([{ app: DEMO_APPS[app], ...indOf(group) }]),
        },
      },
    },
  };
}

function template(
  labels: Readonly<Record<string, string>>,
  {
    program,
    container,
    affinity,
  }: {
    readonly program: DemoProgram;
    readonly container: Container;
    readonly affinity: Affinity;
  },
): PodTemplateSpec {
  return {
    metadata: { labels: { ...labels } },
    spec: podSpec(container, {
      ...{ serviceAccountName: 'default', automountServiceAccountToken: true, affinity },
      volumes: demoVolumes(program),
    }),
  };
}

/** One term for each set of labels, all under one key; and, if it can be had, away from apps. */
function apartFrom(
  all: readonly Readonly<Record<string, string>>[],
  apps: readonly string[] = [],
): Affinity {
  const away = { matchExpressions: [{ key: 'app', operator: 'In', values: [...apps] }] };
  return {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: all.map((labels) => {
        return { labelSelector: { matchLabels: { ...labels } }, topologyKey: HOST };
      }),
      ...(apps.length === 0
        ? {}
        : {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 100, podAffinityTerm: { labelSelector: away, topologyKey: HOST } },
            ],
          }),
    },
  };
}

function indOf(group: number | null): { readonly ind?: string } {
  const ind = group === null ? undefined : GROUP_NAMES[group - 1];
  return ind === undefined ? {} : { ind };
}

/** All that there are, as the older system has them: servers, load and loggers. */
export function allDemoFiles(wish: DemoWish): ManifestFile[] {
  const files: ManifestFile[] = [];
  for (const app of Object.keys(DEMO_APPS) as DemoApp[]) {
    for (const groups of GROUP_COUNTS) {
      for (const logs of [false, true]) {
        for (const monitor of [false, true]) {
          files.push(serversFile({ ...wish, app, groups, logs, monitor }));
        }
      }
      files.push(loadFile({ ...wish, app, groups }));
    }
  }
  for (const monitor of [false, true]) files.push(loggersFile({ ...wish, monitor }));
  return files;
}

/** Commands, in their order. */
export function demoSteps(namespace: string, folder: string | null): string[] {
  const at = `-n ${namespace}`;
  return [
    `kubectl create secret generic ${DEMO_SECRET} ${at} --from-literal=secret=$(openssl rand -hex 32)`,
    `kubectl apply -f ${folder === null ? 'FILE' : `${folder}/FILE.yaml`}`,
    `kubectl get pods -o wide ${at}`,
  ];
}
