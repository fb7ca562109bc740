/**
 * One connection to a node's client port. Requests are pipelined and answered in order; whoever
 * owns the connection knows from that order which request a reply belongs to, so a request costs
 * no promise and no closure here.
 *
 * Nothing is ever sent twice: when the connection ends, `onClose` says how many requests were
 * under way, and what became of them is unknown.
 */
import type { Socket } from 'node:net';
import { RaftctlError } from '../std/errors.ts';
import { credentialsOf } from './credentials.ts';
import { dial } from './dial.ts';
import { type Reply, RespError, RespParser } from './resp-reply.ts';
import { encodeCommand } from './resp-request.ts';

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

  /**
   * @throws {RaftctlError} UNREACHABLE when nobody accepts within the time; UNAUTHORIZED when the
   *   node takes no such token.
   */
  static async open(address: string, timeoutMs: number): Promise<RespConnection> {
    const connection = await RespConnection.#connect(address, timeoutMs);
    const token = credentialsOf(address)?.clientToken ?? null;
    if (token !== null) await connection.#present(token, timeoutMs);
    return connection;
  }

  static #connect(address: string, timeoutMs: number): Promise<RespConnection> {
    return new Promise((resolve, reject) => {
      const { socket, ready } = dial(address);
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
      socket.once(ready, () => {
        clearTimeout(timer);
        socket.removeAllListeners('error');
        resolve(new RespConnection(address, socket));
      });
    });
  }

  /** Before anything else; nobody listens yet. */
  #present(token: string, timeoutMs: number): Promise<void> {
    const { address } = this;
    return new Promise((resolve, reject) => {
      const end = (error: RaftctlError | null): void => {
        clearTimeout(timer);
        this.#listener = null;
        if (error === null) resolve();
        else {
          this.close();
          reject(error);
        }
      };
      const unreachable = (reason: string): RaftctlError =>
        new RaftctlError('UNREACHABLE', { message: `Cannot talk to ${address}: ${reason}` });
      const late = `no answer to its token within ${timeoutMs} ms`;
      const timer = setTimeout(() => end(unreachable(late)), timeoutMs);
      this.listen({
        onReply: (reply) => end(reply instanceof RespError ? refusedToken(address, reply) : null),
        onClose: () => end(unreachable('it closed the connection')),
      });
      this.send(encodeCommand(['AUTH', token]), 1);
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

function refusedToken(address: string, { message }: RespError): RaftctlError {
  return new RaftctlError('UNAUTHORIZED', {
    message: `${address} refuses the token: ${message}`,
    hint: 'Name a file with another one: --token-file FILE',
  });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
