/** A server of `SET` and `GET` that keeps what it is sent, and does with it what a test wishes. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

const REQUEST = /\*[23]\r\n\$3\r\n(GET|SET)\r\n\$\d+\r\n([^\r]*)\r\n(?:\$\d+\r\n([^\r]*)\r\n)?/y;

export class RespStore {
  readonly values = new Map<string, string>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  static async open(): Promise<RespStore> {
    const store = new RespStore();
    store.#server.listen(0, '127.0.0.1');
    await once(store.#server, 'listening');
    return store;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    let rest = '';
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      rest += bytes.toString('latin1');
      let replies = '';
      REQUEST.lastIndex = 0;
      let end = 0;
      for (let match = REQUEST.exec(rest); match !== null; match = REQUEST.exec(rest)) {
        end = REQUEST.lastIndex;
        replies += this.#answer(match[1] ?? '', match[2] ?? '', match[3] ?? '');
      }
      rest = rest.slice(end);
      socket.write(replies, 'latin1');
    });
  }

  #answer(verb: string, key: string, value: string): string {
    if (verb === 'SET') {
      this.values.set(key, value);
      return '+OK\r\n';
    }
    const found = this.values.get(key);
    return found === undefined ? '$-1\r\n' : `$${found.length}\r\n${found}\r\n`;
  }
}
