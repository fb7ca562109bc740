/**
 * One connection under load, where answers come in the order of their requests. It reads into a
 * buffer that all lanes of a worker share, and finds the ends of replies without building them.
 *
 * ```
 *        head                 head + count
 *   ...  [ unanswered, oldest first ]  ...     a ring of `window` places
 * ```
 */
import type { Socket } from 'node:net';
import { dial } from '../client/dial.ts';
import { writeTo } from '../client/write-to.ts';
import type { Awaited, ReplyKind, ReplyScanner, ReplySink } from './drivers/driver.ts';
import { Lane, type LaneOwner } from './lane.ts';
import type { Operation } from './tally.ts';
import type { Target } from './target.ts';

export class StreamLane extends Lane implements ReplySink {
  #socket: Socket | null = null;
  #scanner: ReplyScanner;
  #head = 0;
  #count = 0;
  /** Told the answer to the greeting; null: that is over. */
  #greeted: ((kind: ReplyKind, word: string) => void) | null = null;

  constructor(owner: LaneOwner) {
    super(owner, owner.window);
    this.#scanner = owner.driver.createScanner();
  }

  get isOpen(): boolean {
    return this.#socket !== null;
  }

  isOpenTo(target: number): boolean {
    return this.isOpen && target === this.target;
  }

  get count(): number {
    return this.#count;
  }

  get room(): number {
    return this.#socket === null ? 0 : this.intendedNs.length - this.#count;
  }

  get replyPort(): number {
    return 0;
  }

  get awaits(): Awaited | null {
    return this.#count === 0 ? null : this.awaitedAt(this.#head);
  }

  open(targets: readonly Target[], timeoutMs: number): Promise<void> {
    const address = targets[this.target]?.address ?? '';
    const { readBuffer } = this.owner;
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
        this.#scanner = this.owner.driver.createScanner();
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

  push(operation: Operation, intendedNs: number): void {
    this.fill(this.slotAt(this.#count), operation, intendedNs);
    this.#count += 1;
  }

  write(bytes: Buffer, requests: number, nowNs: number): boolean {
    this.markSent(requests, nowNs);
    return this.#socket === null || writeTo(this.#socket, bytes);
  }

  slotAt(index: number): number {
    const slot = this.#head + index;
    return slot < this.intendedNs.length ? slot : slot - this.intendedNs.length;
  }

  clear(): void {
    this.#head = 0;
    this.#count = 0;
  }

  drop(): void {
    const socket = this.#socket;
    if (socket === null) return;
    socket.destroy();
    this.#lose(socket, 'reset');
  }

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
    this.owner.onAnswer(this, slot, kind, word);
  }

  #receive(socket: Socket, size: number): void {
    if (socket !== this.#socket) return;
    this.owner.onBytes();
    const isProtocol = this.#scanner.push(this.owner.readBuffer, size, this);
    if (isProtocol) {
      this.owner.onSettled(this);
      return;
    }
    socket.destroy();
    this.#lose(socket, 'protocol');
  }

  #lose(socket: Socket, kind: 'reset' | 'protocol'): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.owner.onLost(this, kind);
  }
}
