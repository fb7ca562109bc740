/**
 * One message in: first what its term says (paper 5.1), then what it asks. A higher term ends
 * whatever this replica was doing; a lower one is not obeyed, and a leader that has been replaced
 * is told so. Questions for votes have their own rules about terms (election.ts).
 */
import { assert, unreachable } from '../../std/assert.ts';
import type { RaftMessage } from '../model/message.ts';
import { onPreVote, onPreVoteReply, onVote, onVoteReply } from './election.ts';
import { onAppend, onHeartbeat } from './follower.ts';
import {
  heardFollower,
  onAppendReject,
  onAppendReply,
  onHeartbeatReply,
  servesClients,
} from './leader.ts';
import { onReadIndexReply, registerRead } from './read-index.ts';
import { becomeFollower } from './roles.ts';
import { onSnapshot, onSnapshotReply } from './snapshots.ts';
import { progressOf, type RaftState } from './state.ts';
import { onTimeoutNow } from './transfer.ts';

export function stepMessage(s: RaftState, message: RaftMessage): void {
  assert(message.to === s.self && message.from !== s.self, 'a message for somebody else');
  switch (message.type) {
    case 'preVote':
      onPreVote(s, message);
      break;
    case 'vote':
    case 'transferVote':
      onVote(s, message);
      break;
    case 'preVoteReply':
      onPreVoteReply(s, message);
      break;
    default:
      if (message.term > s.term) {
        becomeFollower(s, { term: message.term, leader: 0, reason: 'higherTerm' });
      }
      if (message.term < s.term) answerStale(s, message);
      else stepCurrent(s, message);
  }
}

/** Requires: the message is of the current term. */
function stepCurrent(s: RaftState, message: RaftMessage): void {
  if (s.leadership !== null) {
    heardFollower(s, s.leadership, message.from);
    stepLeader(s, message);
    return;
  }
  switch (message.type) {
    case 'append':
      onAppend(s, message);
      break;
    case 'heartbeat':
      onHeartbeat(s, message);
      break;
    case 'snapshot':
      onSnapshot(s, message);
      break;
    case 'voteReply':
      onVoteReply(s, message);
      break;
    case 'readIndex':
      refuseRead(s, message.from, message.requestId);
      break;
    case 'readIndexReply':
      onReadIndexReply(s, message);
      break;
    case 'timeoutNow':
      onTimeoutNow(s, message);
      break;
    default: // Answers to a leadership that is over.
  }
}

function stepLeader(s: RaftState, message: RaftMessage): void {
  const lead = s.leadership;
  assert(lead !== null, 'a leader keeps its leadership');
  switch (message.type) {
    case 'appendReply':
      onAppendReply(s, lead, message);
      break;
    case 'appendReject':
      onAppendReject(s, lead, message);
      break;
    case 'heartbeatReply':
      onHeartbeatReply(s, lead, message);
      break;
    case 'readIndex':
      servesClients(s, lead, message.from);
      registerRead(s, message.from, message.requestId);
      break;
    case 'snapshotReply': {
      const progress = progressOf(lead, message.from);
      if (progress !== null) onSnapshotReply(progress, message);
      break;
    }
    case 'append':
    case 'heartbeat':
    case 'snapshot':
    case 'timeoutNow':
      assert(false, `term ${s.term} has a second leader: ${message.from}`);
      break;
    case 'voteReply': // A vote more than was needed.
    case 'readIndexReply': // Asked before this replica became the leader.
    case 'preVote':
    case 'vote':
    case 'transferVote':
    case 'preVoteReply':
      break;
    default:
      unreachable(message);
  }
}

/** The sender's term is over: if it believes to lead, it must hear that it does not. */
function answerStale(s: RaftState, message: RaftMessage): void {
  const { type, from: to } = message;
  if (type === 'append' || type === 'heartbeat' || type === 'snapshot') {
    s.send({ type: 'heartbeatReply', from: s.self, to, term: s.term, round: 0 });
  } else if (type === 'readIndex') {
    refuseRead(s, to, message.requestId);
  }
}

function refuseRead(s: RaftState, to: number, requestId: number): void {
  s.send({ type: 'readIndexReply', from: s.self, to, term: s.term, requestId, index: 0 });
}
