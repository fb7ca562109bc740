/**
 * `cluster scale`: more nodes or fewer while the cluster serves. New ones are learners until they
 * have caught up, then the leader promotes them; those that go are removed in one step, and end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import type { MemberChangeReply, NamedChange } from '../wire/member-change.ts';
import type { NodeConfig } from '../wire/node-config.ts';
import { leaderStatus, type MembersResult } from './members.ts';
import { checkPortsFree } from './ports.ts';
import { leaveRoster, onlyMembers } from './roster.ts';
import { startNodes } from './start.ts';
import type { ClusterStore } from './store.ts';
import { changeSurely, leaderSoon } from './sure-change.ts';
import { type ClusterNode, type ClusterSpec, nodeConfigOf, planNode } from './topology.ts';
import type { FormatNode } from './up.ts';
import { withLock } from './up-lock.ts';

export interface ScaleInit {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  readonly to: number;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly timeoutMs: number;
  readonly entry: string;
  readonly formatNode: FormatNode;
  readonly signal: AbortSignal;
}

export interface ScaleResult {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Null: it is as large as wished. */
  readonly change: MembersResult | null;
}

const POLL_MS = 50;

/** @throws {RaftctlError} USAGE, and what `changeSurely` and `startNodes` throw. */
export function scaleCluster(init: ScaleInit): Promise<ScaleResult> {
  const { spec, to } = init;
  if (!Number.isInteger(to) || to < 1) {
    throw new RaftctlError('USAGE', { message: `Cannot scale ${spec.name} to ${to} nodes` });
  }
  return withLock(init.store.lockFileOf(spec.name), init.timeoutMs, async () => {
    const members = { ...init, spec: await whoBelongs(init) };
    const more = to - members.spec.nodes.length;
    if (more > 0) return grow(members, more);
    if (more < 0) return shrink(members, -more);
    return { added: [], removed: [], change: null };
  });
}

/** Nodes that were removed before do not count; what they left behind goes. */
async function whoBelongs(init: ScaleInit): Promise<ClusterSpec> {
  const { store, dryRun } = init;
  const spec = (await store.load(init.spec.name)) ?? init.spec;
  const { members } = await leaderSoon({ ...init, spec });
  if (!dryRun) return onlyMembers(init, spec);
  const nodes = spec.nodes.filter((node) => members.some((m) => m.member === node.member));
  return { ...spec, nodes };
}

async function grow(init: ScaleInit, more: number): Promise<ScaleResult> {
  const { store, spec, dryRun } = init;
  const planned: Omit<ClusterNode, 'member'>[] = [];
  for (let i = 0; i < more; i += 1) {
    const nodes = [...spec.nodes, ...planned.map((node) => ({ ...node, member: 0 }))];
    const dataDirOf = (id: string): string => store.dataDirOf(spec.name, id);
    planned.push(planNode({ nodes, portBase: spec.portBase }, dataDirOf));
  }
  const changes = planned.map((node): NamedChange => {
    const { id, clientAddress, peerAddress, adminAddress } = node;
    const member = { id, clientAddress, peerAddress, adminAddress };
    return { type: 'add', member, joins: true };
  });
  const added = planned.map((node) => node.id);
  await checkPortsFree(planned);
  const asked = await changeSurely({ ...init, changes, wait: false });
  const { reply } = asked;
  if (dryRun || reply === null) return { added, removed: [], change: asked };
  const nodes = planned.map((node): ClusterNode => ({ ...node, member: numberOf(reply, node.id) }));
  const grown: ClusterSpec = { ...spec, nodes: [...spec.nodes, ...nodes] };
  await join(init, grown, nodes, reply);
  const change = { ...asked, members: await untilVoters(init, grown, added) };
  return { added, removed: [], change };
}

/** Makes the new nodes' directories and starts them. */
async function join(
  init: ScaleInit,
  grown: ClusterSpec,
  nodes: readonly ClusterNode[],
  reply: MemberChangeReply,
): Promise<void> {
  const { store, entry, timeoutMs, signal } = init;
  for (const node of nodes) {
    const base = nodeConfigOf(grown, node, store.secretFileOf(grown.name));
    const config: NodeConfig = { ...base, members: reply.members, founding: reply.founding };
    await init.formatNode({ directory: node.dataDir, config });
  }
  await store.save(grown);
  const onSpawned = (): void => {};
  await startNodes({
    ...{ store, spec: grown, nodes, entry, timeoutMs, signal, onSpawned, waitFor: 'none' },
  });
}

async function untilVoters(
  init: ScaleInit,
  spec: ClusterSpec,
  ids: readonly string[],
): Promise<MembersResult['members']> {
  const deadline = performance.now() + init.timeoutMs;
  for (;;) {
    const leader = await leaderStatus(spec).catch(() => null);
    const left = ids.filter((id) => leader?.members.find((m) => m.id === id)?.voter !== true);
    if (leader !== null && left.length === 0 && !leader.changing) return leader.members;
    if (init.signal.aborted) {
      throw new RaftctlError('INTERRUPTED', { message: 'Interrupted waiting for new voters' });
    }
    if (performance.now() >= deadline) {
      throw new RaftctlError('WAIT_TIMEOUT', {
        message: `Waited ${init.timeoutMs} ms for ${left.join(', ')} to catch up in vain`,
        hint: `They go on; look: raftctl member list --cluster ${spec.name}`,
      });
    }
    await sleep(POLL_MS);
  }
}

/** The newest nodes go, but for the leader: its going would cost an election. */
async function shrink(init: ScaleInit, less: number): Promise<ScaleResult> {
  const { spec, dryRun } = init;
  const leader = await leaderSoon(init);
  const others = spec.nodes.filter((node) => node.member !== leader.member);
  const leaving = others.slice(others.length - less);
  if (leaving.length < less) {
    throw new RaftctlError('USAGE', { message: 'Cannot remove every node: cluster destroy does' });
  }
  const changes = leaving.map((node): NamedChange => ({ type: 'remove', id: node.id }));
  const change = await changeSurely({ ...init, changes, wait: true });
  const removed = leaving.map((node) => node.id);
  if (dryRun) return { added: [], removed, change };
  await leaveRoster(init, spec, leaving);
  return { added: [], removed, change };
}

function numberOf(reply: MemberChangeReply, id: string): number {
  const member = reply.members.find((m) => m.id === id);
  if (member !== undefined) return member.member;
  throw new RaftctlError('INTERNAL', { message: `The leader gave ${id} no member number` });
}
