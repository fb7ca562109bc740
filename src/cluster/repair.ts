/**
 * What must be known before the data of a damaged node may be replaced, and where it comes from.
 *
 * The node may have promised two things that its disk does not tell any more: votes, and entries
 * that a majority counts it for. Both are safe to replace only when
 *
 * - every other voter answers: whoever it voted for is among them and remembers that term, so it
 *   voted in no term later than the latest of theirs; and
 * - it gets back everything the leader's log holds now that it is down: all it ever acknowledged
 *   that counts is in there.
 *
 * Else it stays out.
 */
import { rm } from 'node:fs/promises';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { RaftctlError } from '../std/errors.ts';
import type { MemberStatus, NodeStatus } from '../wire/status.ts';
import { findNodeProcess } from './node-process.ts';
import {
  fetchSnapshotFile,
  noneRuns,
  runningNodes,
  type SnapshotsInit,
  type TakenSnapshot,
  takeSnapshot,
} from './snapshots.ts';
import { clusterStatus } from './status.ts';
import type { ClusterNode, ClusterSpec } from './topology.ts';
import { waitUntil } from './wait.ts';
import { writeWholeFile } from './whole-file.ts';

const ANSWER_TIMEOUT_MS = 2000;

/** What the others hold of a node's promises. */
interface Rescue {
  /** It voted in no term after this one. */
  readonly term: number;
  /** It acknowledged no entry after this one. */
  readonly index: number;
  /** Who may be asked for it. */
  readonly others: readonly ClusterNode[];
}

/** Where a node's data lies, and who looks at it and replaces it there. */
export interface RepairSite {
  /** @throws {RaftctlError} NODE_RUNNING */
  readonly checkDown: () => Promise<void>;
  /** Null: it is sound. */
  readonly findDamage: () => Promise<RaftctlError | null>;
  /** Where the snapshot for it is put here. */
  readonly snapshotFile: string;
  /** @returns where what was there is kept. */
  readonly replace: (snapshot: string, term: number) => Promise<string>;
}

export interface Repaired {
  readonly term: number;
  readonly index: number;
  /** The node that gave the snapshot. */
  readonly from: string;
  /** Where what was there is kept. */
  readonly kept: string;
}

/**
 * @returns the damage, and what was done; nulls of a node that is sound.
 * @throws {RaftctlError} NODE_RUNNING when the node runs; REPAIR_REFUSED when somebody is missing
 *   whose memory is needed; as `takeSnapshot`, and what the site throws.
 */
export async function repairMember(
  init: SnapshotsInit,
  node: ClusterNode,
  site: RepairSite,
): Promise<{ readonly damage: RaftctlError | null; readonly repaired: Repaired | null }> {
  await site.checkDown();
  const rescue = await findRescue(init, node);
  const damage = await site.findDamage();
  if (damage === null) return { damage, repaired: null };
  const { node: source, taken } = await takeRescue(init, rescue);
  const path = site.snapshotFile;
  await writeWholeFile({
    path,
    mayReplace: true,
    fill: async (write) => {
      await fetchSnapshotFile(init, { node: source, index: taken.index }, write);
    },
    // It is verified as it becomes the node's own.
    check: async () => {},
  });
  try {
    const kept = await site.replace(path, rescue.term);
    return { damage, repaired: { term: rescue.term, index: taken.index, from: source.id, kept } };
  } finally {
    await rm(path, { force: true });
  }
}

/** @throws {RaftctlError} REPAIR_REFUSED when somebody is missing whose memory is needed. */
async function findRescue(init: SnapshotsInit, node: ClusterNode): Promise<Rescue> {
  const { store, spec } = init;
  const { leader: leaderId } = await clusterStatus(store, spec);
  const leaderNode = spec.nodes.find(({ id }) => id === leaderId);
  const leader = leaderNode === undefined ? null : await ask(leaderNode.adminAddress, spec);
  if (leader === null || !leader.serving) {
    throw refused(node, 'no leader serves, so nobody can say what it must hold', {
      hint: `Start the others first: raftctl cluster up ${spec.name}`,
    });
  }
  if (leader.changing) {
    throw refused(node, 'the members are changing: somebody it voted for may be leaving', {
      hint: 'Try again once that has ended: raftctl member list',
    });
  }
  const own = leader.members.find(({ member }) => member === node.member);
  if (own === undefined) {
    throw refused(node, `member ${node.member} does not belong to the cluster any more`, {
      hint: 'Nothing of it is needed: it can be destroyed',
    });
  }
  const others = leader.members.filter(({ member }) => member !== node.member);
  const terms = await Promise.all(others.filter(isVoter).map((one) => termOf(node, one, spec)));
  const term = Math.max(...terms);
  if (leader.term !== term) {
    throw refused(
      node,
      `an election is under way: ${leader.id} leads term ${leader.term} of ${term}`,
      {
        hint: 'Try again once there is a leader',
      },
    );
  }
  const names = new Set(others.map(({ member }) => member));
  const candidates = spec.nodes.filter(({ member }) => names.has(member));
  return { term, index: leader.lastIndex, others: candidates };
}

function isVoter({ voter }: MemberStatus): boolean {
  return voter;
}

/** A snapshot that holds what was found. @throws {RaftctlError} as `takeSnapshot`. */
async function takeRescue(
  init: SnapshotsInit,
  rescue: Rescue,
): Promise<{ readonly node: ClusterNode; readonly taken: TakenSnapshot }> {
  const { leader } = await clusterStatus(init.store, init.spec);
  const running = await runningNodes(init.spec, rescue.others);
  const node = running.find(({ id }) => id !== leader) ?? running[0];
  if (node === undefined) throw noneRuns(init.spec, rescue.others);
  const what = `${node.id} to have applied entry ${rescue.index}`;
  await waitUntil({ ...init, what }, (status) => {
    const applied = status.nodes.find(({ id }) => id === node.id)?.appliedIndex ?? 0;
    return applied >= rescue.index ? null : `it has applied ${applied}`;
  });
  return { node, taken: await takeSnapshot(init, node) };
}

/** @throws {RaftctlError} NODE_RUNNING. Requires: it is a node of this machine. */
export async function checkDown(spec: ClusterSpec, node: ClusterNode): Promise<void> {
  const found = await findNodeProcess(node.dataDir);
  if (found === null) return;
  throw new RaftctlError('NODE_RUNNING', {
    message: `Cannot repair ${node.id} as it runs (pid ${found.pid}): its data is in use`,
    hint: `What runs is not damaged as far as it knows. Else: raftctl node stop ${node.id} --cluster ${spec.name}`,
  });
}

async function ask(address: string, spec: ClusterSpec): Promise<NodeStatus | null> {
  const status = await fetchNodeStatus(address, ANSWER_TIMEOUT_MS).catch(() => null);
  return status?.clusterId === spec.clusterId ? status : null;
}

async function termOf(node: ClusterNode, voter: MemberStatus, spec: ClusterSpec): Promise<number> {
  const status = await ask(voter.adminAddress, spec);
  if (status !== null && status.member === voter.member) return status.term;
  throw refused(node, `${voter.id} does not answer: ${node.id} may have voted for it`, {
    hint: `Start ${voter.id} first. If it is lost too, remove ${node.id} from the cluster and add a new member`,
  });
}

function refused(
  node: ClusterNode,
  reason: string,
  { hint }: { readonly hint: string },
): RaftctlError {
  return new RaftctlError('REPAIR_REFUSED', {
    message: `Cannot repair ${node.id} as ${reason}`,
    hint,
  });
}
