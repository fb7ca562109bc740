/**
 * How two members make sure of each other before the first Raft byte. Pure but for HMAC; bytes in
 * docs/wire-protocol.md.
 *
 * ```
 *  dialer                                   acceptor
 *  HELLO(who, whom, incarnation, nonce) ->
 *                                       <-  HELLO(who, whom, incarnation, nonce)
 *                                           PROOF = HMAC(secret, "acceptor", both hellos)
 *  PROOF = HMAC(secret, "dialer", both) ->
 *  frames                               ->
 *                                       <-  frames
 * ```
 *
 * Both nonces are in both proofs, so neither can be replayed; the role is, so none can be sent
 * back. Neither side may send ahead of its turn, which bounds what is accepted from a stranger to
 * 112 bytes. A side that refuses says why in 12 bytes (REFUSAL), for the other's log only: it is
 * not authenticated and nothing is decided by it.
 *
 * NB: this proves who is at the other end. It does not encrypt or sign what follows: that is TLS,
 * where it is on, and the certificate must then be that of the member the hello names.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { assert } from '../../std/assert.ts';
import { allocBytes, type Bytes, bytesFrom, concatBytes, NO_BYTES } from '../../std/bytes.ts';
import { readClusterId, writeClusterId } from '../model/batch.ts';
import type { ClusterId, MemberNumber } from '../model/ids.ts';

/** Rises when members of two versions could not understand each other. */
export const PROTOCOL_VERSION = 1;

export const HELLO_BYTES = 76;
export const PROOF_BYTES = 32;
export const NONCE_BYTES = 32;
export const REFUSAL_BYTES = 12;

const MAGIC = bytesFrom('raftctl\n', 'latin1');
const KIND = { dialer: 1, acceptor: 2, refusal: 3 } as const;
/** Magic, version and kind stay where they are in every version to come. */
const COMMON_BYTES = 12;

export type Role = 'dialer' | 'acceptor';

/** Why a connection was not let in. Their order numbers them in a REFUSAL: add at the end only. */
const REFUSALS = ['version', 'cluster', 'member', 'self', 'secret', 'stale', 'name'] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface HandshakeInit {
  readonly role: Role;
  readonly self: MemberNumber;
  readonly cluster: ClusterId;
  readonly secret: Bytes;
  /** 16 hex digits, drawn at each start of the process. */
  readonly incarnation: string;
  /** Fresh random bytes. */
  readonly nonce: Bytes;
  /** Whether a member may be at the other end: the dialled one, or any that dials this one. */
  expects(member: MemberNumber): boolean;
  /** Why the certificate at the other end is not that member's; null: it is, or there is none. */
  wrongName?(member: MemberNumber): string | null;
  /** Whether this life of a member is known to be over. */
  isStale(member: MemberNumber, incarnation: string): boolean;
}

export type HandshakeStep =
  | { readonly type: 'more'; readonly send: Bytes }
  | {
      readonly type: 'done';
      readonly send: Bytes;
      readonly peer: MemberNumber;
      readonly incarnation: string;
      /** Bytes after the handshake: the beginning of the frames. */
      readonly rest: Bytes;
    }
  | {
      readonly type: 'failed';
      /** What is wrong with the other side; `refused`: it found something wrong with this one. */
      readonly reason: Refusal | 'garbage' | 'refused';
      readonly detail: string;
      readonly send: Bytes;
    };

interface Hello {
  readonly kind: number;
  readonly cluster: ClusterId;
  readonly member: MemberNumber;
  readonly expectedPeer: MemberNumber;
  readonly incarnation: string;
  readonly bytes: Bytes;
}

/** One side of one handshake. Feed it what arrives until it is done or has failed. */
export class Handshake {
  readonly #init: HandshakeInit;
  #received: Bytes = NO_BYTES;
  #ownHello: Bytes = NO_BYTES;
  #peerHello: Hello | null = null;

  constructor(init: HandshakeInit) {
    assert(init.nonce.length === NONCE_BYTES, 'a nonce has 32 bytes');
    assert(/^[0-9a-f]{16}$/.test(init.incarnation), 'an incarnation is 16 hex digits');
    assert(init.secret.length >= 16, 'a secret has at least 16 bytes');
    this.#init = init;
  }

  /** The dialer's first bytes. @param peer whom it wants to reach. */
  open(peer: MemberNumber): Bytes {
    assert(this.#init.role === 'dialer', 'the dialer speaks first');
    this.#ownHello = this.#helloTo(peer);
    return this.#ownHello;
  }

  receive(chunk: Bytes): HandshakeStep {
    // What is copied is bounded: a longer chunk can only be garbage or go on with frames.
    this.#received = this.#received.length === 0 ? chunk : concatBytes([this.#received, chunk]);
    if (this.#peerHello === null) {
      const step = this.#receiveHello();
      if (step !== null) return step;
    }
    return this.#receiveProof();
  }

  /** @returns null when the hello is good and the proof that goes with it is next. */
  #receiveHello(): HandshakeStep | null {
    const received = this.#received;
    const known = Math.min(received.length, MAGIC.length);
    if (received.compare(MAGIC, 0, known, 0, known) !== 0) return failed('garbage', 'magic');
    if (received.length < COMMON_BYTES) return MORE;
    const version = received.readUInt16LE(8);
    if (received[10] === KIND.refusal) return readRefusal(received);
    if (version !== PROTOCOL_VERSION) return refuse('version', `version ${version}`);
    if (received.length < HELLO_BYTES) return MORE;
    const hello = readHello(received.subarray(0, HELLO_BYTES));
    const wrong = this.#wrongWith(hello);
    if (wrong !== null) return wrong;
    this.#received = received.subarray(HELLO_BYTES);
    this.#peerHello = hello;
    if (this.#init.role === 'dialer') return null;
    // The dialer cannot answer a nonce it has not seen: more bytes than its hello are garbage.
    if (this.#received.length > 0) return failed('garbage', 'bytes ahead of turn');
    this.#ownHello = this.#helloTo(hello.member);
    return { type: 'more', send: concatBytes([this.#ownHello, this.#proof('acceptor')]) };
  }

  #wrongWith(hello: Hello): HandshakeStep | null {
    const { role, self, cluster, expects, isStale } = this.#init;
    const expectedKind = role === 'dialer' ? KIND.acceptor : KIND.dialer;
    if (hello.kind !== expectedKind) return failed('garbage', `hello of kind ${hello.kind}`);
    if (hello.cluster !== cluster) return refuse('cluster', `cluster ${hello.cluster}`);
    if (hello.member === self) return refuse('self', `member ${self} is this node`);
    if (hello.expectedPeer !== self) return refuse('member', `looks for ${hello.expectedPeer}`);
    if (!expects(hello.member)) return refuse('member', `member ${hello.member} not expected`);
    const wrongName = this.#init.wrongName?.(hello.member) ?? null;
    if (wrongName !== null) return refuse('name', wrongName);
    if (isStale(hello.member, hello.incarnation)) {
      return refuse('stale', `incarnation ${hello.incarnation} of ${hello.member} is over`);
    }
    return null;
  }

  #receiveProof(): HandshakeStep {
    const received = this.#received;
    const hello = this.#peerHello;
    assert(hello !== null, 'a proof follows a hello');
    if (received.length >= REFUSAL_BYTES && received.compare(MAGIC, 0, 8, 0, 8) === 0) {
      return readRefusal(received); // A proof that looks like this is one in 2^64.
    }
    if (received.length < PROOF_BYTES) return MORE;
    const { role } = this.#init;
    const expected = this.#proof(role === 'dialer' ? 'acceptor' : 'dialer');
    if (!timingSafeEqual(expected, received.subarray(0, PROOF_BYTES))) {
      return refuse('secret', 'wrong proof');
    }
    // Asked again: a newer life may have come in while this one was proving itself.
    if (this.#init.isStale(hello.member, hello.incarnation)) return refuse('stale', 'overtaken');
    const rest = received.subarray(PROOF_BYTES);
    if (role === 'dialer' && rest.length > 0) return failed('garbage', 'bytes ahead of turn');
    const send = role === 'dialer' ? this.#proof('dialer') : NO_BYTES;
    return { type: 'done', send, peer: hello.member, incarnation: hello.incarnation, rest };
  }

  #proof(by: Role): Bytes {
    const { role, secret } = this.#init;
    assert(this.#peerHello !== null, 'a proof is over both hellos');
    const mine = this.#ownHello;
    const theirs = this.#peerHello.bytes;
    const hmac = createHmac('sha256', secret).update(`raftctl peer ${by}\n`);
    hmac.update(role === 'dialer' ? mine : theirs).update(role === 'dialer' ? theirs : mine);
    return hmac.digest();
  }

  #helloTo(peer: MemberNumber): Bytes {
    const { role, self, cluster, incarnation, nonce } = this.#init;
    const bytes = allocBytes(HELLO_BYTES);
    writeCommon(bytes, KIND[role], 0);
    writeClusterId(bytes, cluster, 12);
    bytes.writeUInt32LE(self, 28);
    bytes.writeUInt32LE(peer, 32);
    bytes.write(incarnation, 36, 'hex');
    nonce.copy(bytes, 44);
    return bytes;
  }
}

const MORE: HandshakeStep = { type: 'more', send: NO_BYTES };

function writeCommon(bytes: Bytes, kind: number, reason: number): void {
  MAGIC.copy(bytes, 0);
  bytes.writeUInt16LE(PROTOCOL_VERSION, 8);
  bytes[10] = kind;
  bytes[11] = reason;
}

function readHello(bytes: Bytes): Hello {
  return {
    kind: bytes[10] as number,
    cluster: readClusterId(bytes, 12),
    member: bytes.readUInt32LE(28),
    expectedPeer: bytes.readUInt32LE(32),
    incarnation: bytes.toString('hex', 36, 44),
    bytes: concatBytes([bytes]), // A copy: the chunk it came in is let go.
  };
}

function readRefusal(bytes: Bytes): HandshakeStep {
  return failed('refused', REFUSALS[(bytes[11] as number) - 1] ?? 'unknown reason');
}

/** Fails and tells the other side why. */
function refuse(reason: Refusal, detail: string): HandshakeStep {
  const send = allocBytes(REFUSAL_BYTES);
  writeCommon(send, KIND.refusal, REFUSALS.indexOf(reason) + 1);
  return { type: 'failed', reason, detail, send };
}

function failed(reason: 'garbage' | 'refused', detail: string): HandshakeStep {
  return { type: 'failed', reason, detail, send: NO_BYTES };
}
