/** Handing over a node's leadership, by names and before it stops. */
import type { Clock } from './ports/clock.ts';
import { refused } from './replica/hand-over.ts';
import type { Replica } from './replica/replica.ts';
import type { AdminReplica } from './server/admin-contract.ts';

/** A node that stops does not wait longer for somebody to take over. */
const HAND_OVER_MS_MAX = 3000;

export function transferByName(replica: Replica): AdminReplica['transferLeadership'] {
  return (name, done) => {
    const { members } = replica.raft.membership;
    const target = name === null ? null : members.find((m) => m.name === name)?.number;
    if (target === undefined) {
      const { outcome, reason, durationMs } = refused(0, 'notMember');
      done({ outcome, reason, to: name ?? '', durationMs });
      return;
    }
    replica.transferLeadership(target, ({ outcome, reason, target: member, durationMs }) => {
      done({ outcome, reason, to: member === 0 ? '' : replica.nameOf(member), durationMs });
    });
  };
}

/**
 * Afterwards this node does not lead, if that could be had: then nobody has to miss it before
 * somebody else stands for election.
 */
export function leaveLeadership(replica: Replica, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    if (replica.raft.role !== 'leader') {
      resolve();
      return;
    }
    const impatience = clock.after(HAND_OVER_MS_MAX, resolve);
    replica.transferLeadership(null, () => {
      impatience.cancel();
      resolve();
    });
  });
}
