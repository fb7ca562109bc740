/**
 * One connection under load: the requests that wait for their answers, in order, and the socket.
 * It reads into a buffer that all lanes of a worker share, and finds the ends of replies without
 * building them.
 *
 * ```
 *        head                 head + count
 *   ...  [ unanswered, oldest first ]  ...     a ring of `window` places
 * ```
 */
import type { Socket } from 'node:net';
import { dial } from '../client/dial.ts';
import type { ReplyKind, ReplyScanner, ReplySink } from './drivers/driver.ts';
import type { Ledger } from './ledger.ts';
import type { Operation } from './tally.ts';

/** What a lane tells its worker. */
export interface LaneOwner {
  /** Requests that may wait for answers on one lane. */
  readonly window: number;
  /** Where all lanes read into; used only within one call. */
  readonly readBuffer: Buffer;
  /** Where writes are noted down; null: nowhere. */
  readonly ledger: Ledger | null;
  createScanner(): ReplyScanner;
  /** Bytes arrived: the time is taken once for all replies in them. */
  onBytes(): void;
  onAnswer(lane: Lane, slot: number, kind: ReplyKind, word: string): void;
  /** All answers of a piece of input were told. */
  onSettled(lane: Lane): void;
  /** The connection ended; its unanswered requests are still there to be counted. */
  onLost(lane: Lane, kind: 'reset' | 'protocol'): void;
}

export class Lane implements ReplySink {
  /** By slot. Nanoseconds of the run's clock. */
  readonly intendedNs: Float64Array;
  readonly sentNs: Float64Array;
  readonly operations: Uint8Array;
  /** 1: already counted as timed out. */
  readonly timedOut: Uint8Array;
  /** For a ledger: what was written. Empty where there is none. */
  readonly keys: Float64Array;
  readonly stamps: Float64Array;
  readonly #owner: LaneOwner;
  #socket: Socket | null = null;
  #scanner: ReplyScanner;
  #head = 0;
  #count = 0;
  /** Told the answer to the greeting; null: that is over. */
  #greeted: ((kind: ReplyKind, word: string) => void) | null = null;
  /** Which of the targets it is connected to, or was last. */
  target = 0;

  constructor(owner: LaneOwner) {
    this.#owner = owner;
    this.intendedNs = new Float64Array(owner.window);
    this.sentNs = new Float64Array(owner.window);
    this.operations = new Uint8Array(owner.window);
    this.timedOut = new Uint8Array(owner.window);
    this.keys = new Float64Array(owner.ledger === null ? 0 : owner.window);
    this.stamps = new Float64Array(owner.ledger === null ? 0 : owner.window);
    this.#scanner = owner.createScanner();
  }

  get isOpen(): boolean {
    return this.#socket !== null;
  }

  /** Unanswered requests. */
  get count(): number {
    return this.#count;
  }

  /** How many more requests may be sent now. */
  get room(): number {
    return this.#socket === null ? 0 : this.intendedNs.length - this.#count;
  }

  /** @throws {Error} when nobody accepts within the time. */
  open(address: string, timeoutMs: number): Promise<void> {
    const { readBuffer } = this.#owner;
    return new Promise((resolve, reject) => {
      const { socket, ready, credentials } = dial(address, {
        onread: {
          buffer: readBuffer,
          callback: (size) => {
            this.#receive(socket, size);
            return true;
          },
        },
      });
      const timer = setTimeout(
        () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      const begin = (): void => {
        clearTimeout(timer);
        resolve();
      };
      socket.once(ready, () => {
        this.#socket = socket;
        this.#scanner = this.#owner.createScanner();
        const token = credentials?.clientToken ?? null;
        const greeting = token === null ? undefined : this.#scanner.greeting?.(token);
        if (greeting === undefined) {
          begin();
          return;
        }
        this.#greeted = (kind, word) => {
          if (kind === 'ok') begin();
          else socket.destroy(new Error(`${address} refuses the token: ${word}`));
        };
        socket.write(greeting);
      });
      socket.on('error', reject);
      socket.on('end', () => socket.destroy());
      socket.on('close', () => {
        clearTimeout(timer);
        reject(new Error('the connection was closed'));
        this.#lose(socket, 'reset');
      });
    });
  }

  /** Takes the next slot for a request that is about to be written. Requires: there is room. */
  push(operation: Operation, intendedNs: number): void {
    const slot = this.#slotOf(this.#count);
    this.operations[slot] = operation;
    this.intendedNs[slot] = intendedNs;
    this.timedOut[slot] = 0;
    this.#owner.ledger?.note(this, slot);
    this.#count += 1;
  }

  /**
   * Sends what was pushed last, in one write.
   *
   * @returns whether the system took all bytes at once, so that their memory is free again.
   */
  write(bytes: Buffer, requests: number, nowNs: number): boolean {
    for (let i = this.#count - requests; i < this.#count; i += 1) {
      this.sentNs[this.#slotOf(i)] = nowNs;
    }
    const socket = this.#socket;
    if (socket === null) return true;
    socket.write(bytes);
    return socket.writableLength === 0;
  }

  /** The slot of the unanswered request number `index`, from the oldest. */
  slotAt(index: number): number {
    return this.#slotOf(index);
  }

  /** Forgets all unanswered requests. */
  clear(): void {
    this.#head = 0;
    this.#count = 0;
  }

  /** Ends the connection as if the other side had. */
  drop(): void {
    const socket = this.#socket;
    if (socket === null) return;
    socket.destroy();
    this.#lose(socket, 'reset');
  }

  /** Ends the connection; nobody is told. */
  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }

  onReply(kind: ReplyKind, word: string): void {
    if (this.#greeted !== null) {
      this.#greeted(kind, word);
      this.#greeted = null;
      return;
    }
    if (this.#count === 0) return; // An answer to nothing: the scanner goes on, the lane is lost.
    const slot = this.#head;
    this.#head = slot + 1 === this.intendedNs.length ? 0 : slot + 1;
    this.#count -= 1;
    this.#owner.onAnswer(this, slot, kind, word);
  }

  #receive(socket: Socket, size: number): void {
    if (socket !== this.#socket) return;
    this.#owner.onBytes();
    const isProtocol = this.#scanner.push(this.#owner.readBuffer, size, this);
    if (isProtocol) {
      this.#owner.onSettled(this);
      return;
    }
    socket.destroy();
    this.#lose(socket, 'protocol');
  }

  #lose(socket: Socket, kind: 'reset' | 'protocol'): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#owner.onLost(this, kind);
  }

  #slotOf(index: number): number {
    const slot = this.#head + index;
    return slot < this.intendedNs.length ? slot : slot - this.intendedNs.length;
  }
}
