/** Members for people. */
import type { Paint } from '../std/paint.ts';
import { tableLines } from '../std/table.ts';
import type { MemberStatus } from '../wire/status.ts';
import { type MembersResult, strengthLine } from './members.ts';

export function memberLines(
  members: readonly MemberStatus[],
  leader: string | null,
  paint?: Paint,
): string[] {
  return tableLines(
    [
      { title: 'MEMBER', cell: (m: MemberStatus) => m.id },
      { title: 'NUMBER', align: 'right', cell: (m) => m.member },
      { title: 'ROLE', cell: (m) => roleOf(m, leader) },
      { title: 'MATCH', align: 'right', cell: (m) => m.matchIndex },
      { title: 'CONNECTED', cell: (m) => (m.connected ? 'yes' : 'no') },
      { title: 'CLIENT', cell: (m) => m.clientAddress },
      { title: 'PEER', cell: (m) => m.peerAddress },
      { title: 'ADMIN', cell: (m) => m.adminAddress },
    ],
    members,
    paint,
  );
}

/** What a change did, or would do. */
export function changeLines(result: MembersResult): string[] {
  const { reply, dropped = [] } = result;
  const told = dropped.map((id) => `${id} was no member any more, and is no node now, either`);
  if (reply === null && dropped.length > 0) return told;
  const done = reply === null ? 'Would change' : `Changed with entry ${reply.index}`;
  return [...told, `${done}: ${strengthLine(result)}`];
}

function roleOf(member: MemberStatus, leader: string | null): string {
  if (member.id === leader) return member.voter ? 'leader' : 'leader (leaving)';
  if (member.voter) return 'voter';
  return member.caughtUp === true ? 'learner (caught up)' : 'learner';
}
