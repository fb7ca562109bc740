/**
 * A client of raft-demo: one connection to every replica, and a port for datagrams. What is asked
 * goes to all of them; one answers. A replica that is not there is tried again.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, isIPv6, type Socket } from 'node:net';
import { splitAddress } from '../client/address.ts';
import { RaftctlError } from '../std/errors.ts';
import type { DemoConfig } from './demo-config.ts';

const RETRY_MS = 200;
const CONNECT_MS = 3000;

export type DemoReplicasInit = Pick<DemoConfig, 'addresses' | 'localip' | 'from'> & {
  readonly udpport: number;
};

export class DemoReplicas {
  readonly #init: DemoReplicasInit;
  readonly #udp: UdpSocket;
  readonly #sockets = new Map<string, Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #waiting: ((answer: string | null) => void) | null = null;
  #closed = false;

  private constructor(init: DemoReplicasInit) {
    this.#init = init;
    this.#udp = createSocket(isIPv6(init.localip) ? 'udp6' : 'udp4');
  }

  /** @throws {RaftctlError} ADDRESS_IN_USE, UNREACHABLE when no replica answers. */
  static async open(init: DemoReplicasInit): Promise<DemoReplicas> {
    const replicas = new DemoReplicas(init);
    try {
      await replicas.#bind();
      const opened = init.addresses.map((address) => replicas.#connect(address));
      const reached = await Promise.all(opened);
      if (reached.some(Boolean)) return replicas;
    } catch (error) {
      replicas.close();
      throw error;
    }
    replicas.close();
    throw new RaftctlError('UNREACHABLE', {
      message: `Cannot reach any replica: ${init.addresses.join(', ')}`,
      hint: 'Are they started? The addresses are svrIps of the configuration',
    });
  }

  /** Sends it to all replicas. @returns the answer (latin1); null: there was none in time. */
  ask(message: string, timeoutMs: number): Promise<string | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answered(null), timeoutMs);
      this.#waiting = (answer) => {
        clearTimeout(timer);
        resolve(answer);
      };
      for (const socket of this.#sockets.values()) socket.write(message, 'latin1');
    });
  }

  close(): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets.values()) socket.destroy();
    this.#udp.close();
  }

  #answered(answer: string | null): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(answer);
  }

  #bind(): Promise<void> {
    const { localip, udpport } = this.#init;
    return new Promise((resolve, reject) => {
      this.#udp.once('error', (cause) => {
        const message = `Cannot await answers on UDP port ${udpport}: ${cause.message}`;
        reject(new RaftctlError('ADDRESS_IN_USE', { message, cause }));
      });
      this.#udp.on('message', (datagram) => this.#answered(datagram.toString('latin1')));
      const done = (): void => resolve();
      if (localip === '') this.#udp.bind(udpport, done);
      else this.#udp.bind(udpport, localip, done);
    });
  }

  /** @returns whether it is there; if not, it is tried again in the background. */
  #connect(address: string): Promise<boolean> {
    const { from } = this.#init;
    const to = { ...splitAddress(address), ...(from === undefined ? {} : { localAddress: from }) };
    return new Promise((resolve) => {
      const socket = connect({ ...to, noDelay: true, timeout: CONNECT_MS });
      socket.on('connect', () => {
        socket.setTimeout(0);
        this.#sockets.set(address, socket);
        resolve(true);
      });
      // What is no command at all is told here, by every replica.
      socket.on('data', (chunk: Buffer) => this.#answered(chunk.toString('latin1')));
      socket.on('timeout', () => socket.destroy());
      socket.on('error', () => {});
      socket.on('close', () => {
        this.#sockets.delete(address);
        resolve(false);
        if (!this.#closed) this.#later(() => void this.#connect(address));
      });
    });
  }

  #later(task: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#closed) task();
    }, RETRY_MS);
    this.#timers.add(timer);
  }
}
