/**
 * raft-demo's clients and loggers as pods: whom they talk to is whom the Kubernetes API lists, and
 * their configuration files and flags of addresses do not count.
 */
import { leadersOf, loadIn, targetsOf } from '../kubernetes/demo-pods.ts';
import { isInPod, nodeNameOf, type OwnPod } from '../kubernetes/pod.ts';
import { PodApi, podApiInit } from '../kubernetes/pod-api.ts';
import { findPods } from '../kubernetes/pod-finder.ts';
import { formatAddress } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';
import { type DemoConfig, readDemoConfig } from './demo-config.ts';
import type { OldLine } from './old-flags.ts';
import { joinAddress, POD_PORTS, podWaitMs, runsAsPod, tellPod } from './pod-servers.ts';
import { type AsContext, textOf } from './program.ts';

const UDP_PORT = 15_000;
const THINKING_MS = 10;
/** What a pod of a client is that does not say so itself. */
const DEFAULTS = { MY_POD_NAMESPACE: 'default', MY_POD_IP: '127.0.0.1' };

/** From the pods of its group, or from the file where it is no pod. @throws {RaftctlError} */
export async function demoConfigFor(line: OldLine, context: AsContext): Promise<DemoConfig> {
  if (!isInPod(context.env) || line.typed.has('config')) {
    context.print('Initializing by toml config file...');
    return readDemoConfig(textOf(line, 'config'), context.cwd);
  }
  context.print('Initializing by kubernetes config...');
  const env = { ...DEFAULTS, ...context.env };
  const own = tellPod({ ...context, env });
  const wanted = loadIn(own);
  if (typeof wanted === 'string') {
    throw new RaftctlError('CONFIG_INVALID', {
      message: `Cannot find whom to load: ${wanted}`,
      hint: 'Name its Job as raft-demo does, or name a file: -config client-config.toml',
    });
  }
  const api = apiOf(env, own);
  const pods = await findPods(api, (pods) => targetsOf(pods, wanted, own), podWaitMs(line));
  const addresses = pods.map(({ ip }) => formatAddress({ host: ip, port: POD_PORTS.client }));
  context.print(`svrIps: [${addresses.join(' ')}]`);
  return {
    ...{ addresses, svrIps: addresses, localip: own.ip, from: own.ip },
    ...{ udpport: UDP_PORT, thinkingTimeMsec: THINKING_MS, mqueueSize: null },
  };
}

export interface FollowedLeader {
  readonly id: string;
  readonly raft: string;
  readonly join: string;
}

/**
 * One for every leader there is; null: this is no pod. Their names hold the address of this pod and
 * whom they follow, so no two loggers of any number of pods have the same.
 */
export async function followedLeaders(
  line: OldLine,
  context: AsContext,
): Promise<readonly FollowedLeader[] | null> {
  if (!runsAsPod(line, context)) return null;
  const own = tellPod(context);
  const leaders = await findPods(apiOf(context.env, own), leadersOf, podWaitMs(line));
  return leaders.map(({ ip, container }, i) => ({
    id: `${nodeNameOf('log', own)}-${container.replace(/^r3-/, '').replace('-leader', '')}`,
    raft: formatAddress({ host: own.ip, port: POD_PORTS.raft + i }),
    join: joinAddress(ip),
  }));
}

function apiOf(env: AsContext['env'], own: OwnPod): PodApi {
  return new PodApi(podApiInit(env, own.namespace));
}
