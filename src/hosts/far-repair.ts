/** `node repair` of a node on another machine: its data is looked at and replaced there. */
import { join, posix } from 'node:path';
import type { RepairSite } from '../cluster/repair.ts';
import type { SnapshotsInit } from '../cluster/snapshots.ts';
import type { ClusterNode } from '../cluster/topology.ts';
import { errorTold, RaftctlError } from '../std/errors.ts';
import { withFileThere } from './far-files.ts';
import { aboutNodes, byMachine, callHand, DATA_MS_MAX } from './far-hand.ts';
import type { SshConnections } from './ssh.ts';

/** The snapshot comes by way of this machine, which reaches all of them. */
export function repairSiteElsewhere(
  { store, spec, timeoutMs, signal }: SnapshotsInit,
  connections: SshConnections,
  node: ClusterNode,
): RepairSite {
  const [group] = byMachine([node]);
  if (group === undefined) {
    throw new RaftctlError('INTERNAL', { message: `Node ${node.id} is on no other machine` });
  }
  const { host } = group[0];
  const about = { ...aboutNodes(spec, group), timeoutMs };
  const atLength = { ...about, timeoutMs: Math.max(timeoutMs, DATA_MS_MAX) };
  return {
    checkDown: async () => void (await callHand(connections, host, { ...about, verb: 'down' })),
    findDamage: async () => {
      const { damage } = await callHand(connections, host, { ...atLength, verb: 'damage' });
      return damage === null ? null : errorTold(damage);
    },
    snapshotFile: join(store.folderOf(spec.name), `repair-${node.id}.snap`),
    replace: (from, term) => {
      const snapshot = posix.join(node.dataDir, 'repair.snap');
      return withFileThere(connections, host, { from, to: snapshot, signal }, async () => {
        const request = { ...atLength, verb: 'repair', snapshot, term } as const;
        return (await callHand(connections, host, request)).kept;
      });
    },
  };
}
