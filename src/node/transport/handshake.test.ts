import { describe, expect, it } from 'vitest';
import {
  Handshake,
  type HandshakeInit,
  type HandshakeStep,
  HELLO_BYTES,
  NONCE_BYTES,
  PROOF_BYTES,
} from './handshake.ts';

const CLUSTER = '00112233445566778899aabbccddeeff';

function side(role: 'dialer' | 'acceptor', more: Partial<HandshakeInit> = {}): Handshake {
  const self = role === 'dialer' ? 2 : 1;
  return new Handshake({
    role,
    self,
    cluster: CLUSTER,
    secret: Buffer.alloc(32, 5),
    incarnation: role === 'dialer' ? '00000000000000d1' : '00000000000000a1',
    nonce: Buffer.alloc(NONCE_BYTES, self),
    expects: (member) => member === 3 - self,
    isStale: () => false,
    ...more,
  });
}

interface Run {
  readonly acceptor: HandshakeStep;
  readonly dialer: HandshakeStep;
}

/** Carries bytes between both sides until nothing is left to say. */
function play(
  dialerMore: Partial<HandshakeInit>,
  acceptorMore: Partial<HandshakeInit>,
  options: { readonly target?: number; readonly tamper?: (bytes: Buffer) => Buffer } = {},
): Run {
  const dialer = side('dialer', dialerMore);
  const acceptor = side('acceptor', acceptorMore);
  const hello = dialer.open(options.target ?? 1);
  let atAcceptor = acceptor.receive(options.tamper?.(Buffer.from(hello)) ?? hello);
  let atDialer: HandshakeStep = { type: 'more', send: Buffer.alloc(0) };
  if (atAcceptor.send.length > 0) atDialer = dialer.receive(atAcceptor.send);
  if (atAcceptor.type === 'more' && atDialer.send.length > 0) {
    atAcceptor = acceptor.receive(atDialer.send);
  }
  return { acceptor: atAcceptor, dialer: atDialer };
}

function withVersion2(hello: Buffer): Buffer {
  hello.writeUInt16LE(2, 8);
  return hello;
}

function reasonOf(step: HandshakeStep): string {
  return step.type === 'failed' ? step.reason : step.type;
}

describe('Handshake', () => {
  it('proves both sides to each other and names their lives', () => {
    const { acceptor, dialer } = play({}, {});
    expect(acceptor).toMatchObject({ type: 'done', peer: 2, incarnation: '00000000000000d1' });
    expect(dialer).toMatchObject({ type: 'done', peer: 1, incarnation: '00000000000000a1' });
  });

  it('says which of the two is wrong, and the other side hears why', () => {
    const other = 'ffffffffffffffffffffffffffffffff';
    const matrix: readonly [Run, string, string][] = [
      [play({ cluster: other }, {}), 'cluster', 'refused'],
      [play({ self: 9 }, {}), 'member', 'refused'],
      [play({}, {}, { target: 3 }), 'member', 'refused'],
      [play({ self: 1, expects: () => true }, {}), 'self', 'refused'],
      [play({}, { isStale: () => true }), 'stale', 'refused'],
      [play({}, {}, { tamper: withVersion2 }), 'version', 'refused'],
      // The dialer is the first to see a proof.
      [play({ secret: Buffer.alloc(32, 6) }, {}), 'refused', 'secret'],
      [play({ isStale: () => true }, {}), 'refused', 'stale'],
      [play({ expects: () => false }, {}), 'refused', 'member'],
    ];
    for (const [run, atAcceptor, atDialer] of matrix) {
      expect([reasonOf(run.acceptor), reasonOf(run.dialer)]).toEqual([atAcceptor, atDialer]);
    }
  });

  it('refuses a dialer without the secret that skips the check of its own', () => {
    const acceptor = side('acceptor');
    acceptor.receive(side('dialer').open(1));
    expect(reasonOf(acceptor.receive(Buffer.alloc(PROOF_BYTES, 1)))).toBe('secret');
  });

  it('refuses a proof that was recorded, and one that is the acceptor’s own', () => {
    const dialer = side('dialer');
    const first = side('acceptor');
    const hello = dialer.open(1);
    const answer = dialer.receive(first.receive(hello).send);
    expect(reasonOf(first.receive(answer.send))).toBe('done');
    const second = side('acceptor', { nonce: Buffer.alloc(NONCE_BYTES, 99) });
    const challenge = second.receive(hello).send;
    expect(reasonOf(second.receive(answer.send))).toBe('secret');
    const third = side('acceptor', { nonce: Buffer.alloc(NONCE_BYTES, 99) });
    third.receive(hello);
    expect(reasonOf(third.receive(challenge.subarray(HELLO_BYTES)))).toBe('secret');
  });

  it('any changed bit of a hello ends it on one of the two sides', () => {
    for (let bit = 0; bit < HELLO_BYTES * 8; bit += 1) {
      const run = play(
        {},
        { expects: () => true },
        {
          tamper(bytes) {
            bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
            return bytes;
          },
        },
      );
      expect([run.acceptor.type, run.dialer.type], `bit ${bit}`).toContain('failed');
      expect(run.acceptor.type, `bit ${bit}`).not.toBe('done');
    }
  });

  it('works when every byte comes alone, and hands on the bytes that follow', () => {
    const dialer = side('dialer');
    const acceptor = side('acceptor');
    const feed = (to: Handshake, bytes: Buffer): Buffer =>
      Buffer.concat([...bytes].map((byte) => to.receive(Buffer.from([byte])).send));
    const proof = feed(dialer, feed(acceptor, dialer.open(1)));
    const last = acceptor.receive(Buffer.concat([proof, Buffer.from('frames')]));
    expect(last.type === 'done' && last.rest.toString()).toBe('frames');
  });

  it('ends at the first byte that no member would send, and at bytes ahead of their turn', () => {
    expect(reasonOf(side('acceptor').receive(Buffer.from('GET / HTTP/1.1\r\n')))).toBe('garbage');
    expect(reasonOf(side('acceptor').receive(Buffer.from([0])))).toBe('garbage');
    const early = Buffer.concat([side('dialer').open(1), Buffer.alloc(1)]);
    expect(reasonOf(side('acceptor').receive(early))).toBe('garbage');
    const dialer = side('dialer');
    const answer = side('acceptor').receive(dialer.open(1)).send;
    expect(reasonOf(dialer.receive(Buffer.concat([answer, Buffer.alloc(1)])))).toBe('garbage');
  });

  it('notices a life that ended while it was proving itself', () => {
    let over = false;
    const dialer = side('dialer');
    const acceptor = side('acceptor', { isStale: () => over });
    const proof = dialer.receive(acceptor.receive(dialer.open(1)).send).send;
    over = true;
    expect(reasonOf(acceptor.receive(proof))).toBe('stale');
  });
});
