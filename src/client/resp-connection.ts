/**
 * One connection to a node's client port. Requests are pipelined and answered in order; whoever
 * owns the connection knows from that order which request a reply belongs to, so a request costs
 * no promise and no closure here.
 *
 * Nothing is ever sent twice: when the connection ends, `onClose` says how many requests were
 * under way, and what became of them is unknown.
 */
import { connect, type Socket } from 'node:net';
import { RaftctlError } from '../std/errors.ts';
import { splitAddress } from './address.ts';
import { type Reply, RespParser } from './resp-reply.ts';

export interface RespListener {
  onReply(reply: Reply): void;
  /** Once, after which nothing comes. `pending`: requests sent and not answered. */
  onClose(pending: number): void;
}

export class RespConnection {
  readonly address: string;
  #socket: Socket;
  #parser = new RespParser();
  #listener: RespListener | null = null;
  #pending = 0;
  #isClosed = false;

  private constructor(address: string, socket: Socket) {
    this.address = address;
    this.#socket = socket;
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
  }

  /** @throws {RaftctlError} UNREACHABLE when nobody accepts within the time. */
  static open(address: string, timeoutMs: number): Promise<RespConnection> {
    const { host, port } = splitAddress(address);
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true });
      const fail = (cause: unknown): void => {
        socket.destroy();
        const message = `Cannot connect to ${address}: ${reasonOf(cause)}`;
        reject(new RaftctlError('UNREACHABLE', { message, cause }));
      };
      const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
      socket.once('error', (error) => {
        clearTimeout(timer);
        fail(error);
      });
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeAllListeners('error');
        resolve(new RespConnection(address, socket));
      });
    });
  }

  listen(listener: RespListener): void {
    this.#listener = listener;
  }

  get pending(): number {
    return this.#pending;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Sends encoded commands in one write. Requires: `count` is how many they are; not closed. */
  send(bytes: Buffer | string, count: number): void {
    this.#pending += count;
    if (typeof bytes === 'string') this.#socket.write(bytes, 'latin1');
    else this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
    this.#end();
  }

  #receive(chunk: Buffer): void {
    try {
      this.#parser.push(chunk, (reply) => {
        this.#pending -= 1;
        this.#listener?.onReply(reply);
      });
    } catch {
      // Not RESP: whatever was asked for stays unanswered.
      this.close();
    }
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.destroy();
    this.#listener?.onClose(this.#pending);
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
