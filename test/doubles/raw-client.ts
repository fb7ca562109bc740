/** A client that sends and expects bytes (as latin1 text), for tests of servers. */
import { connect, type Socket } from 'node:net';

const PATIENCE_MS = 10_000;

export class RawClient {
  readonly socket: Socket;
  received = '';
  closed = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
    // The other side's end is the end: nothing more will be answered.
    socket.on('end', () => socket.end());
  }

  /** @param address `host:port` */
  static async connect(address: string): Promise<RawClient> {
    const colon = address.lastIndexOf(':');
    const socket = connect({
      host: address.slice(0, colon),
      port: Number(address.slice(colon + 1)),
      noDelay: true,
    });
    return RawClient.over(socket, 'connect');
  }

  /** @param ready the event that says that the socket can be used. */
  static async over(socket: Socket, ready: 'connect' | 'secureConnect'): Promise<RawClient> {
    await new Promise<void>((resolve, reject) => {
      socket.once(ready, resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Waits until everything received so far satisfies the condition, and takes it. */
  async take(condition: (received: string) => boolean): Promise<string> {
    await this.#wait(() => condition(this.received));
    const taken = this.received;
    this.received = '';
    return taken;
  }

  /** Waits for exactly these bytes and takes them; others before or among them are an error. */
  async expect(text: string): Promise<void> {
    await this.#wait(() => this.received.length >= text.length);
    const got = this.received.slice(0, text.length);
    if (got !== text)
      throw new Error(`Expected ${JSON.stringify(text)}, got ${JSON.stringify(got)}`);
    this.received = this.received.slice(text.length);
  }

  async takeUntilClosed(): Promise<string> {
    await this.#wait(() => this.closed);
    return this.received;
  }

  close(): void {
    this.socket.destroy();
  }

  async #wait(condition: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!condition()) {
      const left = end - Date.now();
      if (left <= 0) {
        throw new Error(`Nothing more came after ${JSON.stringify(this.received.slice(-200))}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (this.closed && !condition()) {
        throw new Error(`Closed after ${JSON.stringify(this.received.slice(-200))}`);
      }
    }
  }
}

/** Waits, one turn of the event loop after the other, until the condition holds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A command as clients send it. */
export function resp(...args: readonly string[]): string {
  return `*${args.length}\r\n${args.map((arg) => `$${arg.length}\r\n${arg}\r\n`).join('')}`;
}
