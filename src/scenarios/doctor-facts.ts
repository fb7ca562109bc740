/** Learns of a cluster all that the doctor judges. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NodeWatcher } from '../client/node-watcher.ts';
import { probePort } from '../client/port-probe.ts';
import { gatherEvents } from '../cluster/events.ts';
import { type NodeDisk, placeOnDisk } from '../cluster/node-disk.ts';
import { clusterStatus } from '../cluster/status.ts';
import type { ClusterStore } from '../cluster/store.ts';
import type { ClusterSpec } from '../cluster/topology.ts';
import type { DoctorFacts, NodeFacts } from '../forensics/doctor/facts.ts';
import { RaftctlError } from '../std/errors.ts';
import type { ClusterNodeRow } from '../wire/status.ts';
import type { NodeVitals } from '../wire/vitals.ts';

const ANSWER_MS_MAX = 2000;
const CONNECT_MS_MAX = 1000;

export interface FactsWish {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  /** Judge this span of time; null: what was measured since the processes started. */
  readonly spanMs: number | null;
  readonly signal: AbortSignal;
  /** What lies on other machines, where nodes run there; those that are missing are unknown. */
  readonly disks?: readonly NodeDisk[];
}

/** Asks all nodes at once; no answer is a fact, too. @throws {RaftctlError} INTERRUPTED */
export async function gatherFacts(wish: FactsWish): Promise<DoctorFacts> {
  const { store, spec, spanMs, signal } = wish;
  const before = spanMs === null ? new Map<string, NodeVitals>() : await firstLook(spec);
  if (spanMs !== null) await pause(spanMs, signal);
  const [status, known] = await Promise.all([clusterStatus(store, spec), eventsOf(spec)]);
  const nodes = await Promise.all(
    status.nodes.map(async (row): Promise<NodeFacts> => {
      const dataDir = spec.nodes.find(({ member }) => member === row.member)?.dataDir ?? null;
      const isUp = row.state === 'up';
      return {
        id: row.id,
        vitals: isUp ? await vitalsOf(row) : null,
        vitalsBefore: before.get(row.id) ?? null,
        clientPort: isUp ? await probePort(row.clientAddress, CONNECT_MS_MAX) : null,
        ...(await placeOf(wish, row.id, dataDir)),
      };
    }),
  );
  return { v: 1, atWallMs: Date.now(), spanMs, status, nodes, ...known };
}

async function placeOf(
  { disks }: FactsWish,
  id: string,
  dataDir: string | null,
): Promise<Pick<NodeFacts, 'config' | 'dataDir' | 'disk'>> {
  if (disks === undefined) return placeOnDisk(dataDir);
  const found = disks.find((one) => one.id === id);
  return {
    config: found?.config ?? null,
    dataDir: found?.dataDir ?? null,
    disk: found?.disk ?? null,
  };
}

async function firstLook(spec: ClusterSpec): Promise<Map<string, NodeVitals>> {
  const looks = await Promise.all(
    spec.nodes.map(async (node) => [node.id, await vitalsOf(node)] as const),
  );
  return new Map(looks.flatMap(([id, vitals]) => (vitals === null ? [] : [[id, vitals] as const])));
}

async function vitalsOf({
  adminAddress,
  member,
}: Pick<ClusterNodeRow, 'adminAddress' | 'member'>): Promise<NodeVitals | null> {
  const watcher = new NodeWatcher(adminAddress, () => {});
  try {
    const vitals = await watcher.vitals(ANSWER_MS_MAX);
    return vitals.status.member === member ? vitals : null;
  } catch (error) {
    if (error instanceof RaftctlError) return null;
    throw error;
  } finally {
    watcher.close();
  }
}

async function eventsOf(spec: ClusterSpec): Promise<Pick<DoctorFacts, 'events' | 'silent'>> {
  try {
    return await gatherEvents(spec);
  } catch (error) {
    if (!(error instanceof RaftctlError)) throw error;
    return { events: [], silent: spec.nodes.map(({ id }) => id) };
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw new RaftctlError('INTERRUPTED', { message: 'Interrupted while it was measuring' });
  }
}
