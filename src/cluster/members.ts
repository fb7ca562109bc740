/**
 * Who belongs to a cluster, and changing that: what-if first, then the leader is asked, then (if
 * wished) the end of the change is waited for.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchNodeStatus } from '../client/admin-client.ts';
import { postAdmin } from '../client/admin-post.ts';
import { RaftctlError } from '../std/errors.ts';
import {
  formatMember,
  type MemberChangeReply,
  type NamedChange,
  parseMember,
} from '../wire/member-change.ts';
import type { MemberStatus, NodeStatus } from '../wire/status.ts';
import type { ClusterStore } from './store.ts';
import { type ClusterSpec, quorumOf } from './topology.ts';

/** What a number of voters means. */
export interface Strength {
  readonly voters: number;
  readonly quorum: number;
  /** How many of them may fail before writes stop. */
  readonly tolerance: number;
}

export interface MembersInit {
  readonly store: ClusterStore;
  readonly spec: ClusterSpec;
  readonly changes: readonly NamedChange[];
  /** Also when no failure would be tolerated afterwards. */
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Wait for learners to catch up before, and for the change to end after. */
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface MembersResult {
  readonly before: Strength;
  readonly after: Strength;
  /** Null: it was only asked what would be. */
  readonly reply: MemberChangeReply | null;
  readonly members: readonly MemberStatus[];
  /** Named nodes that were no members before, and are none of the cluster's nodes any more. */
  readonly dropped?: readonly string[] | undefined;
}

const ANSWER_TIMEOUT_MS = 1000;
const POLL_MS = 50;

/** @throws {RaftctlError} NO_LEADER when none of the nodes that answer leads. */
export async function leaderStatus(spec: ClusterSpec): Promise<NodeStatus> {
  const asked = spec.nodes.map((node) =>
    fetchNodeStatus(node.adminAddress, ANSWER_TIMEOUT_MS).catch(() => null),
  );
  const statuses = (await Promise.all(asked)).filter(
    (status) => status !== null && status.clusterId === spec.clusterId,
  );
  const leaders = statuses.filter((status) => status?.role === 'leader');
  leaders.sort((a, b) => (b?.term ?? 0) - (a?.term ?? 0));
  const leader = leaders[0] ?? (await leaderElsewhere(statuses));
  if (leader !== null) return leader;
  throw new RaftctlError('NO_LEADER', {
    message: `Nobody leads ${spec.name}: ${statuses.length} of ${spec.nodes.length} nodes answer`,
    hint: `Look: raftctl cluster status ${spec.name}`,
  });
}

/** The leader may be a node that this cluster's description does not have: one that joined. */
async function leaderElsewhere(
  statuses: readonly (NodeStatus | null)[],
): Promise<NodeStatus | null> {
  for (const status of statuses) {
    const member = status?.members.find((m) => m.member === status.leaderMember);
    if (member === undefined) continue;
    const leader = await fetchNodeStatus(member.adminAddress, ANSWER_TIMEOUT_MS).catch(() => null);
    if (leader?.role === 'leader') return leader;
  }
  return null;
}

/**
 * @throws {RaftctlError} MEMBERS_REFUSED when the change would leave no failure tolerance, or the
 *   leader refuses it; NO_LEADER, UNREACHABLE, OUTCOME_UNKNOWN, WAIT_TIMEOUT, INTERRUPTED.
 */
export async function changeMembers(init: MembersInit): Promise<MembersResult> {
  const { spec, changes } = init;
  let leader = await leaderStatus(spec);
  const before = strengthOf(votersOf(leader.members));
  const after = strengthOf(votersAfter(leader.members, changes));
  checkTolerance(init, before, after);
  if (init.dryRun) return { before, after, reply: null, members: leader.members };
  if (init.wait) leader = await waitFor(init, 'learners to catch up', laggards);
  const secretHex = (await readFile(init.store.secretFileOf(spec.name), 'utf8')).trim();
  const path = `/v1/members?${queryOf(changes).toString()}`;
  const { timeoutMs } = init;
  const asked = { address: leader.adminAddress, path, secretHex, timeoutMs, lost: lostChange };
  const reply = (await postAdmin(asked)) as MemberChangeReply;
  const status = init.wait
    ? await waitFor(init, 'the change to end', unfinished)
    : await leaderStatus(spec).catch(() => leader);
  return { before, after, reply, members: status.members };
}

/** The leader was asked for a change, and did not answer. */
export function lostChange(reason: string): RaftctlError {
  return new RaftctlError('OUTCOME_UNKNOWN', {
    message: `The change of the members may or may not have happened: ${reason}`,
    hint: 'Look: raftctl member list',
  });
}

/** New members, written as NAME=HOST:CLIENT:PEER:ADMIN. @throws {RaftctlError} USAGE */
export function additionsOf(texts: readonly unknown[], joins: boolean): readonly NamedChange[] {
  const hint = 'For example n4=127.0.0.1:11003:12003:13003';
  if (texts.length === 0) {
    throw new RaftctlError('USAGE', { message: 'Cannot add nobody: say who and where', hint });
  }
  return texts.map((text) => {
    const member = parseMember(String(text));
    if (typeof member !== 'string') return { type: 'add', member, joins };
    throw new RaftctlError('USAGE', { message: `Cannot add a member: ${member}`, hint });
  });
}

/** The same for all named members. @throws {RaftctlError} USAGE when nobody is named. */
export function changesOf(
  type: 'promote' | 'demote' | 'remove',
  names: readonly unknown[],
): readonly NamedChange[] {
  if (names.length > 0) return names.map((name) => ({ type, id: String(name) }));
  throw new RaftctlError('USAGE', { message: `Cannot ${type} nobody: name the members` });
}

/** One line: voters, quorum and tolerance, before and after. */
export function strengthLine({ before, after }: Pick<MembersResult, 'before' | 'after'>): string {
  const names = ['voters', 'quorum', 'tolerance'] as const;
  return names.map((name) => `${name} ${before[name]} -> ${after[name]}`).join(', ');
}

function strengthOf(voters: number): Strength {
  const quorum = quorumOf(voters);
  return { voters, quorum, tolerance: Math.max(0, voters - quorum) };
}

function votersOf(members: readonly MemberStatus[]): number {
  return members.filter((m) => m.voter).length;
}

function votersAfter(members: readonly MemberStatus[], changes: readonly NamedChange[]): number {
  const voters = new Set(members.filter((m) => m.voter).map((m) => m.id));
  for (const change of changes) {
    if (change.type === 'add') {
      if (change.joins) voters.add(change.member.id);
    } else if (change.type === 'promote') {
      if (members.some((m) => m.id === change.id)) voters.add(change.id);
    } else {
      voters.delete(change.id);
    }
  }
  return voters.size;
}

/** A cluster may grow from one voter on its way to more, but not lose what it tolerates. */
function checkTolerance(init: MembersInit, before: Strength, after: Strength): void {
  if (init.force || after.tolerance > 0 || after.voters >= before.voters) return;
  throw new RaftctlError('MEMBERS_REFUSED', {
    message: `Cannot change the members as no failure would be tolerated: ${strengthLine({ before, after })}`,
    hint: 'Add members first, or say --force',
  });
}

/** What is waited for, in words; null: nothing. */
type Missing = (leader: NodeStatus, changes: readonly NamedChange[]) => string | null;

function laggards(leader: NodeStatus, changes: readonly NamedChange[]): string | null {
  const promoted = changes.flatMap((change) => (change.type === 'promote' ? [change.id] : []));
  const behind = leader.members.filter((m) => promoted.includes(m.id) && m.caughtUp === false);
  if (leader.changing) return 'another change has not ended yet';
  return behind.length === 0 ? null : `${behind.map((m) => m.id).join(', ')} lags behind`;
}

function unfinished(leader: NodeStatus, changes: readonly NamedChange[]): string | null {
  if (leader.changing) return 'it is not committed yet';
  const joining = changes.flatMap((c) => (c.type === 'add' && c.joins ? [c.member.id] : []));
  const learners = leader.members.filter((m) => joining.includes(m.id) && !m.voter);
  return learners.length === 0
    ? null
    : `${learners.map((m) => m.id).join(', ')} only learns so far`;
}

async function waitFor(init: MembersInit, what: string, missing: Missing): Promise<NodeStatus> {
  const deadline = performance.now() + init.timeoutMs;
  for (;;) {
    const leader = await leaderStatus(init.spec).catch(() => null);
    const reason = leader === null ? 'nobody leads' : missing(leader, init.changes);
    if (leader !== null && reason === null) return leader;
    if (init.signal.aborted) {
      throw new RaftctlError('INTERRUPTED', { message: `Interrupted waiting for ${what}` });
    }
    if (performance.now() >= deadline) {
      throw new RaftctlError('WAIT_TIMEOUT', {
        message: `Waited ${init.timeoutMs} ms for ${what} in vain: ${reason}`,
        hint: `Look: raftctl member list --cluster ${init.spec.name}`,
      });
    }
    await sleep(POLL_MS);
  }
}

function queryOf(changes: readonly NamedChange[]): URLSearchParams {
  const query = new URLSearchParams();
  const put = (name: string, texts: readonly string[]): void => {
    if (texts.length > 0) query.set(name, texts.join(','));
  };
  const added = changes.flatMap((change) => (change.type === 'add' ? [change] : []));
  put(
    'add',
    added.map(({ member }) => formatMember(member)),
  );
  if (added.some((change) => change.joins)) query.set('join', 'true');
  for (const type of ['promote', 'demote', 'remove'] as const) {
    put(
      type,
      changes.flatMap((change) => (change.type === type ? [change.id] : [])),
    );
  }
  return query;
}
