/** Certificates and tokens of nodes on other machines. */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ClusterStore } from '../cluster/store.ts';
import { type RotateWish, rotateTls } from '../cluster/tls-change.ts';
import type { ClusterSpec } from '../cluster/topology.ts';
import { aboutNodes, byMachine, callHand, onEach } from './far-hand.ts';
import type { KeysRequest } from './hand-request.ts';
import { SshConnections } from './ssh.ts';

/** What a machine with these nodes must have of the folder `tls`, by name, and no more. */
export async function keysFor(
  store: ClusterStore,
  spec: Pick<ClusterSpec, 'name' | 'tls'>,
  ids: readonly string[],
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const id of spec.tls === true ? ids : []) {
    for (const path of Object.values(store.tlsFolderOf(spec.name).filesOf(id))) {
      files[basename(path)] = await readFile(path, 'utf8');
    }
  }
  return files;
}

/**
 * `rotateTls` of nodes there: before they are told, their machines have the new files.
 *
 * @throws {RaftctlError} as that, and UNREACHABLE of a machine: to be called again.
 */
export function rotateElsewhere(
  store: ClusterStore,
  spec: ClusterSpec,
  wish: RotateWish,
): Promise<string[]> {
  return SshConnections.use((connections) =>
    rotateTls(store, spec, wish, async ({ nodes }) => {
      const rows = await onEach(byMachine(nodes), async (group) => {
        const about = aboutNodes(spec, group);
        const tls = await keysFor(store, spec, about.ids);
        const request: KeysRequest = { ...about, verb: 'keys', tls };
        return callHand(connections, group[0].host, request);
      });
      return rows.flat().flatMap(({ id, outcome }) => (outcome === 'running' ? [id] : []));
    }),
  );
}
