/** A UDP port where answers are awaited. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

export interface AnswerPortInit {
  /** An address of this machine; empty: all of IPv4. */
  readonly host: string;
  /** Left out: one that is free. */
  readonly port?: number;
  readonly onDatagram: (datagram: Buffer) => void;
}

export class AnswerPort {
  readonly number: number;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.number = socket.address().port;
  }

  /** @throws {Error} when the port is taken, or there are no more. */
  static open({ host, port = 0, onDatagram }: AnswerPortInit): Promise<AnswerPort> {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.on('message', onDatagram);
    return new Promise((resolve, reject) => {
      let isBound = false;
      socket.on('error', (error) => {
        // Later it is of no consequence: an answer that does not come is noticed.
        if (isBound) return;
        socket.close();
        reject(error);
      });
      socket.bind({ port, ...(host === '' ? {} : { address: host }) }, () => {
        isBound = true;
        resolve(new AnswerPort(socket));
      });
    });
  }

  close(): void {
    this.#socket.close();
  }
}
