/**
 * Connections to all replicas of a cluster whose clients say everything to each of them, as those
 * of raft-demo do. A replica that is not there is tried again. One that does not read, while others
 * answer, is left: what waits for it would grow without end.
 */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { dial } from './dial.ts';
import { writeTo } from './write-to.ts';

const RETRY_MS = 200;
/** What may wait for one replica in this process, unless it is said; the system holds more. */
const UNSENT_BYTES_MAX = 256 * 1024;

export interface ReplicaLinksInit {
  /** `host:port`. */
  readonly addresses: readonly string[];
  /** Where connections come from; left out: anywhere. */
  readonly from?: string | undefined;
  readonly connectMs: number;
  /** With more than that unsent a connection is given up. At least what may be unanswered. */
  readonly unsentBytesMax?: number;
  /** What a replica says on its connection. */
  readonly onBytes: (chunk: Buffer) => void;
  /** The last connection has ended. */
  readonly onCutOff?: () => void;
}

export class ReplicaLinks {
  readonly #init: ReplicaLinksInit;
  /** By address; null: there is no connection. */
  readonly #sockets: (Socket | null)[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(init: ReplicaLinksInit) {
    this.#init = init;
    this.#sockets = init.addresses.map(() => null);
  }

  /** Tries each of them once. @returns by address why it was not reached; null: it was. */
  open(): Promise<readonly (Error | null)[]> {
    return Promise.all(this.#sockets.map((_, at) => this.#connect(at)));
  }

  isOpen(at: number): boolean {
    return (this.#sockets[at] ?? null) !== null;
  }

  get isCutOff(): boolean {
    return this.#sockets.every((socket) => socket === null);
  }

  /**
   * The address of this machine that all replicas see.
   *
   * @throws {Error} when they see several, or none.
   */
  get ownAddress(): string {
    const seen = new Set(this.#sockets.flatMap((socket) => socket?.localAddress ?? []));
    const [own] = seen;
    if (own !== undefined && seen.size === 1) return own;
    throw new Error(
      own === undefined
        ? 'the connection was closed'
        : `the nodes are reached from ${[...seen].join(' and ')}, and answers come to one address`,
    );
  }

  /** Says it to all, to each of them whole or not at all. @returns whether its memory is free. */
  write(bytes: Buffer): boolean {
    const unsentBytesMax = Math.max(UNSENT_BYTES_MAX, this.#init.unsentBytesMax ?? 0);
    let isFree = true;
    for (const socket of this.#sockets) {
      if (socket === null || socket.destroyed) continue;
      // Of what is said now, the next connection is not told either: it begins with a whole one.
      if (socket.writableLength > unsentBytesMax) leave(socket);
      else if (!writeTo(socket, bytes)) isFree = false;
    }
    return isFree;
  }

  /** Nobody is told. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket?.destroy();
  }

  #connect(at: number): Promise<Error | null> {
    const { addresses, from, connectMs, onBytes, onCutOff } = this.#init;
    const options = from === undefined ? {} : { localAddress: from };
    const { socket, ready } = dial(addresses[at] ?? '', options);
    let cause = new Error(`${addresses[at]}: the connection was closed`);
    return new Promise((resolve) => {
      const slow = new Error(`${addresses[at]}: no answer within ${connectMs} ms`);
      const timer = setTimeout(() => socket.destroy(slow), connectMs);
      socket.once(ready, () => {
        clearTimeout(timer);
        this.#sockets[at] = socket;
        if (this.#isClosed) socket.destroy();
        resolve(null);
      });
      socket.on('data', (chunk: Buffer) => {
        if (!this.#isClosed) onBytes(chunk);
      });
      socket.on('error', (error) => {
        cause = error;
      });
      socket.on('close', () => {
        clearTimeout(timer);
        resolve(cause);
        const wasOpen = this.#sockets[at] === socket;
        if (wasOpen) this.#sockets[at] = null;
        if (this.#isClosed) return;
        this.#connectLater(at);
        if (wasOpen && this.isCutOff) onCutOff?.();
      });
    });
  }

  #connectLater(at: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#connect(at);
    }, RETRY_MS);
    this.#timers.add(timer);
  }
}

/** By a reset: of a connection that is closed, the system would go on to hold megabytes. */
function leave(socket: Socket): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}
