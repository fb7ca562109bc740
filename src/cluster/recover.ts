/**
 * `recover quorum`: the survivors of a cluster that has lost its majority for good go on without
 * it. Nothing else makes raftctl give up what a majority may have acknowledged, so it is refused
 * wherever there is another way, asked for in plain words, and leaves behind what it changes.
 *
 * ```
 *  1  nobody runs, nobody answers, and those that are left cannot elect a leader
 *  2  somebody who has read what may be lost says yes
 *  3  the description and the log that goes on are copied to <cluster>/recovery-<time>
 *  4  cluster.json names the survivors alone; what is left of the others is moved there, too
 *  5  the survivors' configuration is appended to that log
 *  6  the survivors are started
 * ```
 * Cut short between any two of them, it can be done again.
 */
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';
import type { Assessment, RecoveryPlan } from '../wire/recovery.ts';
import { writeWhole } from './durable-file.ts';
import { findNodeProcess } from './node-process.ts';
import { checkPortsFree } from './ports.ts';
import { startNodes } from './start.ts';
import type { ClusterStore } from './store.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';
import { withLock } from './up-lock.ts';

/** The node's own code, handed in as we may not reach into it. */
export interface RecoveryTools {
  readonly assess: (directories: readonly string[]) => Promise<Assessment>;
  readonly apply: (directories: readonly string[]) => Promise<void>;
}

export interface RecoverInit {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  readonly tools: RecoveryTools;
  /** Whom the operator believes to be left; empty: whoever is. */
  readonly survivors: readonly string[];
  /** Told what would happen. Returns only if it shall. */
  readonly confirm: (found: RecoveryFound) => Promise<'go' | 'dryRun'>;
  readonly timeoutMs: number;
  readonly entry: string;
  readonly signal: AbortSignal;
}

export interface RecoveryFound {
  readonly plan: RecoveryPlan;
  /** Nodes whose data cannot be used. */
  readonly unusable: readonly Unusable[];
}

interface Unusable {
  readonly id: string;
  readonly reason: string;
}

export interface RecoverResult extends RecoveryFound {
  /** Where a copy of what was changed lies; null: nothing was. */
  readonly kept: string | null;
}

const ANSWER_TIMEOUT_MS = 1000;

/**
 * @throws {RaftctlError} NODE_RUNNING, RECOVERY_REFUSED; what `confirm` throws; DISK_FULL,
 *   DISK_FAILED; what `startNodes` throws.
 */
export function recoverQuorum(init: RecoverInit): Promise<RecoverResult> {
  const { store, spec, timeoutMs } = init;
  return withLock(store.lockFileOf(spec.name), timeoutMs, async () => {
    await checkStopped(spec);
    const assessment = await init.tools.assess(spec.nodes.map((node) => node.dataDir));
    const unusable = assessment.unusable.map(({ directory, reason }) => {
      const node = spec.nodes.find(({ dataDir }) => dataDir === directory);
      return { id: node?.id ?? directory, reason };
    });
    const plan = planOf(spec, assessment, unusable);
    checkSurvivors(init.survivors, plan);
    await checkLost(spec, plan);
    const found = { plan, unusable };
    if ((await init.confirm(found)) === 'dryRun') return { ...found, kept: null };
    return { ...found, kept: await recover(init, plan) };
  });
}

async function checkStopped(spec: ClusterSpec): Promise<void> {
  const found = await Promise.all(spec.nodes.map((node) => findNodeProcess(node.dataDir)));
  const running = spec.nodes.filter((_, i) => found[i] !== null).map((node) => node.id);
  if (running.length === 0) return;
  throw new RaftctlError('NODE_RUNNING', {
    message: `Cannot recover ${spec.name} while nodes run: ${running.join(', ')}`,
    hint: `Stop them, their data is read and changed: raftctl node stop ${running.join(' ')} --cluster ${spec.name}`,
  });
}

function planOf(
  spec: ClusterSpec,
  { electable, plan }: Assessment,
  unusable: readonly Unusable[],
): RecoveryPlan {
  if (plan !== null) return plan;
  if (electable.length > 0) {
    const usable = spec.nodes.filter(({ id }) => !unusable.some((one) => one.id === id));
    const ids = usable.map(({ id }) => id).join(' ');
    throw refused(spec, `its majority is not lost: ${electable.join(' or ')} can lead it`, {
      hint: `Start it, nothing is lost: raftctl node start ${ids} --cluster ${spec.name}`,
    });
  }
  const reasons = unusable.map(({ id, reason }) => `${id}: ${reason}`).join('; ');
  throw refused(spec, `no node has data that can be used: ${reasons}`, {
    hint: 'Begin a new cluster with a saved snapshot, if there is one: raftctl snapshot restore',
  });
}

/** What the operator believes and what lies there must be the same. */
function checkSurvivors(names: readonly string[], { survivors }: RecoveryPlan): void {
  if (names.length === 0) return;
  const found = survivors.map(({ id }) => id);
  const missing = names.filter((id) => !found.includes(id));
  const unnamed = found.filter((id) => !names.includes(id));
  if (missing.length === 0 && unnamed.length === 0) return;
  const which = missing.length > 0 ? `${missing.join(', ')} cannot be used` : '';
  const more = unnamed.length > 0 ? `${unnamed.join(', ')} can be used, too` : '';
  throw new RaftctlError('RECOVERY_REFUSED', {
    message: `Cannot recover with ${names.join(', ')} as ${[which, more].filter(Boolean).join(', and ')}`,
    hint: `Those that are left are ${found.join(', ')}: more copies are never worse than fewer`,
  });
}

/** A member that answers is not lost. */
async function checkLost(spec: ClusterSpec, { lost }: RecoveryPlan): Promise<void> {
  for (const { id, member, adminAddress } of lost) {
    const status = await fetchNodeStatus(adminAddress, ANSWER_TIMEOUT_MS).catch(() => null);
    if (status?.clusterId !== spec.clusterId || status.member !== member) continue;
    throw refused(spec, `${id} is not lost: it answers at ${adminAddress}`, {
      hint: `Start the others beside it. If it must be given up, end it first (pid ${status.pid} on its machine)`,
    });
  }
}

async function recover(init: RecoverInit, plan: RecoveryPlan): Promise<string> {
  const { store, spec, entry, timeoutMs, signal } = init;
  const isSurvivor = (node: ClusterNode): boolean =>
    plan.survivors.some(({ member }) => member === node.member);
  const nodes = spec.nodes.filter(isSurvivor);
  await checkPortsFree(nodes);
  const kept = await keep(init, plan);
  const left: ClusterSpec = { ...spec, nodes };
  await store.save(left);
  for (const node of spec.nodes.filter((one) => !isSurvivor(one))) await setAside(init, node, kept);
  await init.tools.apply(nodes.map((node) => node.dataDir));
  await startNodes({
    ...{ store, spec: left, nodes, entry, timeoutMs, signal, waitFor: 'healthy' },
    onSpawned: () => {},
  });
  return kept;
}

/** Copies what will be changed. On failure nothing is left of the copy. */
async function keep({ store, spec }: RecoverInit, { source }: RecoveryPlan): Promise<string> {
  const kept = join(store.folderOf(spec.name), `recovery-${Date.now()}`);
  const node = spec.nodes.find(({ id }) => id === source) as ClusterNode;
  try {
    await mkdir(kept, { mode: 0o700 });
    const text = `${JSON.stringify(spec, null, 2)}\n`;
    await writeWhole({ path: join(kept, 'cluster.json'), text, mode: 0o600 });
    await cp(join(node.dataDir, 'log'), join(kept, source, 'log'), { recursive: true });
    return kept;
  } catch (cause) {
    await rm(kept, { recursive: true, force: true });
    const code = systemCode(cause) === 'ENOSPC' ? 'DISK_FULL' : 'DISK_FAILED';
    throw new RaftctlError(code, {
      message: `Cannot keep a copy of what would be changed in ${kept}: ${systemCode(cause) ?? cause}`,
      hint: 'Nothing was changed. Make room there first',
      cause,
    });
  }
}

/** So that nobody starts it again by mistake. What lies on a disk of its own stays there. */
async function setAside(init: RecoverInit, node: ClusterNode, kept: string): Promise<void> {
  const { store, spec } = init;
  if (node.dataDir !== store.dataDirOf(spec.name, node.id)) return;
  for (const path of [node.dataDir, store.logFileOf(spec.name, node.id)]) {
    await rename(path, join(kept, path.slice(path.lastIndexOf('/') + 1))).catch(() => {});
  }
}

function refused(spec: ClusterSpec, reason: string, { hint }: { readonly hint: string }) {
  const message = `Cannot recover ${spec.name} as ${reason}`;
  return new RaftctlError('RECOVERY_REFUSED', { message, hint });
}
