/** The messages of elections as bytes and back: the fields of their frames. Pure. */
import { type Bytes, readU64, writeU64 } from '../../std/bytes.ts';
import type { MemberNumber, Term } from './ids.ts';
import type { TimeoutNow, VoteReply, VoteRequest } from './message.ts';
import { FRAME_TYPE } from './message-frame.ts';

type ElectionMessage = VoteRequest | VoteReply | TimeoutNow;

export function writeElectionFields(message: ElectionMessage, into: Bytes, at: number): void {
  switch (message.type) {
    case 'preVote':
    case 'vote':
    case 'transferVote':
      writeU64(into, message.lastIndex, at);
      writeU64(into, message.lastTerm, at + 8);
      break;
    case 'preVoteReply':
    case 'voteReply':
      into[at] = message.granted ? 1 : 0;
      break;
    case 'timeoutNow':
      writeU64(into, message.lastIndex, at);
      break;
  }
}

/** @returns null when the type is none of these. NB: `readU64` gives -1 for what is no number. */
export function decodeElection(
  bytes: Bytes,
  at: number,
  type: number,
  head: { readonly from: MemberNumber; readonly to: MemberNumber; readonly term: Term },
): ElectionMessage | 'field' | null {
  const { from, to, term } = head;
  switch (type) {
    case FRAME_TYPE.preVote:
    case FRAME_TYPE.vote:
    case FRAME_TYPE.transferVote: {
      const lastIndex = readU64(bytes, at);
      const lastTerm = readU64(bytes, at + 8);
      if (lastIndex < 0 || lastTerm < 0 || lastTerm > term) return 'field';
      return { type: voteNameOf(type), from, to, term, lastIndex, lastTerm };
    }
    case FRAME_TYPE.preVoteReply:
    case FRAME_TYPE.voteReply: {
      const flag = bytes[at] as number;
      if (flag > 1) return 'field';
      const name = type === FRAME_TYPE.voteReply ? 'voteReply' : 'preVoteReply';
      return { type: name, from, to, term, granted: flag === 1 };
    }
    case FRAME_TYPE.timeoutNow: {
      const lastIndex = readU64(bytes, at);
      return lastIndex < 0 ? 'field' : { type: 'timeoutNow', from, to, term, lastIndex };
    }
    default:
      return null;
  }
}

function voteNameOf(type: number): VoteRequest['type'] {
  if (type === FRAME_TYPE.preVote) return 'preVote';
  return type === FRAME_TYPE.vote ? 'vote' : 'transferVote';
}
