/**
 * A TCP connection on which the handshake still runs, from either end. Whatever happens, it ends
 * within `HANDSHAKE_MS_MAX` in exactly one call of `onEnd`.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Bytes } from '../../std/bytes.ts';
import type { MemberNumber } from '../model/ids.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Handshake, HandshakeStep, Refusal } from './handshake.ts';
import { isTlsError } from './peer-tls.ts';

/** Connecting and proving must be done in this time. */
export const HANDSHAKE_MS_MAX = 5000;

export type HandshakeFault = Refusal | 'garbage' | 'refused' | 'timeout' | 'crowded' | 'tls';

export type HandshakeEnd =
  | {
      readonly type: 'done';
      readonly peer: MemberNumber;
      readonly incarnation: string;
      readonly rest: Bytes;
    }
  /** Fault null: the network's doing (refused, reset, closed), nothing the other end sent. */
  | { readonly type: 'failed'; readonly fault: HandshakeFault | null; readonly detail: string };

export class PendingConnection {
  readonly socket: Socket;
  readonly #handshake: Handshake;
  readonly #onEnd: (end: HandshakeEnd) => void;
  readonly #timer: Timer;
  #isEnded = false;
  readonly #onData = (chunk: Bytes): void => this.#advance(this.#handshake.receive(chunk));
  readonly #onClose = (): void => this.#fail(null, 'closed by the other end');
  readonly #onError = (error: Error): void =>
    this.#fail(isTlsError(error) ? 'tls' : null, error.message);

  constructor(
    socket: Socket,
    handshake: Handshake,
    clock: Clock,
    onEnd: (end: HandshakeEnd) => void,
  ) {
    this.socket = socket;
    this.#handshake = handshake;
    this.#onEnd = onEnd;
    this.#timer = clock.after(HANDSHAKE_MS_MAX, () => {
      this.#fail('timeout', `no handshake within ${HANDSHAKE_MS_MAX} ms`);
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    socket.on('error', this.#onError);
    socket.on('end', this.#onClose);
    socket.on('close', this.#onClose);
  }

  /** Begins as the end that was dialled. */
  accept(): void {
    this.socket.on('data', this.#onData);
  }

  /** Begins as the end that dials. */
  dial(peer: MemberNumber): void {
    const ready = this.socket instanceof TLSSocket ? 'secureConnect' : 'connect';
    this.socket.once(ready, () => {
      if (this.#isEnded) return;
      this.socket.on('data', this.#onData);
      this.socket.write(this.#handshake.open(peer));
    });
  }

  /** Closes it for want of room. */
  displace(): void {
    this.#fail('crowded', 'too many unfinished handshakes');
  }

  /** Closes it without a word; `onEnd` is not called. */
  destroy(): void {
    this.#end();
    this.socket.on('error', () => {});
    this.socket.destroy();
  }

  #advance(step: HandshakeStep): void {
    if (this.#isEnded) return;
    if (step.type === 'failed') {
      this.#fail(step.reason, step.detail, step.send);
      return;
    }
    if (step.send.length > 0) this.socket.write(step.send);
    if (step.type === 'more') return;
    this.#end();
    const { peer, incarnation, rest } = step;
    this.#onEnd({ type: 'done', peer, incarnation, rest });
  }

  #fail(fault: HandshakeFault | null, detail: string, send?: Bytes): void {
    if (this.#isEnded) return;
    this.#end();
    this.socket.on('error', () => {});
    if (send !== undefined && send.length > 0) {
      this.socket.write(send);
      this.socket.destroySoon();
    } else {
      this.socket.destroy();
    }
    this.#onEnd({ type: 'failed', fault, detail });
  }

  #end(): void {
    this.#isEnded = true;
    this.#timer.cancel();
    this.socket.off('data', this.#onData);
    this.socket.off('end', this.#onClose);
    this.socket.off('close', this.#onClose);
    this.socket.off('error', this.#onError);
  }
}
