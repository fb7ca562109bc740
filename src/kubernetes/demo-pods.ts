/**
 * Which pods are a program of raft-demo's, by the names that its manifests give (docs/deploy.md).
 * Everything here would rather find nobody than a pod of another group or another app.
 */
import { groupOfContainer, groupOfPod, isLeaderName, type OwnPod, type Pod } from './pod.ts';

/** Whose servers, and of which group; null: pods without a group. */
export interface DemoGroup {
  /** What the names of its pods and containers have in them, such as `kvstore`. */
  readonly app: string;
  readonly group: number | null;
}

/** A pod that can be reached. */
export interface Reachable {
  readonly name: string;
  readonly container: string;
  readonly ip: string;
}

/** Hashes behind the name of a Deployment, and of a Job. */
const DEPLOYMENT_HASHES = 2;
const JOB_HASHES = 1;
const APP_OF_LOAD: Readonly<Record<string, string>> = { kv: 'kvstore', disk: 'diskstorage' };
const NO_SERVERS = /logger|loadgen/;

/** A server's own group, and whether it is the one that founds. */
export function serverIn(
  app: string,
  { name }: OwnPod,
): DemoGroup & { readonly isLeader: boolean } {
  const group = groupOfPod(name, DEPLOYMENT_HASHES);
  return { app, group, isLeader: name.split('-').includes('leader') };
}

/** Of a load generator: `loadgen-kv-1-x` loads group 1 of the kvstore. */
export function loadIn({ name }: OwnPod): DemoGroup | string {
  const app = APP_OF_LOAD[name.split('-')[1] ?? ''];
  if (app !== undefined) return { app, group: groupOfPod(name, JOB_HASHES) };
  return `${name} does not tell what it loads: it is not called loadgen-kv-... or loadgen-disk-...`;
}

/** The servers of a group but for oneself, leaders first. */
export function serversOf(
  pods: readonly Pod[],
  { app, group }: DemoGroup,
  own: OwnPod,
): readonly Pod[] {
  const found = pods.filter(({ name, ip, container, isEnding }) => {
    if (container === null || isEnding || name === own.name || ip === own.ip) return false;
    const isServer = !NO_SERVERS.test(container) && container.split('-').includes(app);
    return isServer && groupOfContainer(container) === group;
  });
  return [...found.filter(isLeader), ...found.filter((pod) => !isLeader(pod))];
}

/** Whom a server that joins turns to: the leader first. A text says who is missing. */
export function contactsOf(
  pods: readonly Pod[],
  wanted: DemoGroup,
  own: OwnPod,
): readonly Reachable[] | string {
  const servers = reachable(serversOf(pods, wanted, own));
  const leaders = servers.filter(isLeader);
  if (leaders.length === 1) return servers;
  const what = `${wanted.app}-leader${wanted.group === null ? '' : `-${wanted.group}`}`;
  if (leaders.length === 0) return `no pod with a container ${what} has an address`;
  return `${leaders.length} pods have a container ${what}, and it must be one`;
}

/** Whom a load generator drives: all servers of its group, when all have an address. */
export function targetsOf(
  pods: readonly Pod[],
  wanted: DemoGroup,
  own: OwnPod,
): readonly Reachable[] | string {
  const contacts = contactsOf(pods, wanted, own);
  if (typeof contacts === 'string') return contacts;
  const waiting = serversOf(pods, wanted, own).find(({ ip }) => ip === null);
  return waiting === undefined ? contacts : `${waiting.name} has no address yet`;
}

/** Whom a logger follows: every leader there is, when all have an address. */
export function leadersOf(pods: readonly Pod[]): readonly Reachable[] | string {
  const all = pods.filter((pod) => !pod.isEnding && pod.container !== null && isLeader(pod));
  const waiting = all.find(({ ip }) => ip === null);
  if (waiting !== undefined) return `${waiting.name} has no address yet`;
  const leaders = reachable(all);
  const names = leaders.map(({ container }) => container);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `two pods have a container ${twice}`;
  if (leaders.length === 0) return 'no pod has a container whose name says that it is a leader';
  return [...leaders].sort((a, b) => (a.container < b.container ? -1 : 1));
}

function isLeader({ container }: { readonly container: string | null }): boolean {
  return container !== null && isLeaderName(container);
}

function reachable(pods: readonly Pod[]): readonly Reachable[] {
  return pods.flatMap(({ name, container, ip }) =>
    container === null || ip === null ? [] : [{ name, container, ip }],
  );
}
