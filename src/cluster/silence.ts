/** Why a node does not answer, as the process table and its log tell. */
import type { NodeState } from '../wire/status.ts';
import { lastWords } from './node-log.ts';
import { findNodeProcess } from './node-process.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterSpec } from './topology.ts';

const STARTING_MS_MAX = 10_000;

export async function silenceOf(
  store: ClusterStore,
  spec: ClusterSpec,
  id: string,
): Promise<{ readonly state: NodeState; readonly error: string | null }> {
  const node = spec.nodes.find((one) => one.id === id);
  if (node === undefined) return { state: 'removed', error: null };
  if (node.host !== undefined) return { state: 'down', error: `${node.host.ssh} is not heard of` };
  if (node.dataDir === '') return { state: 'down', error: 'it does not answer' };
  const found = await findNodeProcess(node.dataDir);
  if (found === null) {
    const words = await lastWords(store.logFileOf(spec.name, id));
    return { state: 'down', error: words === null ? null : `${words.code}: ${words.message}` };
  }
  if (found.isPaused) return { state: 'paused', error: 'the process is stopped (SIGSTOP)' };
  const isYoung = Date.now() - found.startedAtMs < STARTING_MS_MAX;
  return { state: isYoung ? 'starting' : 'down', error: 'it runs and does not answer' };
}
