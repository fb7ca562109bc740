/**
 * The Network port on TCP: one listener, one link per other member.
 *
 * Front door of `node/transport`: `createTransport`. Protocol: docs/wire-protocol.md. Who sent what
 * is settled by the handshake (handshake.ts), what is sent first by two lanes (send-queue.ts), when
 * to dial again by the link (peer-link.ts).
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { type HostPort, parseAddress } from '../../std/address.ts';
import { assert } from '../../std/assert.ts';
import type { Bytes } from '../../std/bytes.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { Log } from '../../std/log.ts';
import type { Prng } from '../../std/prng.ts';
import type { ClusterId, MemberNumber } from '../model/ids.ts';
import type { PeerMessage } from '../model/message.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Network, NetworkEvents, NetworkStats, PeerAddress } from '../ports/network.ts';
import type { ConnectionFault } from './connection.ts';
import { Handshake, NONCE_BYTES, type Role } from './handshake.ts';
import { Listener } from './listener.ts';
import { PeerLink } from './peer-link.ts';
import { type PeerSecurity, PeerTls } from './peer-tls.ts';
import { type HandshakeEnd, type HandshakeFault, PendingConnection } from './pending-connection.ts';

/** Connections at once that have not proved who they are; over it the oldest is closed. */
export const UNPROVEN_CONNECTIONS_MAX = 64;

/** Members that are newer than all known ones and have come in at once. */
export const UNKNOWN_MEMBERS_MAX = 16;

const SWEEP_MS = 1000;

export interface TransportComponents {
  readonly clock: Clock;
  readonly log: Log;
  /** Draws the jitter of reconnects. */
  readonly prng: Prng;
}

export interface TransportInit {
  readonly self: MemberNumber;
  readonly cluster: ClusterId;
  /** The cluster secret, at least 16 bytes. */
  readonly secret: Bytes;
  /** 16 hex digits, random at each start of the process. */
  readonly incarnation: string;
  /** `host:port`; port 0 lets the system choose. */
  readonly listenAddress: string;
  /** The other members, until `reach` is called. An entry for `self` is passed over. */
  readonly peers: readonly PeerAddress[];
  /** Left out: plain TCP. */
  readonly security?: PeerSecurity;
}

export type RejectionReason = HandshakeFault | ConnectionFault;

export interface Transport extends Network {
  readonly port: number;
}

/**
 * Opens the listener. Nobody is dialled or let in before `start`.
 *
 * @throws {RaftctlError} ADDRESS_IN_USE when another process listens there.
 * @throws {RaftctlError} CONFIG_INVALID when an address is none, or not one of this machine.
 */
export async function createTransport(
  components: TransportComponents,
  init: TransportInit,
): Promise<Transport> {
  const transport = new TcpTransport(components, init);
  await transport.open();
  return transport;
}

class TcpTransport implements Transport {
  readonly #components: TransportComponents;
  readonly #init: TransportInit;
  readonly #tls: PeerTls | null;
  #addresses: ReadonlyMap<MemberNumber, HostPort> = new Map();
  /** Numbers above it may be of members that are not known here yet. */
  #highestNumber: MemberNumber = 0;
  readonly #links = new Map<MemberNumber, PeerLink>();
  /** Insertion order is age. */
  readonly #unproven = new Set<PendingConnection>();
  readonly #rejected = new Map<RejectionReason, number>();
  #listener: Listener | null = null;
  #events: NetworkEvents | null = null;
  #sweep: Timer | null = null;
  #state: 'open' | 'started' | 'closed' = 'open';

  constructor(components: TransportComponents, init: TransportInit) {
    this.#components = components;
    this.#init = init;
    this.#tls = init.security === undefined ? null : new PeerTls(init.security);
    this.reach(init.peers);
  }

  reach(peers: readonly PeerAddress[], highestNumber: MemberNumber = 0): void {
    const others = peers.filter((peer) => peer.member !== this.#init.self);
    this.#addresses = new Map(others.map((peer) => [peer.member, addressOf(peer.peerAddress)]));
    this.#highestNumber = Math.max(highestNumber, ...this.#addresses.keys());
    assert(this.#addresses.size === others.length, 'each member is listed once');
    if (this.#events === null || this.#state === 'closed') return;
    for (const [member, link] of [...this.#links]) {
      const address = this.#addresses.get(member);
      if (address === undefined ? !this.#mayComeIn(member) : !link.leadsTo(address)) {
        this.#links.delete(member);
        link.end();
      }
    }
    for (const member of this.#addresses.keys()) this.#link(member, this.#events);
  }

  async open(): Promise<void> {
    this.#listener = await Listener.open({
      address: addressOf(this.#init.listenAddress),
      log: this.#components.log,
      tls: this.#tls,
      onSocket: (socket) => this.#onSocket(socket),
      onRefused: (fault, detail) => this.#reject(fault, `accepted connection: ${detail}`),
    });
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  start(events: NetworkEvents): void {
    assert(this.#state === 'open', 'a transport is started once');
    this.#state = 'started';
    this.#events = events;
    for (const member of this.#addresses.keys()) this.#link(member, events);
    for (const pending of this.#unproven) pending.accept();
    this.#sweepLater();
  }

  /** The link to a member, made if there is none. */
  #link(member: MemberNumber, events: NetworkEvents): PeerLink {
    const known = this.#links.get(member);
    if (known !== undefined) return known;
    const { self, cluster } = this.#init;
    const { clock, log, prng } = this.#components;
    const link = new PeerLink({
      ...{ self, member, cluster, events, clock, prng, log },
      address: this.#addresses.get(member) ?? null,
      dial: ({ host, port }) =>
        this.#tls?.dial(host, port) ?? connect({ host, port, noDelay: true }),
      newHandshake: (socket) => this.#newHandshake('dialer', socket, (number) => number === member),
      onRejected: (reason, detail) => this.#reject(reason, detail),
    });
    this.#links.set(member, link);
    return link;
  }

  /**
   * Whether a member may dial this one. Lower numbers are dialled by higher ones, never the other
   * way round; and one that is newer than all known here may only not be known yet.
   */
  #mayComeIn(member: MemberNumber): boolean {
    const { self } = this.#init;
    if (member <= self) return false;
    if (this.#addresses.has(member)) return true;
    const unknown = [...this.#links.keys()].filter((known) => !this.#addresses.has(known));
    if (unknown.length >= UNKNOWN_MEMBERS_MAX && !unknown.includes(member)) return false;
    return member > this.#highestNumber;
  }

  send(message: PeerMessage): boolean {
    return this.#links.get(message.to)?.send(message) ?? false;
  }

  flush(): void {
    for (const link of this.#links.values()) link.flush();
  }

  stats(): NetworkStats {
    return {
      peers: [...this.#links.values()].map((link) => link.stats()),
      rejected: Object.fromEntries(this.#rejected),
    };
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#sweep?.cancel();
    for (const pending of this.#unproven) pending.destroy();
    this.#unproven.clear();
    const sockets = [...this.#links.values()].flatMap((link) => link.close());
    await Promise.all([this.#listener?.close(), ...sockets.map(untilClosed)]);
  }

  #onSocket(socket: Socket): void {
    if (this.#state === 'closed') {
      socket.destroy();
      return;
    }
    const handshake = this.#newHandshake('acceptor', socket, (member) => this.#mayComeIn(member));
    const pending = new PendingConnection(socket, handshake, this.#components.clock, (end) => {
      this.#unproven.delete(pending);
      this.#onAccepted(socket, end);
    });
    this.#unproven.add(pending);
    if (this.#unproven.size > UNPROVEN_CONNECTIONS_MAX) {
      for (const oldest of this.#unproven) {
        oldest.displace();
        break;
      }
    }
    if (this.#state === 'started') pending.accept();
  }

  #onAccepted(socket: Socket, end: HandshakeEnd): void {
    if (end.type === 'done') {
      assert(this.#events !== null, 'nobody is let in before the start');
      // The members may have changed while it proved itself.
      if (!this.#mayComeIn(end.peer)) socket.on('error', () => {}).destroy();
      else this.#link(end.peer, this.#events).adopt(socket, end.incarnation, end.rest);
    } else if (end.fault !== null) {
      this.#reject(end.fault, `accepted connection: ${end.detail}`);
    }
  }

  #newHandshake(role: Role, socket: Socket, expects: (member: MemberNumber) => boolean): Handshake {
    const { self, cluster, secret, incarnation } = this.#init;
    return new Handshake({
      wrongName: (member) => this.#tls?.wrongName(socket, member) ?? null,
      role,
      self,
      cluster,
      secret,
      incarnation,
      nonce: randomBytes(NONCE_BYTES),
      expects,
      isStale: (member, life) => this.#links.get(member)?.isStale(life) ?? false,
    });
  }

  #reject(reason: RejectionReason, detail: string): void {
    const count = (this.#rejected.get(reason) ?? 0) + 1;
    this.#rejected.set(reason, count);
    // At each doubling only: a flood of strangers must not become a flood of lines.
    if ((count & (count - 1)) === 0) {
      this.#components.log.warn({ reason, count, detail }, 'peer connection closed');
    }
  }

  #sweepLater(): void {
    this.#sweep = this.#components.clock.after(SWEEP_MS, () => {
      for (const link of this.#links.values()) link.sweep();
      this.#sweepLater();
    });
  }
}

function addressOf(text: string): HostPort {
  const address = parseAddress(text);
  if (address !== null) return address;
  throw new RaftctlError('CONFIG_INVALID', {
    message: `Cannot use "${text}" as a peer address: it is not host:port`,
  });
}

function untilClosed(socket: Socket): Promise<void> {
  return socket.closed
    ? Promise.resolve()
    : new Promise((done) => socket.once('close', () => done()));
}
