/**
 * Changes of the members that outlive the leader that was asked for them: when it is gone, or its
 * answer is, the next leader is looked at, and asked for what is still missing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RaftctlError } from '../std/errors.ts';
import type { NamedChange } from '../wire/member-change.ts';
import type { MemberStatus, NodeStatus } from '../wire/status.ts';
import { changeMembers, leaderStatus, type MembersInit, type MembersResult } from './members.ts';

const POLL_MS = 50;
/** An election takes a second or two; a cluster without a quorum has no leader for long. */
const ELECTION_MS_MAX = 5000;
/** What is said of a leader that is gone, or that was gone before it answered. */
const LOST: ReadonlySet<string> = new Set(['NO_LEADER', 'UNREACHABLE', 'OUTCOME_UNKNOWN']);

type Asker = Pick<MembersInit, 'spec' | 'timeoutMs' | 'signal'>;

/** @throws {RaftctlError} NO_LEADER when there was none for some seconds. */
export function leaderSoon(init: Asker): Promise<NodeStatus> {
  return whileLost(untilElected(init), () => leaderStatus(init.spec));
}

function untilElected(init: Asker): Asker {
  return { ...init, timeoutMs: Math.min(init.timeoutMs, ELECTION_MS_MAX) };
}

/** `changeMembers`, asked again of the next leader. @throws {RaftctlError} as that. */
export async function changeSurely(init: MembersInit): Promise<MembersResult> {
  const what = { ...init, dryRun: true };
  const wish = await whileLost(untilElected(init), () => changeMembers(what));
  if (init.dryRun) return wish;
  return whileLost(init, async () => {
    const { members } = await settled(init);
    await takeBack(init, wish.members, members);
    const changes = init.changes.filter((change) => !isSo(change, members));
    if (changes.length === 0) return { ...wish, members };
    const { reply, members: after } = await changeMembers({ ...init, changes });
    return { ...wish, reply, members: after };
  });
}

async function whileLost<T>(init: Asker, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + init.timeoutMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isLost = error instanceof RaftctlError && LOST.has(error.code);
      if (!isLost || init.signal.aborted || performance.now() >= deadline) throw error;
    }
    await sleep(POLL_MS);
  }
}

/** What a leader inherited of another's change is on its way, and ends. */
async function settled(init: Asker): Promise<NodeStatus> {
  const deadline = performance.now() + init.timeoutMs;
  for (;;) {
    const leader = await leaderStatus(init.spec);
    const isOver = !leader.changing && leader.serving;
    if (isOver || init.signal.aborted || performance.now() >= deadline) return leader;
    await sleep(POLL_MS);
  }
}

/**
 * Members that were added with an answer that nobody heard. Whoever starts as one of them must know
 * that it is the only one with that number, so they go, and come again with another.
 */
async function takeBack(
  init: MembersInit,
  before: readonly MemberStatus[],
  now: readonly MemberStatus[],
): Promise<void> {
  const isNew = (id: string): boolean =>
    now.some((m) => m.id === id) && !before.some((m) => m.id === id);
  const changes = init.changes.flatMap((change): NamedChange[] =>
    change.type === 'add' && isNew(change.member.id)
      ? [{ type: 'remove', id: change.member.id }]
      : [],
  );
  if (changes.length > 0) await changeMembers({ ...init, changes, wait: true });
}

function isSo(change: NamedChange, members: readonly MemberStatus[]): boolean {
  if (change.type === 'add') return false;
  const member = members.find(({ id }) => id === change.id);
  if (change.type === 'remove') return member === undefined;
  return member?.voter === (change.type === 'promote');
}
