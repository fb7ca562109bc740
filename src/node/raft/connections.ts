/** What a connection that came up or broke tells (decision 6): who can be reached. */
import type { MemberNumber } from '../model/ids.ts';
import { askForVote } from './election.ts';
import { becomeUrgent, majorityIsConnected } from './election-timer.ts';
import { lostFollower } from './leader.ts';
import { forgetLeader } from './roles.ts';
import { progressOf, type RaftState } from './state.ts';

export function onPeerUp(s: RaftState, member: MemberNumber): void {
  s.connected.add(member);
  if (s.leadership !== null) {
    // It may have missed anything: find out at once where it stands.
    progressOf(s.leadership, member)?.becomeProbe();
    return;
  }
  askForVote(s, member);
  // With a majority in reach and nobody leading, waiting for a timeout gains nothing.
  if (s.leader === 0 && s.electorate.includes(member) && majorityIsConnected(s)) {
    if (s.role === 'follower') becomeUrgent(s);
  }
}

export function onPeerDown(s: RaftState, member: MemberNumber): void {
  s.connected.delete(member);
  if (s.leadership !== null) {
    lostFollower(s, s.leadership, member);
  } else if (s.leader === member) {
    forgetLeader(s);
    s.leaderConnectionLost = true;
    becomeUrgent(s);
  }
}
