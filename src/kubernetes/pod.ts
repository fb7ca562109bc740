/**
 * What the names of pods tell. A pod of a Deployment is called `<deployment>-<hash>-<hash>`, one of
 * a Job `<job>-<hash>`; the container bears the name of its Deployment. raft-demo puts the group, a
 * number, into those names: `kvstore-leader-1`, `loadgen-kv-1`.
 */
import { RaftctlError } from '../std/errors.ts';

/** Who this process is, as the downward API tells it. */
export interface OwnPod {
  readonly name: string;
  readonly namespace: string;
  readonly ip: string;
}

/** A pod as the API lists it, as far as anybody here needs it. */
export interface Pod {
  readonly name: string;
  /** Null: it has none yet. */
  readonly ip: string | null;
  /** Of its first container; null: not told yet. */
  readonly container: string | null;
  /** Whether somebody has asked it to end. */
  readonly isEnding: boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

const FACTS = ['NAME', 'NAMESPACE', 'IP'] as const;

/** As the older system calls them, and in short. */
function factOf(env: Env, fact: (typeof FACTS)[number]): string | undefined {
  return env[`MY_POD_${fact}`] || env[`POD_${fact}`] || undefined;
}

export function isInPod(env: Env): boolean {
  return factOf(env, 'NAME') !== undefined;
}

/** @throws {RaftctlError} CONFIG_INVALID naming the variable that is missing. */
export function ownPod(env: Env): OwnPod {
  const missing = FACTS.filter((fact) => factOf(env, fact) === undefined);
  if (missing.length > 0) {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot run as a pod without ${missing.map((fact) => `MY_POD_${fact}`).join(', ')}`,
      hint: 'Take them from the downward API: metadata.name, metadata.namespace, status.podIP',
    });
  }
  const [name = '', namespace = '', ip = ''] = FACTS.map((fact) => factOf(env, fact));
  return { name, namespace, ip };
}

/**
 * The group that a pod's name tells: the third part, when it is a number and as many parts follow
 * as Kubernetes adds. Without that a hash of digits alone would be taken for a group.
 *
 * @param hashes 2 for a Deployment's pod, 1 for a Job's.
 */
export function groupOfPod(name: string, hashes: number): number | null {
  const parts = name.split('-');
  const third = parts[2] ?? '';
  return parts.length === 3 + hashes && /^\d{1,6}$/.test(third) ? Number(third) : null;
}

/** `kvstore-leader-2`: a leader of group 2; `r3-kvstore-leader`: a leader, of no group. */
export function groupOfContainer(name: string): number | null {
  const digits = /-(\d{1,6})$/.exec(name)?.[1];
  return digits === undefined ? null : Number(digits);
}

export function isLeaderName(container: string): boolean {
  return /(?:^|-)leader(?:-\d+)?$/.test(container);
}

/** Unique among pods that live, as the last part of an address is not. */
export function nodeNameOf(prefix: string, { ip }: OwnPod): string {
  return `${prefix}${ip.replaceAll(':', '.')}`;
}
