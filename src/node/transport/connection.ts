/**
 * One authenticated TCP connection to one member: frames in, frames out, until it breaks. It never
 * comes back; the peer link makes or adopts the next one.
 */
import type { Socket } from 'node:net';
import { type Bytes, concatBytes } from '../../std/bytes.ts';
import type { ClusterId, MemberNumber } from '../model/ids.ts';
import type { PeerMessage } from '../model/message.ts';
import { decodeMessage } from '../model/message-codec.ts';
import { outlivesDelivery } from '../model/message-frame.ts';
import type { Clock } from '../ports/clock.ts';
import { FrameReader } from './frame-reader.ts';
import { decodePing, encodePing, pingKind } from './ping-frame.ts';
import { SendQueue } from './send-queue.ts';

/** What the socket may hold unwritten before bulk messages wait in our own queue. */
export const SOCKET_BYTES_MAX = 1024 * 1024;

/** And before even control messages wait: a peer that stopped reading must not cost memory. */
export const SOCKET_CONTROL_BYTES_MAX = 2 * 1024 * 1024;

/** Sweeps (one a second) without a byte received, after which the other end counts as gone. */
export const SILENT_SWEEPS_MAX = 10;

/** Why this end closed a connection for what came over it. */
export type ConnectionFault = 'oversize' | 'garbage' | 'corrupt' | 'address' | 'silence';

export interface ConnectionInit {
  readonly self: MemberNumber;
  readonly peer: MemberNumber;
  readonly cluster: ClusterId;
  readonly incarnation: string;
}

export interface ConnectionHandler {
  onMessage(message: PeerMessage): void;
  /** Called once, never from `send` or `flush`. Fault null: closed by the other end or the net. */
  onClosed(connection: Connection, fault: ConnectionFault | null, detail: string): void;
}

export class Connection {
  readonly incarnation: string;
  readonly openedMs: number;
  readonly socket: Socket;
  readonly #init: ConnectionInit;
  readonly #clock: Clock;
  readonly #handler: ConnectionHandler;
  readonly #queue = new SendQueue();
  readonly #reader = new FrameReader(this);
  readonly #onWritten = (): void => this.flush();
  #silentSweeps = 0;
  #isClosed = false;
  sentBytes = 0;
  receivedBytes = 0;
  rttMs: number | null = null;

  constructor(socket: Socket, init: ConnectionInit, clock: Clock, handler: ConnectionHandler) {
    this.incarnation = init.incarnation;
    this.openedMs = clock.nowMs();
    this.socket = socket;
    this.#init = init;
    this.#clock = clock;
    this.#handler = handler;
  }

  get queuedBytes(): number {
    return this.#queue.byteLength + this.socket.writableLength;
  }

  /** Starts to read. @param rest bytes that came in one piece with the end of the handshake. */
  open(rest: Bytes): void {
    const socket = this.socket;
    socket.on('data', (chunk: Bytes) => this.#receive(chunk));
    // 'end' comes after all data was read, within a millisecond of the other process's death.
    socket.on('end', () => this.#fail(null, 'closed by the other end'));
    socket.on('error', (error) => this.#fail(null, error.message));
    socket.on('close', () => this.#fail(null, 'closed'));
    this.#write(encodePing('ping', this.#nowUs()));
    if (rest.length > 0) this.#receive(rest);
    socket.resume();
  }

  /** @returns whether there was room in the queue. */
  send(message: PeerMessage): boolean {
    return this.#queue.offer(message);
  }

  /** Writes what is queued, as far as the socket takes it; the rest follows when it has drained. */
  flush(): void {
    while (!this.#isClosed && !this.#queue.isEmpty) {
      const held = this.socket.writableLength;
      if (held >= SOCKET_CONTROL_BYTES_MAX) return;
      const parts = this.#queue.take(SOCKET_BYTES_MAX - held);
      if (parts.length === 0) return;
      this.#writeAll(parts);
    }
  }

  /** Once a second: asks for a sign of life, and gives up after too long without one. */
  sweep(): void {
    // Counted, not timed: after a stall of this process the silence may be its own.
    this.#silentSweeps += 1;
    if (this.#silentSweeps > SILENT_SWEEPS_MAX) {
      this.#fail('silence', `nothing received for ${SILENT_SWEEPS_MAX} s`);
    } else if (this.socket.writableLength < SOCKET_CONTROL_BYTES_MAX) {
      this.#write(encodePing('ping', this.#nowUs()));
    }
  }

  /** Ends it from this side. `onClosed` is not called any more. @returns messages dropped. */
  destroy(): number {
    this.#isClosed = true;
    this.socket.destroy();
    return this.#queue.clear();
  }

  /** FrameSink. */
  onFrame(bytes: Bytes, start: number, end: number): boolean {
    const kind = pingKind(bytes, start);
    if (kind !== null) return this.#onPing(kind, bytes, start, end);
    const message = this.#decode(bytes, start, end);
    if (typeof message === 'string') {
      this.#fail('corrupt', `frame with wrong ${message}`);
      return false;
    }
    if (message.from !== this.#init.peer || message.to !== this.#init.self) {
      this.#fail('address', `message from ${message.from} to ${message.to}`);
      return false;
    }
    this.#handler.onMessage(message);
    return !this.#isClosed;
  }

  #decode(bytes: Bytes, start: number, end: number): ReturnType<typeof decodeMessage> {
    // Batches stay in the cache long after this call. One that is the larger part of what was read
    // is kept where it lies; a small one is copied, or it would keep the whole piece alive.
    if (outlivesDelivery(bytes, start) && (end - start) * 2 < bytes.buffer.byteLength) {
      const own = concatBytes([bytes.subarray(start, end)]);
      return decodeMessage(own, { start: 0, end: own.length }, this.#init.cluster);
    }
    return decodeMessage(bytes, { start, end }, this.#init.cluster);
  }

  #onPing(kind: 'ping' | 'pong', bytes: Bytes, start: number, end: number): boolean {
    const stampUs = decodePing(bytes, start, end);
    if (stampUs < 0) {
      this.#fail('corrupt', `wrong ${kind}`);
      return false;
    }
    if (kind === 'pong') this.rttMs = Math.max(0, this.#nowUs() - stampUs) / 1000;
    else if (this.socket.writableLength < SOCKET_CONTROL_BYTES_MAX) {
      this.#write(encodePing('pong', stampUs));
    }
    return true;
  }

  #receive(chunk: Bytes): void {
    if (this.#isClosed) return;
    this.#silentSweeps = 0;
    this.receivedBytes += chunk.length;
    const result = this.#reader.push(chunk);
    if (result === 'oversize' || result === 'garbage') {
      this.#fail(result, 'frame with an impossible length');
    }
  }

  #write(bytes: Bytes): void {
    this.sentBytes += bytes.length;
    this.socket.write(bytes, this.#onWritten);
  }

  #writeAll(parts: readonly Bytes[]): void {
    const last = parts.length - 1;
    if (last > 0) this.socket.cork();
    for (let i = 0; i < last; i += 1) {
      const part = parts[i] as Bytes;
      this.sentBytes += part.length;
      this.socket.write(part);
    }
    this.#write(parts[last] as Bytes);
    if (last > 0) this.socket.uncork();
  }

  #fail(fault: ConnectionFault | null, detail: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.socket.destroy();
    this.#handler.onClosed(this, fault, detail);
  }

  #nowUs(): number {
    return Math.round(this.#clock.nowMs() * 1000);
  }
}
