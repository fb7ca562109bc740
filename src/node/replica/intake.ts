/** Hands each input of a turn to whom it concerns. */
import type { MemberNumber } from '../model/ids.ts';
import type { PeerMessage } from '../model/message.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { Awaited } from './awaited.ts';
import type { ClusterClock } from './cluster-clock.ts';
import type { Input } from './inbox.ts';
import type { Phases } from './phases.ts';
import type { Proposals } from './proposals.ts';
import type { Emit } from './trace-events.ts';

/** What members say to each other while there is nothing to do. */
const SIGNS_OF_LIFE: ReadonlySet<PeerMessage['type']> = new Set([
  'heartbeat',
  'heartbeatReply',
  'clock',
]);

export interface IntakeParts {
  readonly raft: RaftFrontDoor;
  readonly clusterClock: ClusterClock;
  readonly proposals: Proposals;
  readonly awaited: Awaited;
  readonly phases: Phases;
  readonly emit: Emit;
  readonly nameOf: (member: MemberNumber) => string;
}

/** Whether it is work, and not only a sign of life. */
export function isWork(input: Input): boolean {
  return input.type !== 'message' || !SIGNS_OF_LIFE.has(input.message.type);
}

export function takeInput(parts: IntakeParts, input: Input, nowMs: number): void {
  const { raft, awaited, emit, nameOf, clusterClock } = parts;
  switch (input.type) {
    case 'message':
      takeMessage(parts, input.message, nowMs);
      return;
    case 'peerUp':
      emit('peer.connected', raft.term, { peer: nameOf(input.member) });
      clusterClock.tell(input.member);
      raft.peerUp(input.member);
      return;
    case 'peerDown':
      emit('peer.disconnected', raft.term, { peer: nameOf(input.member) });
      awaited.linkLost(input.member);
      raft.peerDown(input.member);
      return;
    case 'logRead':
      raft.logRead(input.member, input.batches);
      return;
    case 'snapshotRead':
      raft.snapshotRead(input.request, input.part);
      return;
    case 'snapshotStored':
      raft.snapshotStored(input.index, input.offset);
      return;
    case 'snapshotReceived':
      raft.snapshotReceived(input.snapshot);
      return;
    default:
      input.run();
  }
}

function takeMessage(parts: IntakeParts, message: PeerMessage, nowMs: number): void {
  const { raft, proposals, phases, clusterClock } = parts;
  if (message.type === 'forward') {
    raft.servesClients(message.from);
    proposals.takeForward(message);
  } else if (message.type === 'forwardRefused') proposals.forwardRefused(message);
  else if (message.type === 'clock') clusterClock.heard(message.from, message.wallMs, nowMs);
  else {
    if (message.type === 'appendReply' && raft.role === 'leader') {
      phases.acked(message.from, message.matchIndex, nowMs);
    }
    raft.step(message);
  }
}
