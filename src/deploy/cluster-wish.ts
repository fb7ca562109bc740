/** What a cluster on Kubernetes is to be, and the names that follow from that. */
import type { Discovery } from '../kubernetes/member-records.ts';
import { RaftctlError } from '../std/errors.ts';
import type { AppName } from '../wire/node-config.ts';
import type { FsyncName } from '../wire/status.ts';
import type { Resources, Spread } from './pod-parts.ts';

export interface ClusterWish {
  readonly name: string;
  readonly namespace: string;
  /** The domain of the cluster's DNS. */
  readonly domain: string;
  readonly image: string;
  readonly nodes: number;
  readonly learners: number;
  readonly loggers: number;
  readonly app: AppName;
  readonly fsync: FsyncName;
  readonly discovery: Exclude<Discovery['type'], 'listed'>;
  /** Certificates and tokens from a Secret; false: plain ports, on a network that is closed. */
  readonly tls: boolean;
  readonly resources: Resources;
  readonly storage: string;
  /** Null: the cluster's default. */
  readonly storageClass: string | null;
  readonly spread: Spread;
  /** Null: no load. */
  readonly bench: BenchWish | null;
}

/** Load by several pods at once. */
export interface BenchWish {
  readonly pods: number;
  /** Requests a second of all pods together; null: a closed loop. */
  readonly rate: number | null;
  /** Connections of each pod. */
  readonly clients: number;
  readonly durationMs: number;
}

/** The same in all pods: every pod has an address of its own. */
export const PORTS = { client: 11_000, peer: 12_000, admin: 13_000 } as const;

/** What a set of pods is for. */
export type Role = 'node' | 'learner' | 'logger' | 'bench';

/** Of a name that has to leave room for `-learner-12` and the like. */
const NAME_LENGTH_MAX = 40;

/** @throws {RaftctlError} USAGE when Kubernetes would not take the name. */
export function checkName(what: string, name: string): void {
  if (name.length <= NAME_LENGTH_MAX && /^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name)) return;
  throw new RaftctlError('USAGE', {
    message: `Cannot call the ${what} ${JSON.stringify(name)}: Kubernetes takes small letters, digits and dashes, up to ${NAME_LENGTH_MAX}`,
    hint: 'For example demo',
  });
}

/** Of a StatefulSet and of the headless Service that names its pods. */
export function setName({ name }: ClusterWish, role: Role): string {
  return role === 'node' ? name : `${name}-${role}`;
}

export function clientServiceName({ name }: ClusterWish): string {
  return `${name}-client`;
}

export function secretNames({ name }: ClusterWish): {
  readonly secret: string;
  readonly tls: string;
  /** What clients show and whom they trust. */
  readonly client: string;
} {
  return { secret: `${name}-secret`, tls: `${name}-tls`, client: `${name}-client-tls` };
}

/** What selects the pods of a role, and nothing else in the namespace. */
export function selectorOf({ name }: ClusterWish, role: Role): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'raftctl',
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/component': role,
  };
}

export function labelsOf(wish: ClusterWish, role: Role): Record<string, string> {
  return { ...selectorOf(wish, role), 'app.kubernetes.io/managed-by': 'raftctl' };
}

/** The domain of the pods of a role. */
export function domainOf(wish: ClusterWish, role: Role): string {
  return `${setName(wish, role)}.${wish.namespace}.svc.${wish.domain}`;
}

/** NAME=HOST:CLIENT:PEER:ADMIN, as every pod of a role is to be known. */
export function memberText(wish: ClusterWish, role: Role, pod: string): string {
  return `${pod}=${pod}.${domainOf(wish, role)}:${PORTS.client}:${PORTS.peer}:${PORTS.admin}`;
}

export function founderNames(wish: ClusterWish): string[] {
  return Array.from({ length: wish.nodes }, (_, i) => `${setName(wish, 'node')}-${i}`);
}

/** Every pod that serves, with the name that others reach it by: its certificate says both. */
export function servingPods(wish: ClusterWish): { readonly id: string; readonly host: string }[] {
  const podsOf = (role: Role, count: number) =>
    Array.from({ length: count }, (_, i) => {
      const id = `${setName(wish, role)}-${i}`;
      return { id, host: `${id}.${domainOf(wish, role)}` };
    });
  return [
    ...podsOf('node', wish.nodes),
    ...podsOf('learner', wish.learners),
    ...podsOf('logger', wish.loggers),
  ];
}

/** @throws {RaftctlError} USAGE where parts of a wish do not go together. */
export function checkWish({ bench }: ClusterWish): void {
  if (bench === null || bench.rate === null || bench.rate % bench.pods === 0) return;
  const less = bench.rate - (bench.rate % bench.pods);
  throw new RaftctlError('USAGE', {
    message: `Cannot split ${bench.rate} requests a second evenly between ${bench.pods} pods`,
    hint: `For example --bench-rate ${less > 0 ? less : bench.pods}`,
  });
}
