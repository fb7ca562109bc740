/** Where a cluster that exists is not what was asked for. Pure. */
import { NODE_CONFIG_DEFAULTS } from '../wire/node-config.ts';
import { demoDifferences } from './demo-cluster.ts';
import type { ClusterSpec, ClusterWish, NodeTimes } from './topology.ts';

/** In words; empty: it fits. */
export function differences(spec: ClusterSpec, wish: ClusterWish): string[] {
  const found: string[] = [];
  const compare = (flag: string, has: string | number, wanted: string | number | null): void => {
    if (wanted !== null && wanted !== has) found.push(`${flag} is ${has}, not ${wanted}`);
  };
  compare('--nodes', spec.nodes.length, wish.nodeCount);
  compare('--app', spec.app, wish.app);
  compare('--engine', spec.engine ?? 'raftctl', wish.engine ?? null);
  compare('--fsync', spec.fsync, wish.fsync);
  if (wish.leases !== null && wish.leases !== (spec.leases ?? false)) {
    found.push(`--leases is ${wish.leases ? 'off, not on' : 'on, not off'}`);
  }
  if (wish.tls !== null && wish.tls !== (spec.tls ?? false)) {
    found.push(`--tls is ${wish.tls ? 'off, not on' : 'on, not off'}`);
  }
  compare('--port-base', spec.portBase, wish.portBase);
  compare('--retain', spec.retain ?? 'snapshot', wish.retain);
  compareTimes(found, '', spec.times ?? {}, wish.times);
  found.push(...demoDifferences(spec.demo, wish.demo));
  for (const [id, own] of Object.entries(wish.nodes)) {
    const node = spec.nodes.find((candidate) => candidate.id === id);
    if (node === undefined) continue;
    compare(`${id} fsync`, node.fsync ?? spec.fsync, own.fsync ?? null);
    compare(`${id} clientPort`, portOf(node.clientAddress), own.clientPort ?? null);
    compare(`${id} peerPort`, portOf(node.peerAddress), own.peerPort ?? null);
    compare(`${id} adminPort`, portOf(node.adminAddress), own.adminPort ?? null);
    compareTimes(found, `${id} `, { ...spec.times, ...node.times }, own.times);
  }
  return found;
}

function compareTimes(found: string[], prefix: string, has: NodeTimes, wanted: NodeTimes): void {
  const all = { ...NODE_CONFIG_DEFAULTS, ...has };
  for (const key of TIME_KEYS) {
    const wish = wanted[key];
    if (wish === undefined || wish === all[key]) continue;
    found.push(`${prefix}${key} is ${all[key]}, not ${wish}`);
  }
}

const TIME_KEYS = ['electionTimeoutMsMin', 'electionTimeoutMsMax', 'heartbeatMs'] as const;

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
