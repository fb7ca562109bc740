/** Changes of the membership that an operator asks this node for: names become numbers. */
import type { MemberChangeReply, NamedChange } from '../wire/member-change.ts';
import type { MemberConfig, NodeConfig } from '../wire/node-config.ts';
import { everyoneOf, type Membership } from './model/membership.ts';
import type { MemberChange } from './model/membership-change.ts';
import type { ChangeOutcome } from './replica/members.ts';
import type { Replica } from './replica/replica.ts';
import type { MembersAnswer } from './server/admin-contract.ts';

/** Asks the replica; `done` is called once, when the change is committed or will not be. */
export function changeMembers(
  { replica, config }: { readonly replica: Replica; readonly config: NodeConfig },
  changes: readonly NamedChange[],
  done: (answer: MembersAnswer) => void,
): void {
  const { membership } = replica.raft;
  const numbered: MemberChange[] = [];
  for (const change of changes) {
    const known = numberedChange(membership, change);
    if (typeof known === 'string') {
      done({ ok: false, code: 'NODE_NOT_FOUND', message: known });
      return;
    }
    numbered.push(known);
  }
  replica.changeMembers(numbered, (outcome) => done(answerOf(replica, config, outcome)));
}

function numberedChange(membership: Membership, change: NamedChange): MemberChange | string {
  if (change.type === 'add') {
    const { id: name, clientAddress, peerAddress, adminAddress } = change.member;
    return { type: 'add', name, joins: change.joins, clientAddress, peerAddress, adminAddress };
  }
  const member = membership.members.find((m) => m.name === change.id);
  if (member !== undefined) return { type: change.type, member: member.number };
  const names = membership.members.map((m) => m.name).join(', ');
  return `Cannot ${change.type} ${change.id}: the members are ${names}`;
}

function answerOf(replica: Replica, config: NodeConfig, outcome: ChangeOutcome): MembersAnswer {
  switch (outcome.type) {
    case 'committed': {
      const { cluster, clusterId, app } = config;
      const members = everyoneOf(replica.raft.membership).map(
        ({ number, name, clientAddress, peerAddress, adminAddress }): MemberConfig => {
          return { member: number, id: name, clientAddress, peerAddress, adminAddress };
        },
      );
      const founding = config.founding ?? config.members;
      const reply: MemberChangeReply = {
        ...{ cluster, clusterId, app, index: outcome.index, members, founding },
        retain: replica.raft.membership.retain ?? null,
        leasePromiseMs: replica.raft.membership.promiseMs ?? null,
      };
      return { ok: true, reply };
    }
    case 'unknown':
      return {
        ok: false,
        code: 'OUTCOME_UNKNOWN',
        message:
          'This node lost the leadership before the change was committed: it may be done or not',
        hint: 'Look: raftctl member list',
      };
    case 'refused':
      return refusalOf(outcome.reason);
  }
}

function refusalOf(reason: (ChangeOutcome & { type: 'refused' })['reason']): MembersAnswer {
  const refused = (message: string, hint?: string): MembersAnswer => ({
    ...{ ok: false, code: 'MEMBERS_REFUSED', message: `Cannot change the members: ${message}` },
    ...(hint === undefined ? {} : { hint }),
  });
  switch (reason) {
    case 'notLeader':
    case 'notServing':
    case 'stopping':
      return { ok: false, code: 'NO_LEADER', message: 'This node does not lead, or not yet' };
    case 'diskFull':
      return { ok: false, code: 'DISK_FULL', message: 'The disk of the leader is full' };
    case 'transferring':
      return refused('leadership is being handed over', 'Try again in a moment');
    case 'changePending':
      return refused('another change has not ended yet', 'Try again in a moment');
    case 'notCaughtUp':
      return refused('a learner has not caught up with the log', 'Wait for it: --wait');
    case 'unknownMember':
      return refused('one of them is no member');
    case 'nameTaken':
      return refused('a member has that name already', 'Choose another name');
    case 'addressTaken':
      return refused('a member has that peer address already', 'Choose other ports');
    case 'tooMany':
      return refused('there would be too many members');
    case 'noVoter':
      return refused('nobody would be left to vote');
    case 'nothingChanges':
      return refused('they are so already', 'Look: raftctl member list');
  }
}
