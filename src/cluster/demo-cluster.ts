/** The options of raft-demo's kvstore for a whole cluster: the same for all, but for one port. */
import { RaftctlError } from '../std/errors.ts';
import { type DemoOptions, demoFault } from '../wire/demo-options.ts';
import type { AppName } from '../wire/node-config.ts';

export interface ClusterDemo extends Omit<DemoOptions, 'transferAddress'> {
  /** Where n1 hands out its application log; the others count up. */
  readonly transferPort?: number;
}

/** What a node of the cluster is told; empty: nothing. */
export function demoOf(
  { demo }: { readonly demo?: ClusterDemo },
  id: string,
): { readonly demo?: DemoOptions } {
  if (demo === undefined) return {};
  const { transferPort, ...same } = demo;
  if (transferPort === undefined) return { demo: same };
  const port = transferPort + Number(/^n(\d+)$/.exec(id)?.[1] ?? 1) - 1;
  return { demo: { ...same, transferAddress: `127.0.0.1:${port}` } };
}

/** What a new cluster is told; empty: nothing. @throws {RaftctlError} USAGE */
export function clusterDemo(app: AppName, demo: ClusterDemo): { readonly demo?: ClusterDemo } {
  if (Object.keys(demo).length === 0) return {};
  const fault = demoFault(app, demoOf({ demo }, 'n1').demo ?? {});
  if (fault !== null) throw new RaftctlError('USAGE', { message: fault });
  return { demo };
}

/** Where a cluster has not what is wished for, in words. */
export function demoDifferences(has: ClusterDemo = {}, wanted: ClusterDemo = {}): string[] {
  return (Object.keys(wanted) as (keyof ClusterDemo)[])
    .filter((key) => wanted[key] !== has[key])
    .map((key) => `${key} is ${has[key] ?? 'not set'}, not ${wanted[key]}`);
}
