/** Who leads a local cluster, and handing that to another node. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { postAdmin } from '../client/admin-post.ts';
import { RaftctlError } from '../std/errors.ts';
import type { LeaderTransfer } from '../wire/leader-transfer.ts';
import type { ClusterStatus } from '../wire/status.ts';
import { clusterStatus, troubleOf } from './status.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';
import { type Missing, waitUntil } from './wait.ts';

export interface LeaderWish {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  /** Null: whichever node is best prepared. */
  readonly target: ClusterNode | null;
  /** For all of it. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Until the cluster as a whole shows it. */
  readonly isWaiting: boolean;
}

/** Longest a single node is waited for: it answers when its transfer has ended. */
const ANSWER_MS_MIN = 1000;
const RETRY_MS = 50;
/** Tries of a target that is too slow; between them the writes that were held back get through. */
const SLOW_TRIES = 3;
const SLOW_RETRY_MS = 500;

/** The leader's row. @throws {RaftctlError} NO_LEADER */
export function leaderRow(status: ClusterStatus): ClusterStatus['nodes'][number] {
  const row = status.nodes.find((node) => node.id === status.leader);
  if (row !== undefined) return row;
  throw (
    troubleOf(status) ??
    new RaftctlError('NO_LEADER', { message: `Nobody leads ${status.name} just now` })
  );
}

/**
 * Afterwards `target` leads (or, with null, somebody else than before) and serves.
 *
 * @throws {RaftctlError} NO_LEADER, TRANSFER_REFUSED, TRANSFER_FAILED, WAIT_TIMEOUT, UNREACHABLE,
 *   INTERRUPTED
 */
export async function handOver(wish: LeaderWish): Promise<LeaderTransfer> {
  const { store, spec, target, signal } = wish;
  const deadline = performance.now() + wish.timeoutMs;
  const secretHex = await secretOf(store, spec);
  const path = `/v1/leader/transfer${target === null ? '' : `?target=${target.id}`}`;
  let tooSlow = 0;
  for (;;) {
    const status = await clusterStatus(store, spec);
    const { id: from, adminAddress: address } = leaderRow(status);
    if (target?.id === from) return { from, to: from, term: status.term ?? 0, durationMs: 0 };
    const timeoutMs = Math.max(ANSWER_MS_MIN, deadline - performance.now());
    try {
      const answer = await postAdmin({ address, path, secretHex, timeoutMs });
      const done = answer as LeaderTransfer;
      if (wish.isWaiting) await waitUntilSeen(wish, done, deadline);
      return done;
    } catch (error) {
      const isSlow = hasCode(error, 'WAIT_TIMEOUT');
      if (isSlow) tooSlow += 1;
      // It led when it was asked who leads, or an election took the candidate longer than an
      // election timeout, as it happens on a machine that is short of processors.
      const isPassing = hasCode(error, 'NOT_LEADER') || (isSlow && tooSlow < SLOW_TRIES);
      const isLate = performance.now() >= deadline;
      if (!isPassing || isLate || signal.aborted) throw error;
      await sleep(isSlow ? SLOW_RETRY_MS : RETRY_MS);
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof RaftctlError && error.code === code;
}

/**
 * Asks nodes to stop and to let their leadership lie, which a signal cannot say. Whoever does not
 * answer is left to the signal.
 */
export async function askToStop(
  store: ClusterStore,
  spec: ClusterSpec,
  nodes: readonly ClusterNode[],
): Promise<void> {
  const secretHex = await secretOf(store, spec);
  const path = '/v1/stop?transfer=no&reason=node%20stop%20--no-transfer';
  const timeoutMs = ANSWER_MS_MIN;
  const asked = nodes.map((node) =>
    postAdmin({ address: node.adminAddress, path, secretHex, timeoutMs }),
  );
  await Promise.allSettled(asked);
}

async function secretOf(store: ClusterStore, spec: ClusterSpec): Promise<string> {
  return (await readFile(store.secretFileOf(spec.name), 'utf8')).trim();
}

async function waitUntilSeen(wish: LeaderWish, { to, term }: LeaderTransfer, deadline: number) {
  const { store, spec, signal } = wish;
  const what = `${to} to lead`;
  const timeoutMs = Math.max(0, Math.round(deadline - performance.now()));
  // A later election may have made somebody else the leader: then this one has been seen, too.
  const missing: Missing = (status) =>
    status.serving && (status.leader === to || (status.term ?? 0) > term)
      ? null
      : `${status.leader ?? 'nobody'} leads`;
  await waitUntil({ store, spec, timeoutMs, signal, what }, missing);
}
