/** The containers of raft-demo's pods: its programs, by `raftctl as`. */
import type { Container, ContainerPort, Volume } from 'kubernetes-types/core/v1.js';
import { POD_FACTS, resourcesOf } from './pod-parts.ts';

export type DemoProgram = 'kvstore' | 'diskstorage' | 'logger' | 'loadgen';

const DATA_FOLDER = '/var/lib/raftctl';
const SECRET_FOLDER = '/etc/raftctl/secret';
/** What all pods of the older system in a namespace prove to each other. */
export const DEMO_SECRET = 'raft-demo-secret';
const SECRET_MODE = 0o440;
const UDP_PORTS = 20;
const LOGGER_PORTS = 10;
const RESOURCES = { cpu: '500m', memory: '1Gi' };

export function demoContainer(
  program: DemoProgram,
  wish: { readonly image: string; readonly name: string; readonly flags: readonly string[] },
): Container {
  return {
    ...{ name: wish.name, image: wish.image, imagePullPolicy: 'IfNotPresent' },
    command: ['raftctl', 'as', program, ...wish.flags],
    workingDir: DATA_FOLDER,
    env: [
      ...POD_FACTS,
      { name: 'RAFTCTL_SECRET_FILE', value: `${SECRET_FOLDER}/secret` },
      { name: 'HOME', value: '/tmp' },
    ],
    ports: portsOf(program),
    resources: resourcesOf(RESOURCES),
    volumeMounts: [
      { name: 'data', mountPath: DATA_FOLDER },
      { name: 'tmp', mountPath: '/tmp' },
      ...(program === 'loadgen'
        ? []
        : [{ name: 'secret', mountPath: SECRET_FOLDER, readOnly: true }]),
    ],
  };
}

/** Data that is gone with its pod, as in the older system. */
export function demoVolumes(program: DemoProgram): Volume[] {
  const secret = { secretName: DEMO_SECRET, defaultMode: SECRET_MODE };
  return [
    { name: 'data', emptyDir: {} },
    { name: 'tmp', emptyDir: {} },
    ...(program === 'loadgen' ? [] : [{ name: 'secret', secret }]),
  ];
}

function portsOf(program: DemoProgram): ContainerPort[] {
  if (program === 'loadgen') return range(15_000, UDP_PORTS, 'UDP');
  if (program === 'logger') return range(12_000, LOGGER_PORTS, 'TCP');
  return [11_000, 12_000, 13_000].map((containerPort) => ({ containerPort, protocol: 'TCP' }));
}

function range(from: number, count: number, protocol: string): ContainerPort[] {
  return Array.from({ length: count }, (_, i) => ({ containerPort: from + i, protocol }));
}
