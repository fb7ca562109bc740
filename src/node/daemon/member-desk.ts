/**
 * Changes of the membership that come in the dialect of an older system: who is meant, by name or
 * address, and a word to whoever leads. They go over the admin port like those of an operator.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { postAdmin } from '../../client/admin-post.ts';
import { RaftctlError } from '../../std/errors.ts';
import { formatMember } from '../../wire/member-change.ts';
import { memberAt } from '../../wire/older-systems.ts';
import type { MemberStatus, NodeStatus } from '../../wire/status.ts';
import type { JoinWish, MemberDesk } from '../server/member-desk.ts';

/** A change waits so long for the one before it to end. */
const CHANGE_MS_MAX = 5000;
const POLL_MS = 50;

export function memberDesk(init: {
  readonly status: () => NodeStatus;
  readonly secretHex: string;
}): MemberDesk {
  const { status, secretHex } = init;
  const change = async (query: Readonly<Record<string, string>>): Promise<void> => {
    const path = `/v1/members?${new URLSearchParams(query).toString()}`;
    const deadline = performance.now() + CHANGE_MS_MAX;
    for (;;) {
      const { members, leaderMember } = status();
      const leader = members.find((m) => m.member === leaderMember);
      if (leader === undefined) throw new RaftctlError('NO_LEADER', { message: 'nobody leads' });
      const address = leader.adminAddress;
      try {
        await postAdmin({ address, path, secretHex, timeoutMs: CHANGE_MS_MAX });
        return;
      } catch (error) {
        if (!mayPass(error) || performance.now() > deadline) throw error;
      }
      await sleep(POLL_MS);
    }
  };
  return {
    join: async (wish) => {
      const member = memberAt(wish.id, wish.peerAddress);
      if (member === null) return `${wish.peerAddress} is no address`;
      const { members } = status();
      const like = members.filter((m) => m.id === wish.id || m.peerAddress === wish.peerAddress);
      if (like.some((m) => isSame(m, wish))) return null;
      return attempt(async () => {
        for (const { id } of like) await change({ remove: id });
        await change({ add: formatMember(member), join: String(wish.voter) });
      });
    },
    leave: async (wish) => {
      const found = status().members.find((m) => m.id === wish || m.peerAddress === wish);
      if (found === undefined) return `${wish} is no member`;
      return attempt(() => change({ remove: found.id }));
    },
  };
}

function isSame(member: MemberStatus, wish: JoinWish): boolean {
  return member.id === wish.id && member.peerAddress === wish.peerAddress;
}

/** Another change that has not ended, a leader that is just being elected. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof RaftctlError)) return false;
  if (error.code === 'NO_LEADER') return true;
  return error.code === 'MEMBERS_REFUSED' && error.hint === 'Try again in a moment';
}

/** @returns why it failed; null: it is done. */
async function attempt(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
