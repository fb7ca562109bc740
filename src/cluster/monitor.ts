/**
 * What the nodes of a cluster take of their machine, look by look: processor, memory, disk and
 * network. A node tells of itself over its admin port; what its process moves from and to storage
 * is told by the system, where it runs on this machine.
 */
import { NodeWatcher } from '../client/node-watcher.ts';
import { RaftctlError } from '../std/errors.ts';
import type { NodeVitals } from '../wire/vitals.ts';
import { networkBytes, storageBytes } from './process-counters.ts';
import type { ClusterSpec } from './topology.ts';

const ANSWER_MS_MAX = 1000;

/** Null: not known, because the node did not answer, or because there was no look before it. */
export interface MonitorRow {
  readonly time: string;
  readonly node: string;
  readonly up: boolean;
  readonly role: string | null;
  /** Of one core, since the look before. */
  readonly cpuPercent: number | null;
  readonly rssBytes: number | null;
  readonly heapUsedBytes: number | null;
  readonly logBytes: number | null;
  readonly snapshotBytes: number | null;
  readonly freeBytes: number | null;
  /** From storage and to it, since the process began. */
  readonly diskReadBytes: number | null;
  readonly diskWrittenBytes: number | null;
  /** With the other nodes, since the process began. */
  readonly peerReceivedBytes: number | null;
  readonly peerSentBytes: number | null;
  /** Of all interfaces of this machine, since it began. */
  readonly machineReceivedBytes: number | null;
  readonly machineSentBytes: number | null;
}

export const MONITOR_COLUMNS = [
  ...(['time', 'node', 'up', 'role', 'cpuPercent', 'rssBytes', 'heapUsedBytes'] as const),
  ...(['logBytes', 'snapshotBytes', 'freeBytes', 'diskReadBytes', 'diskWrittenBytes'] as const),
  ...(['peerReceivedBytes', 'peerSentBytes'] as const),
  ...(['machineReceivedBytes', 'machineSentBytes'] as const),
] satisfies readonly (keyof MonitorRow)[];

/** One line, without its end; what is not known is empty. */
export function monitorLine(row: MonitorRow): string {
  return MONITOR_COLUMNS.map((column) => String(row[column] ?? '')).join(',');
}

export class Monitor {
  readonly #nodes: readonly { readonly id: string; readonly watcher: NodeWatcher }[];
  readonly #before = new Map<string, NodeVitals>();

  constructor(spec: ClusterSpec) {
    this.#nodes = spec.nodes.map(({ id, adminAddress }) => ({
      id,
      watcher: new NodeWatcher(adminAddress, () => {}),
    }));
  }

  /** A row for each node, in the order of their names in the cluster. */
  async look(): Promise<MonitorRow[]> {
    const time = new Date().toISOString();
    const network = await networkBytes().catch(() => null);
    const machine = {
      machineReceivedBytes: network?.receivedBytes ?? null,
      machineSentBytes: network?.sentBytes ?? null,
    };
    return Promise.all(
      this.#nodes.map(async ({ id, watcher }) => {
        const vitals = await vitalsOf(watcher);
        const before = this.#before.get(id) ?? null;
        if (vitals === null) this.#before.delete(id);
        else this.#before.set(id, vitals);
        const disk = await diskOf(vitals);
        return { time, node: id, ...factsOf(vitals, before), ...disk, ...machine };
      }),
    );
  }

  close(): void {
    for (const { watcher } of this.#nodes) watcher.close();
  }
}

/** Not known of a process of another machine, or of another user. */
async function diskOf(
  vitals: NodeVitals | null,
): Promise<Pick<MonitorRow, 'diskReadBytes' | 'diskWrittenBytes'>> {
  const found = vitals === null ? null : await storageBytes(vitals.status.pid).catch(() => null);
  return {
    diskReadBytes: found?.readBytes ?? null,
    diskWrittenBytes: found?.writtenBytes ?? null,
  };
}

async function vitalsOf(watcher: NodeWatcher): Promise<NodeVitals | null> {
  try {
    return await watcher.vitals(ANSWER_MS_MAX);
  } catch (error) {
    if (!(error instanceof RaftctlError)) throw error;
    return null;
  }
}

type NodeFacts = Omit<
  MonitorRow,
  | 'time'
  | 'node'
  | 'diskReadBytes'
  | 'diskWrittenBytes'
  | 'machineReceivedBytes'
  | 'machineSentBytes'
>;

export function factsOf(vitals: NodeVitals | null, before: NodeVitals | null): NodeFacts {
  if (vitals === null) {
    return {
      ...{ up: false, role: null, cpuPercent: null, rssBytes: null, heapUsedBytes: null },
      ...{ logBytes: null, snapshotBytes: null, freeBytes: null },
      ...{ peerReceivedBytes: null, peerSentBytes: null },
    };
  }
  const { status, process, peers } = vitals;
  const { role, logBytes, snapshotBytes, freeBytes } = status;
  const { rssBytes, heapUsedBytes } = process;
  return {
    ...{ up: true, role, cpuPercent: cpuPercent(vitals, before), rssBytes, heapUsedBytes },
    ...{ logBytes, snapshotBytes, freeBytes },
    peerReceivedBytes: peers.reduce((sum, peer) => sum + peer.receivedBytes, 0),
    peerSentBytes: peers.reduce((sum, peer) => sum + peer.sentBytes, 0),
  };
}

/** Of another life of the node nothing can be counted from. */
function cpuPercent(now: NodeVitals, before: NodeVitals | null): number | null {
  if (before === null || before.status.incarnation !== now.status.incarnation) return null;
  const passedMs = now.process.monoMs - before.process.monoMs;
  if (passedMs <= 0) return null;
  const cpuMs = (now.process.cpuUs - before.process.cpuUs) / 1000;
  return Math.round((1000 * cpuMs) / passedMs) / 10;
}
