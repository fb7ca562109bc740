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
import { type Farewell, leaveRoster, onlyMembers, type RosterInit } from './roster.ts';
import { startNodes } from './start.ts';
import type { ClusterStore } from './store.ts';
import { changeSurely, leaderSoon } from './sure-change.ts';
import { CERTIFICATE_DAYS } from './tls-folder.ts';
import { tlsMemberOf } from './tls-member.ts';
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
  readonly signal: AbortSignal;
  readonly site: ScaleSite;
}

/** A node without its number, which is the leader's to give. */
export type PlannedNode = Omit<ClusterNode, 'member'>;

/** Where nodes come to be, and how. */
export interface ScaleSite {
  /** One more, beside those. */
  readonly plan: (spec: ClusterSpec, planned: readonly PlannedNode[]) => PlannedNode;
  /** Sees to it that they can run there; with `dryRun` it only looks. */
  readonly prepare: (
    planned: readonly PlannedNode[],
    dryRun: boolean,
  ) => Promise<readonly PlannedNode[]>;
  /** Formats them: as members of what the leader answered. */
  readonly make: (
    grown: ClusterSpec,
    nodes: readonly ClusterNode[],
    reply: Pick<MemberChangeReply, 'members' | 'founding'>,
  ) => Promise<void>;
  readonly start: (grown: ClusterSpec, nodes: readonly ClusterNode[]) => Promise<void>;
  readonly farewell?: Farewell;
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
  if (!dryRun) return onlyMembers(rosterOf(init), spec);
  const nodes = spec.nodes.filter((node) => members.some((m) => m.member === node.member));
  return { ...spec, nodes };
}

function rosterOf({ store, signal, site }: ScaleInit): RosterInit {
  return { store, signal, ...(site.farewell === undefined ? {} : { farewell: site.farewell }) };
}

async function grow(init: ScaleInit, more: number): Promise<ScaleResult> {
  const { spec, dryRun, site } = init;
  const wished: PlannedNode[] = [];
  for (let i = 0; i < more; i += 1) wished.push(site.plan(spec, wished));
  const planned = await site.prepare(wished, dryRun);
  const changes = planned.map((node): NamedChange => {
    const { id, clientAddress, peerAddress, adminAddress } = node;
    const member = { id, clientAddress, peerAddress, adminAddress };
    return { type: 'add', member, joins: true };
  });
  const added = planned.map((node) => node.id);
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
  { store, site }: ScaleInit,
  grown: ClusterSpec,
  nodes: readonly ClusterNode[],
  reply: MemberChangeReply,
): Promise<void> {
  if (grown.tls === true) {
    await store.tlsFolderOf(grown.name).issue(nodes.map(tlsMemberOf), CERTIFICATE_DAYS);
    await store.entrust(grown);
  }
  await site.make(grown, nodes, reply);
  await store.save(grown);
  await site.start(grown, nodes);
}

export interface SiteHereInit extends Pick<ScaleInit, 'store' | 'spec' | 'timeoutMs' | 'signal'> {
  readonly entry: string;
  readonly formatNode: FormatNode;
}

/** Nodes as processes of this machine. */
export function siteHere(init: SiteHereInit): ScaleSite {
  const { store, entry, timeoutMs, signal, formatNode } = init;
  return {
    plan: (spec, planned) => {
      const nodes = [...spec.nodes, ...planned.map((node) => ({ ...node, member: 0 }))];
      const dataDirOf = (id: string): string => store.dataDirOf(spec.name, id);
      return planNode({ nodes, portBase: spec.portBase }, dataDirOf);
    },
    prepare: async (planned) => {
      await checkPortsFree(planned);
      return planned;
    },
    make: async (grown, nodes, { members, founding }) => {
      for (const node of nodes) {
        const base = nodeConfigOf(grown, node, store.secretFileOf(grown.name));
        const config: NodeConfig = { ...base, members, founding };
        await formatNode({ directory: node.dataDir, config });
      }
    },
    start: async (spec, nodes) => {
      const onSpawned = (): void => {};
      await startNodes({
        ...{ store, spec, nodes, entry, timeoutMs, signal, onSpawned, waitFor: 'none' },
      });
    },
  };
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
  await leaveRoster(rosterOf(init), spec, leaving);
  return { added: [], removed, change };
}

function numberOf(reply: MemberChangeReply, id: string): number {
  const member = reply.members.find((m) => m.id === id);
  if (member !== undefined) return member.member;
  throw new RaftctlError('INTERNAL', { message: `The leader gave ${id} no member number` });
}
