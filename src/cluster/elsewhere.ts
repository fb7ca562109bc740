/** Clusters whose nodes run on other machines, and what cannot be done with them from here. */
import { RaftctlError } from '../std/errors.ts';
import type { ClusterSpec } from './topology.ts';

/** @throws {RaftctlError} CLUSTER_DIFFERS when nodes have no process and no files here. */
export function mustBeHere(spec: ClusterSpec): ClusterSpec {
  const hosts = spec.nodes.flatMap(({ host }) => host?.ssh ?? []);
  if (hosts.length === 0) return spec;
  throw new RaftctlError('CLUSTER_DIFFERS', {
    message: `Cannot do that with cluster ${spec.name} as its nodes run on other machines: ${hosts.join(', ')}`,
    hint: 'What can be done from here is in docs/hosts.md; the rest there, with --dir of its folder of clusters',
  });
}
