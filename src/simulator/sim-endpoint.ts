/**
 * The Network port of one life of a member: queues until `flush`, and delivers through the process,
 * so that nothing arrives while it is paused or after it died.
 */
import type { MemberNumber } from '../node/model/ids.ts';
import type { PeerMessage } from '../node/model/message.ts';
import type { Network, NetworkEvents, NetworkStats, PeerAddress } from '../node/ports/network.ts';
import { assert } from '../std/assert.ts';
import { concatBytes } from '../std/bytes.ts';
import type { NetworkEnd, SimNetwork } from './sim-network.ts';
import type { SimProcess } from './sim-process.ts';

/** More is not queued before a flush: it is refused, as the transport does. */
const QUEUED_MESSAGES_MAX = 4096;

interface Peer {
  connected: boolean;
  ups: number;
  dropped: number;
}

export class SimEndpoint implements Network, NetworkEnd {
  readonly self: MemberNumber;
  readonly #network: SimNetwork;
  readonly #process: SimProcess;
  readonly #peers = new Map<MemberNumber, Peer>();
  #events: NetworkEvents | null = null;
  #queue: PeerMessage[] = [];

  constructor(network: SimNetwork, self: MemberNumber, process: SimProcess) {
    this.#network = network;
    this.self = self;
    this.#process = process;
    for (const member of network.members) {
      if (member !== self) this.#peers.set(member, { connected: false, ups: 0, dropped: 0 });
    }
  }

  start(events: NetworkEvents): void {
    assert(this.#events === null, 'a network is started once');
    this.#events = events;
    this.#network.join(this);
  }

  reach(peers: readonly PeerAddress[]): void {
    this.#network.reach(this.self, new Set(peers.map((peer) => peer.member)));
  }

  send(message: PeerMessage): boolean {
    assert(message.from === this.self, 'a member speaks for itself');
    const peer = this.#peers.get(message.to);
    if (peer === undefined) return false;
    if (!peer.connected || this.#queue.length >= QUEUED_MESSAGES_MAX) {
      peer.dropped += 1;
      return false;
    }
    // The sender uses that memory again.
    const copied = message.type === 'forward';
    this.#queue.push(copied ? { ...message, records: concatBytes([message.records]) } : message);
    return true;
  }

  flush(): void {
    const queue = this.#queue;
    if (queue.length === 0) return;
    this.#queue = [];
    for (const message of queue) this.#network.transmit(message);
  }

  stats(): NetworkStats {
    const peers = [...this.#peers].map(([member, { connected, ups, dropped }]) => ({
      ...{ member, connected, queuedBytes: 0, sentBytes: 0, receivedBytes: 0 },
      ...{ droppedMessages: dropped, reconnects: Math.max(0, ups - 1), rttMs: null },
    }));
    return { peers, rejected: {} };
  }

  async close(): Promise<void> {
    if (this.#network.has(this)) this.#network.leave(this.self, false);
  }

  arrived(message: PeerMessage): void {
    this.#process.post(0, () => this.#events?.onMessage(message));
  }

  sawUp(member: MemberNumber): void {
    this.#process.post(0, () => {
      const peer = this.#peer(member);
      if (peer.connected) this.#events?.onPeerDown(member);
      peer.connected = true;
      peer.ups += 1;
      this.#events?.onPeerUp(member);
    });
  }

  sawDown(member: MemberNumber): void {
    this.#process.post(0, () => {
      const peer = this.#peer(member);
      if (!peer.connected) return;
      peer.connected = false;
      this.#events?.onPeerDown(member);
    });
  }

  #peer(member: MemberNumber): Peer {
    const peer = this.#peers.get(member);
    assert(peer !== undefined, `no member ${member}`);
    return peer;
  }
}
