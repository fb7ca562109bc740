/**
 * From one configuration to the next. What changes no voter is done in one step. Everything else
 * goes through a joint configuration, however many members it touches (paper 6):
 *
 * ```
 *   C_old  --change-->  C_old,new  --once that is committed-->  C_new
 * ```
 */
import type { MemberNumber } from './ids.ts';
import { highestNumberOf, type Member, type Membership } from './membership.ts';

/** More members than this are refused: every one of them costs the leader a copy of the log. */
export const MEMBERS_MAX = 31;

export type MemberChange =
  | {
      /** A learner with the next free number. */
      readonly type: 'add';
      readonly name: string;
      /** Becomes a voter by itself as soon as it has caught up. */
      readonly joins: boolean;
      readonly peerAddress: string;
      readonly clientAddress: string;
      readonly adminAddress: string;
    }
  | { readonly type: 'promote' | 'demote' | 'remove'; readonly member: MemberNumber };

/** Why a change makes no sense for a configuration. */
export type ChangeFault =
  | 'unknownMember'
  | 'nameTaken'
  | 'addressTaken'
  | 'tooMany'
  | 'noVoter'
  | 'nothingChanges';

/** The configuration after some changes, without the way there. */
export function applyChanges(
  current: Membership,
  changes: readonly MemberChange[],
): Membership | ChangeFault {
  let members = [...current.members];
  let highestNumber = highestNumberOf(current);
  for (const change of changes) {
    if (change.type === 'add') {
      const fault = cannotAdd(members, change);
      if (fault !== null) return fault;
      highestNumber += 1;
      members.push(newMember(highestNumber, change));
      continue;
    }
    const at = members.findIndex((m) => m.number === change.member);
    const member = members[at];
    if (member === undefined) return 'unknownMember';
    if (change.type === 'remove') members = members.filter((m) => m !== member);
    else members[at] = { ...withoutJoins(member), voter: change.type === 'promote' };
  }
  if (!members.some((m) => m.voter)) return 'noVoter';
  if (sameMembers(members, current.members)) return 'nothingChanges';
  return { ...current, members, highestNumber };
}

/** What a leader appends to get from `current` to `target`. Requires: `current` is not joint. */
export function stepTowards(current: Membership, target: Membership): Membership {
  if (sameVoters(current.members, target.members)) return target;
  return { ...target, outgoing: current.members };
}

/** What follows a joint configuration. */
export function leaveJoint(joint: Membership): Membership {
  const { outgoing: _, ...next } = joint;
  return { ...next, highestNumber: highestNumberOf(joint) };
}

function cannotAdd(
  members: readonly Member[],
  change: MemberChange & { readonly type: 'add' },
): ChangeFault | null {
  if (members.length >= MEMBERS_MAX) return 'tooMany';
  if (members.some((m) => m.name === change.name)) return 'nameTaken';
  return members.some((m) => m.peerAddress === change.peerAddress) ? 'addressTaken' : null;
}

function newMember(number: MemberNumber, change: MemberChange & { readonly type: 'add' }): Member {
  const { name, joins, peerAddress, clientAddress, adminAddress } = change;
  const addresses = { peerAddress, clientAddress, adminAddress };
  return { number, name, voter: false, ...(joins ? { joins } : {}), ...addresses };
}

function withoutJoins(member: Member): Member {
  const { joins: _, ...rest } = member;
  return rest;
}

function sameVoters(a: readonly Member[], b: readonly Member[]): boolean {
  const numbers = (members: readonly Member[]): string =>
    members
      .filter((m) => m.voter)
      .map((m) => m.number)
      .sort((x, y) => x - y)
      .join();
  return numbers(a) === numbers(b);
}

function sameMembers(a: readonly Member[], b: readonly Member[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((one) => {
    const other = b.find((m) => m.number === one.number);
    return other !== undefined && other.voter === one.voter && other.joins === one.joins;
  });
}
