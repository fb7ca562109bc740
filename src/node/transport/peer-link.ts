/**
 * What this node has to do with one other member, over all connections to it.
 *
 * There is one connection per pair, used both ways, so that both ends see at once when the other
 * process dies. The member with the higher number dials, with a growing and jittered delay; the
 * other waits to be dialled.
 *
 * ```
 *           dial / accept            handshake done
 *   down ------------------> pending ---------------> up      onPeerUp
 *    ^                          |                      |
 *    +--------------------------+----------------------+      onPeerDown
 * ```
 */
import type { Socket } from 'node:net';
import type { HostPort } from '../../std/address.ts';
import { assert } from '../../std/assert.ts';
import type { Bytes } from '../../std/bytes.ts';
import type { Log } from '../../std/log.ts';
import type { Prng } from '../../std/prng.ts';
import type { ClusterId, MemberNumber } from '../model/ids.ts';
import type { PeerMessage } from '../model/message.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { NetworkEvents, PeerStats } from '../ports/network.ts';
import { Connection, type ConnectionFault, type ConnectionHandler } from './connection.ts';
import type { Handshake } from './handshake.ts';
import { type HandshakeEnd, type HandshakeFault, PendingConnection } from './pending-connection.ts';

/** Delay before dialling again: doubles between these, each time shortened by up to half. */
export const REDIAL_MS_MIN = 20;
export const REDIAL_MS_MAX = 500;

/** A connection that lasted this long was a good one: the next is tried without delay. */
const GOOD_CONNECTION_MS = 1000;

/** Lives of a member's process that are over; the oldest is forgotten. */
const RETIRED_INCARNATIONS_MAX = 16;

export interface PeerLinkInit {
  readonly self: MemberNumber;
  readonly member: MemberNumber;
  /** Null: it is not known, so this member waits to be dialled. */
  readonly address: HostPort | null;
  readonly cluster: ClusterId;
  readonly events: NetworkEvents;
  readonly clock: Clock;
  readonly prng: Prng;
  readonly log: Log;
  /** Opens a connection, with TLS where that is on. */
  dial(address: HostPort): Socket;
  /** A fresh handshake for dialling this member over it. */
  newHandshake(socket: Socket): Handshake;
  onRejected(fault: HandshakeFault | ConnectionFault, detail: string): void;
}

export class PeerLink implements ConnectionHandler {
  readonly #init: PeerLinkInit;
  readonly #dials: boolean;
  readonly #retired: string[] = [];
  #incarnation: string | null = null;
  #connection: Connection | null = null;
  #pending: PendingConnection | null = null;
  #redial: Timer | null = null;
  #redialMs = REDIAL_MS_MIN;
  #isClosed = false;
  #connections = 0;
  #dropped = 0;
  #sentBytesBefore = 0;
  #receivedBytesBefore = 0;

  constructor(init: PeerLinkInit) {
    this.#init = init;
    this.#dials = init.self > init.member && init.address !== null;
    if (this.#dials) this.#dialAfter(0);
  }

  send(message: PeerMessage): boolean {
    if (this.#connection?.send(message) === true) return true;
    this.#dropped += 1;
    return false;
  }

  flush(): void {
    this.#connection?.flush();
  }

  sweep(): void {
    this.#connection?.sweep();
  }

  /** Whether a life of the member's process was followed by another one already. */
  isStale(incarnation: string): boolean {
    return this.#retired.includes(incarnation);
  }

  /** Takes over a connection on which the member has proved itself; an older one ends. */
  adopt(socket: Socket, incarnation: string, rest: Bytes): void {
    const { self, member, cluster, clock, log, events } = this.#init;
    assert(!this.isStale(incarnation), 'an old life of a member never talks again');
    const older = this.#connection;
    if (older !== null) this.#lose(older, 'replaced by a newer connection');
    if (this.#incarnation !== null && this.#incarnation !== incarnation) {
      this.#retired.push(this.#incarnation);
      if (this.#retired.length > RETIRED_INCARNATIONS_MAX) this.#retired.shift();
    }
    this.#incarnation = incarnation;
    const whose = { self, peer: member, cluster, incarnation };
    const connection = new Connection(socket, whose, clock, this);
    this.#connection = connection;
    this.#connections += 1;
    log.info({ peer: member, incarnation }, 'peer connected');
    events.onPeerUp(member);
    connection.open(rest);
  }

  stats(): PeerStats {
    const connection = this.#connection;
    return {
      member: this.#init.member,
      connected: connection !== null,
      queuedBytes: connection?.queuedBytes ?? 0,
      sentBytes: this.#sentBytesBefore + (connection?.sentBytes ?? 0),
      receivedBytes: this.#receivedBytesBefore + (connection?.receivedBytes ?? 0),
      droppedMessages: this.#dropped,
      reconnects: Math.max(0, this.#connections - 1),
      rttMs: connection?.rttMs ?? null,
    };
  }

  /** Whether it was made for that address, or waits to be dialled. */
  leadsTo(address: HostPort): boolean {
    const { self, member, address: own } = this.#init;
    if (self < member) return true;
    return own?.host === address.host && own.port === address.port;
  }

  /** The member does not belong to the cluster any more. */
  end(): void {
    if (this.#connection !== null) this.#lose(this.#connection, 'it left the cluster');
    this.close();
  }

  /** Ends it without a further event. @returns the sockets that are about to close. */
  close(): readonly Socket[] {
    this.#isClosed = true;
    this.#redial?.cancel();
    const sockets: Socket[] = [];
    if (this.#pending !== null) {
      sockets.push(this.#pending.socket);
      this.#pending.destroy();
    }
    if (this.#connection !== null) {
      sockets.push(this.#connection.socket);
      this.#connection.destroy();
    }
    this.#pending = null;
    this.#connection = null;
    return sockets;
  }

  onMessage(message: PeerMessage): void {
    this.#init.events.onMessage(message);
  }

  onClosed(connection: Connection, fault: ConnectionFault | null, detail: string): void {
    if (fault !== null) this.#init.onRejected(fault, `member ${this.#init.member}: ${detail}`);
    if (connection !== this.#connection) return;
    this.#lose(connection, detail);
    if (this.#dials) this.#dialAfter(this.#nextDelayMs(connection));
  }

  #lose(connection: Connection, detail: string): void {
    const { member, log, events } = this.#init;
    this.#connection = null;
    this.#dropped += connection.destroy();
    this.#sentBytesBefore += connection.sentBytes;
    this.#receivedBytesBefore += connection.receivedBytes;
    log.info({ peer: member, detail }, 'peer disconnected');
    events.onPeerDown(member);
  }

  #nextDelayMs(lost: Connection | null): number {
    if (lost !== null && this.#init.clock.nowMs() - lost.openedMs >= GOOD_CONNECTION_MS) {
      this.#redialMs = REDIAL_MS_MIN;
      return 0;
    }
    const delayMs = this.#redialMs * (1 - this.#init.prng.unit() / 2);
    this.#redialMs = Math.min(this.#redialMs * 2, REDIAL_MS_MAX);
    return delayMs;
  }

  #dialAfter(delayMs: number): void {
    this.#redial = this.#init.clock.after(delayMs, () => this.#dial());
  }

  #dial(): void {
    const { address, clock, member } = this.#init;
    if (this.#isClosed || address === null) return;
    const socket = this.#init.dial(address);
    const handshake = this.#init.newHandshake(socket);
    const pending = new PendingConnection(socket, handshake, clock, (end) => {
      this.#pending = null;
      this.#onDialled(socket, end);
    });
    this.#pending = pending;
    pending.dial(member);
  }

  #onDialled(socket: Socket, end: HandshakeEnd): void {
    if (end.type === 'done') {
      this.adopt(socket, end.incarnation, end.rest);
      return;
    }
    const { member, log } = this.#init;
    if (end.fault === null) log.debug({ peer: member, detail: end.detail }, 'peer not reached');
    else this.#init.onRejected(end.fault, `dialled member ${member}: ${end.detail}`);
    this.#dialAfter(this.#nextDelayMs(null));
  }
}
