/**
 * Messages to and from the other members. Delivery is best effort: a message may be lost when a
 * connection breaks or a queue is full, but what arrives is intact and from whom it says, and over
 * the life of one connection it arrives in the order sent (Raft itself relies on neither).
 */
import type { MemberNumber } from '../model/ids.ts';
import type { PeerMessage } from '../model/message.ts';

export interface NetworkEvents {
  onMessage(message: PeerMessage): void;
  /** The connection to a member was made or has broken; calls for one member alternate. */
  onPeerUp(member: MemberNumber): void;
  onPeerDown(member: MemberNumber): void;
}

export interface PeerStats {
  readonly member: MemberNumber;
  readonly connected: boolean;
  readonly queuedBytes: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly droppedMessages: number;
  readonly reconnects: number;
  /** Round trip of the last handshake or ping; null: not measured. */
  readonly rttMs: number | null;
}

export interface NetworkStats {
  readonly peers: readonly PeerStats[];
  /** Connections closed for what they sent, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
}

export interface PeerAddress {
  readonly member: MemberNumber;
  /** `host:port` */
  readonly peerAddress: string;
}

export interface Network {
  /** Must be called once, before the first send. */
  start(events: NetworkEvents): void;
  /**
   * Who belongs to the cluster from now on; an entry for this member itself is passed over.
   * Connections to others end. A member with a higher number than any of these may still come in,
   * once it has proved that it belongs: whoever is behind has not heard of the newest members.
   * Not one up to `highestNumber`, which was given out before: it belongs to nobody any more.
   * May be called before `start`.
   */
  reach(peers: readonly PeerAddress[], highestNumber?: MemberNumber): void;
  /**
   * Queues for `message.to`. Never blocks or grows without bound: without a connection, or over the
   * cap of the queue, the message is dropped and counted. Batches are kept by reference; the
   * records of a forward are copied, so the caller may reuse their memory.
   * @returns whether the message was queued.
   */
  send(message: PeerMessage): boolean;
  /** Writes what was queued since the last flush: one write a connection. */
  flush(): void;
  stats(): NetworkStats;
  close(): Promise<void>;
}
