/** A server that answers RESP requests as a test wishes: at once, late, never, with an error. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface RespTargetInit {
  /** What each request is answered; null: nothing. Default `+OK`. */
  readonly answer?: (request: number, socket: Socket) => string | null;
  /** Sees everything that arrives. */
  readonly onBytes?: (bytes: Buffer, socket: Socket) => void;
  readonly port?: number;
}

/** Counts requests by their first byte, which occurs nowhere else in what the bench sends. */
const STAR = 0x2a;

export class RespTarget {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #init: RespTargetInit;
  /** Answers held back, while it is stalled. */
  #held: (() => void)[] | null = null;
  requests = 0;
  /** Of them, those that were answered. */
  answered = 0;
  connections = 0;

  private constructor(init: RespTargetInit) {
    this.#init = init;
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  static async open(init: RespTargetInit = {}): Promise<RespTarget> {
    const target = new RespTarget(init);
    target.#server.listen(init.port ?? 0, '127.0.0.1');
    await once(target.#server, 'listening');
    return target;
  }

  /** Connections that are open now. */
  get connected(): number {
    return this.#sockets.size;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers nothing for a while, then everything. */
  stall(ms: number): void {
    this.#held = [];
    setTimeout(() => {
      const held = this.#held ?? [];
      this.#held = null;
      for (const answer of held) answer();
    }, ms);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      this.#init.onBytes?.(bytes, socket);
      let replies = '';
      let count = 0;
      for (const byte of bytes) {
        if (byte !== STAR) continue;
        this.requests += 1;
        const answer = this.#init.answer;
        const reply = answer === undefined ? '+OK\r\n' : answer(this.requests, socket);
        if (reply === null) continue;
        replies += reply;
        count += 1;
      }
      const send = (): void => {
        if (replies === '' || !socket.writable) return;
        socket.write(replies);
        this.answered += count;
      };
      if (this.#held === null) send();
      else this.#held.push(send);
    });
  }
}
