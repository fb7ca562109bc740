/**
 * Which of the nodes that are left could still elect a leader; and if none could, with which log
 * and as which cluster they may go on (docs/operations.md). Pure.
 *
 * The log with the latest last entry, by term, then by index, holds everything that any survivor
 * holds and that was ever acknowledged: a later term's leader had all that was committed before it
 * (paper 5.4.3), and of two logs that end in one term the longer one has all of the shorter.
 */
import type { LostMember, RecoveryPlan } from '../wire/recovery.ts';
import type { HardState } from './model/hard-state.ts';
import type { LogIndex, MemberNumber, Term } from './model/ids.ts';
import {
  everyoneOf,
  highestNumberOf,
  type Member,
  type Membership,
  outgoingVotersOf,
  votersOf,
} from './model/membership.ts';
import { jointOutcome, quorumSize, voteOutcome } from './raft/quorum.ts';

/** What lies in the directory of a stopped node. */
export interface FoundNode {
  readonly id: string;
  readonly number: MemberNumber;
  /** As its own directory names it. */
  readonly own: Member;
  readonly hardState: HardState;
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  /** Leader time of its last entry; 0: not known. */
  readonly lastTimeMs: number;
  /** The newest configuration it holds, committed or not: that is the one that counts. */
  readonly membership: Membership;
}

/** Whoever would win an election with the votes of those that were found, by their logs. */
export function electable(found: readonly FoundNode[]): readonly FoundNode[] {
  return found.filter((candidate) => {
    const { membership, number } = candidate;
    const [incoming, outgoing] = halvesOf(membership);
    if (!incoming.includes(number) && !outgoing.includes(number)) return false;
    const voting = found.filter((voter) => compareEnds(voter, candidate) <= 0);
    const answers = new Map(voting.map((voter) => [voter.number, true]));
    const won = (voters: readonly MemberNumber[]) => voteOutcome(voters, answers, () => false);
    const outcome = won(incoming);
    if (outgoing.length === 0) return outcome === 'won';
    return jointOutcome(outcome, won(outgoing)) === 'won';
  });
}

/** The configuration with which the survivors go on, and what that means. */
export interface Recovery {
  readonly plan: RecoveryPlan;
  readonly membership: Membership;
}

/** Requires: at least one was found, and nobody is electable. */
export function planRecovery(found: readonly FoundNode[]): Recovery {
  const best = [...found].sort((a, b) => compareEnds(b, a))[0] as FoundNode;
  const everyone = everyoneOf(best.membership);
  const survivors = found.filter(
    (node) => node === best || everyone.some((m) => m.number === node.number),
  );
  const members = survivors.map((node) => memberOf(node, best));
  const halves = halvesOf(best.membership).filter((half) => half.length > 0);
  const isVoter = (number: MemberNumber): boolean => halves.some((half) => half.includes(number));
  const lost = everyone.filter((m) => !survivors.some((node) => node.number === m.number));
  const { outgoing: _, ...settled } = best.membership;
  const membership = { ...settled, members, highestNumber: highestNumberOf(best.membership) };
  const plan: RecoveryPlan = {
    source: best.id,
    ...{ lastIndex: best.lastIndex, lastTerm: best.lastTerm },
    lastWriteMs: best.lastTimeMs === 0 ? null : best.lastTimeMs,
    // Nobody who is left has voted in it, and no entry is of it.
    term: Math.max(...found.map((node) => Math.max(node.hardState.term, node.lastTerm))) + 1,
    index: best.lastIndex + 1,
    votersBefore: everyone.filter((m) => isVoter(m.number)).length,
    votersAfter: votersOf(membership).length,
    survivors: survivors.map((node) => ({
      ...{ id: node.id, member: node.number, term: node.hardState.term },
      ...{ lastIndex: node.lastIndex, lastTerm: node.lastTerm },
      voter: members.some((m) => m.number === node.number && m.voter),
    })),
    lost: lost.map((member) => lostMember(member, isVoter(member.number))),
    mayLose: halves.some((half) => {
      const gone = half.filter((number) => lost.some((m) => m.number === number));
      return gone.length >= quorumSize(half.length);
    }),
  };
  return { plan, membership };
}

function lostMember({ name, number, adminAddress }: Member, voter: boolean): LostMember {
  return { id: name, member: number, voter, adminAddress };
}

/** Voters stay voters; the one whose log goes on must lead, so it is one in any case. */
function memberOf(node: FoundNode, best: FoundNode): Member {
  const isOwn = (m: Member): boolean => m.number === node.number;
  const known = everyoneOf(best.membership).find(isOwn) ?? node.own;
  const [incoming, outgoing] = halvesOf(best.membership);
  const voter = node === best || incoming.includes(node.number) || outgoing.includes(node.number);
  const { joins, ...member } = known;
  return { ...member, voter, ...(joins === true && !voter ? { joins } : {}) };
}

function halvesOf(
  membership: Membership,
): readonly [readonly MemberNumber[], readonly MemberNumber[]] {
  return [votersOf(membership), outgoingVotersOf(membership)];
}

/** Whose log is more up to date (paper 5.4.1): above 0, `a`. */
function compareEnds(a: FoundNode, b: FoundNode): number {
  return a.lastTerm - b.lastTerm || a.lastIndex - b.lastIndex;
}
