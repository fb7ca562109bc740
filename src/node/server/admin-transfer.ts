/** Hands leadership over for the admin port, and says in its terms how that ended. */
import type { ServerResponse } from 'node:http';
import type { LeaderTransfer } from '../../wire/leader-transfer.ts';
import type { AdminReplica, NamedTransfer } from './admin-contract.ts';
import { AdminRefusal, sendData } from './admin-reply.ts';

/** @throws {AdminRefusal} when leadership did not go where it was wanted. */
export function answerWithTransfer(
  response: ServerResponse,
  replica: AdminReplica,
  target: string | null,
): Promise<void> {
  return new Promise((resolve, reject) => {
    replica.transferLeadership(target, (ended) => {
      const { outcome, reason, to, durationMs } = ended;
      const from = replica.memberName;
      if (outcome !== 'done' && reason !== 'alreadyLeads') {
        reject(refusalOf(from, ended, replica.status().leader));
        return;
      }
      const data: LeaderTransfer = { from, to, term: replica.status().term, durationMs };
      sendData(response, 'leader.transfer', data);
      resolve();
    });
  });
}

function refusalOf(
  from: string,
  { outcome, reason, to }: NamedTransfer,
  leader: string | null,
): AdminRefusal {
  if (reason === 'notLeader') return notLeader(from, leader);
  if (reason === 'notMember') {
    const message = `Cannot hand leadership to ${to} as the cluster has no such member`;
    return new AdminRefusal(404, { code: 'NODE_NOT_FOUND', message });
  }
  const hint = 'Look: raftctl leader show';
  if (outcome === 'timeout') {
    const message = `${to} did not take over within an election timeout; ${leader ?? 'nobody'} leads`;
    return new AdminRefusal(504, { code: 'WAIT_TIMEOUT', message, hint });
  }
  const why = WHY[reason ?? ''] ?? `it ended with ${reason}`;
  const message = `Cannot hand leadership to ${to === '' ? 'anybody' : to} as ${why}`;
  if (outcome === 'refused' && reason !== 'stopping') {
    return new AdminRefusal(409, { code: 'TRANSFER_REFUSED', message });
  }
  return new AdminRefusal(409, { code: 'TRANSFER_FAILED', message, hint });
}

function notLeader(from: string, leader: string | null): AdminRefusal {
  if (leader === null) {
    const message = `Cannot hand leadership over as ${from} knows no leader`;
    return new AdminRefusal(503, { code: 'NO_LEADER', message });
  }
  return new AdminRefusal(409, {
    code: 'NOT_LEADER',
    message: `Cannot hand leadership over here as ${from} does not lead: ${leader} does`,
    hint: `Ask ${leader}`,
  });
}

const WHY: Readonly<Record<string, string>> = {
  notVoter: 'it is a learner, which has no vote: promote it first',
  notConnected: 'the leader cannot reach it',
  needsSnapshot: 'it is so far behind that it needs a snapshot first',
  transferring: 'leadership is being handed to another member just now',
  noTarget: 'no other voter is in reach',
  targetLost: 'the leader lost it on the way',
  anotherLeader: 'another member was elected meanwhile',
  stopping: 'this node is shutting down',
};
