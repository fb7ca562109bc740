/** Takes datagrams, as `nc -u -l` would, for tests of what answers by UDP. */
import { createSocket, type Socket } from 'node:dgram';

const PATIENCE_MS = 10_000;

export class UdpInbox {
  readonly port: number;
  readonly #socket: Socket;
  readonly #received: string[] = [];
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (datagram) => {
      this.#received.push(datagram.toString('latin1'));
      this.#wake();
    });
  }

  /** @param port 0: a free one. */
  static async open(port = 0): Promise<UdpInbox> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, '127.0.0.1', resolve);
    });
    return new UdpInbox(socket);
  }

  /** What has come and was not taken. */
  get waiting(): number {
    return this.#received.length;
  }

  /** The next datagram; null: none within that time. */
  async next(withinMs = PATIENCE_MS): Promise<string | null> {
    const end = Date.now() + withinMs;
    while (this.#received.length === 0) {
      const left = end - Date.now();
      if (left <= 0) return null;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#received.shift() ?? null;
  }

  close(): void {
    this.#socket.close();
  }
}
