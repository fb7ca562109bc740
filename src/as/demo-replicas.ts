/**
 * A client of raft-demo: one connection to every replica, and a port for datagrams. What is asked
 * goes to all of them; one answers. A replica that is not there is tried again.
 */
import { AnswerPort } from '../client/answer-port.ts';
import { ReplicaLinks } from '../client/replica-links.ts';
import { RaftctlError } from '../std/errors.ts';
import type { DemoConfig } from './demo-config.ts';

const CONNECT_MS = 3000;

export type DemoReplicasInit = Pick<DemoConfig, 'addresses' | 'localip' | 'from'> & {
  readonly udpport: number;
};

export class DemoReplicas {
  readonly #init: DemoReplicasInit;
  readonly #links: ReplicaLinks;
  #port: AnswerPort | null = null;
  #waiting: ((answer: string | null) => void) | null = null;

  private constructor(init: DemoReplicasInit) {
    const { addresses, from } = init;
    this.#init = init;
    this.#links = new ReplicaLinks({
      ...{ addresses, from, connectMs: CONNECT_MS },
      // What is no command at all is told here, by every replica.
      onBytes: (chunk) => this.#answered(chunk.toString('latin1')),
    });
  }

  /** @throws {RaftctlError} ADDRESS_IN_USE, UNREACHABLE when no replica answers. */
  static async open(init: DemoReplicasInit): Promise<DemoReplicas> {
    const replicas = new DemoReplicas(init);
    try {
      await replicas.#bind();
      const tried = await replicas.#links.open();
      if (tried.includes(null)) return replicas;
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
      this.#links.write(Buffer.from(message, 'latin1'));
    });
  }

  close(): void {
    this.#links.close();
    this.#port?.close();
  }

  #answered(answer: string | null): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(answer);
  }

  async #bind(): Promise<void> {
    const { localip, udpport } = this.#init;
    try {
      this.#port = await AnswerPort.open({
        ...{ host: localip, port: udpport },
        onDatagram: (datagram) => this.#answered(datagram.toString('latin1')),
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `Cannot await answers on UDP port ${udpport}: ${reason}`;
      throw new RaftctlError('ADDRESS_IN_USE', { message, cause });
    }
  }
}
