/** A DNS server that knows SRV records, and answers everything else with "there is none". */
import { createSocket, type Socket } from 'node:dgram';

const TYPE_SRV = 33;
const CLASS_IN = 1;
const NAME_ERROR = 3;

export class DnsServer {
  /** By name: what its records point to. */
  readonly records = new Map<
    string,
    readonly { readonly target: string; readonly port: number }[]
  >();
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, from) => {
      socket.send(this.#answer(query), from.port, from.address);
    });
  }

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    return new DnsServer(socket);
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  close(): void {
    this.#socket.close();
  }

  #answer(query: Buffer): Buffer {
    let at = 12;
    const labels: string[] = [];
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const question = query.subarray(12, at + 5);
    const isSrv = query.readUInt16BE(at + 1) === TYPE_SRV;
    const found = isSrv ? this.records.get(labels.join('.')) : undefined;
    const header = Buffer.alloc(12);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    header.writeUInt16BE(0x8180 + (found === undefined ? NAME_ERROR : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(found?.length ?? 0, 6);
    return Buffer.concat([header, question, ...(found ?? []).map(srvRecord)]);
  }
}

function srvRecord({ target, port }: { readonly target: string; readonly port: number }): Buffer {
  const name = Buffer.concat([
    ...target
      .split('.')
      .map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.from([0]),
  ]);
  const fixed = Buffer.alloc(18);
  fixed.writeUInt16BE(0xc00c, 0); // the name that was asked for
  fixed.writeUInt16BE(TYPE_SRV, 2);
  fixed.writeUInt16BE(CLASS_IN, 4);
  fixed.writeUInt32BE(5, 6);
  fixed.writeUInt16BE(6 + name.length, 10);
  fixed.writeUInt16BE(port, 16);
  return Buffer.concat([fixed, name]);
}
