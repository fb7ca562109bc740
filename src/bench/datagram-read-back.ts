/** Reads key after key of all targets at once, one at a time; answers come by UDP. */
import { AnswerPort } from '../client/answer-port.ts';
import { ReplicaLinks } from '../client/replica-links.ts';
import { putPort, putRequest, type ReplyKind, type Template } from './drivers/driver.ts';
import { driverOf } from './drivers/drivers.ts';
import {
  type KeyAnswer,
  type KeyReader,
  keyName,
  type ReadBackInit,
  readTemplate,
  stampIn,
} from './read-back.ts';

/** Questions without an answer whose port is kept. */
const GIVEN_UP_MAX = 32;

export class DatagramReadBack implements KeyReader {
  readonly #init: Omit<ReadBackInit, 'first'>;
  readonly #template: Template;
  readonly #scanner;
  #links: ReplicaLinks | null = null;
  #port: AnswerPort | null = null;
  /**
   * Where a late answer may come, to a question that was given up, the newest last: the system is
   * not to hand the port out again at once.
   */
  readonly #givenUp: AnswerPort[] = [];
  #answered: (datagram: Buffer | null) => void = () => {};

  constructor(init: Omit<ReadBackInit, 'first'>) {
    const { workload, targets } = init;
    this.#init = init;
    this.#template = readTemplate(workload, targets[0]?.address ?? '');
    this.#scanner = driverOf(workload.driver).createScanner();
  }

  nameOf(key: number): string {
    return keyName(this.#init.workload, key);
  }

  async read(key: number): Promise<KeyAnswer | null> {
    const links = await this.#connected();
    const port = links === null ? null : await this.#openPort(links).catch(() => null);
    if (links === null || port === null) return null;
    const request = Buffer.alloc(this.#template.bytes.length);
    putRequest(request, 0, this.#template, key);
    putPort(request, this.#template.portAt ?? 0, port.number);
    const datagram = await this.#ask(links, request);
    const kind = datagram === null ? null : this.#kindOf(datagram);
    if (datagram === null || kind === null) {
      if (this.#givenUp.push(port) > GIVEN_UP_MAX) this.#givenUp.shift()?.close();
      this.#port = null;
      return null;
    }
    const text = datagram.toString('latin1');
    return { kind, stamp: stampIn(text, this.#init.mark), text };
  }

  close(): void {
    this.#links?.close();
    this.#port?.close();
    for (const port of this.#givenUp.splice(0)) port.close();
    this.#links = null;
    this.#port = null;
  }

  async #connected(): Promise<ReplicaLinks | null> {
    if (this.#links !== null) return this.#links;
    const { targets, workload } = this.#init;
    const links = new ReplicaLinks({
      addresses: targets.map(({ address }) => address),
      connectMs: workload.timeoutMs,
      onBytes: () => this.#answered(null),
    });
    const tried = await links.open();
    if (tried.includes(null)) {
      this.#links = links;
      return links;
    }
    links.close();
    return null;
  }

  async #openPort(links: ReplicaLinks): Promise<AnswerPort> {
    if (this.#port !== null) return this.#port;
    const port: AnswerPort = await AnswerPort.open({
      host: links.ownAddress,
      // What comes late, to a port that was given up, answers nothing that is asked now.
      onDatagram: (datagram) => {
        if (port === this.#port) this.#answered(datagram);
      },
    });
    this.#port = port;
    return port;
  }

  #ask(links: ReplicaLinks, request: Buffer): Promise<Buffer | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answered(null), this.#init.workload.timeoutMs);
      this.#answered = (datagram) => {
        clearTimeout(timer);
        this.#answered = () => {};
        resolve(datagram);
      };
      links.write(request);
    });
  }

  #kindOf(datagram: Buffer): ReplyKind | null {
    let found: ReplyKind | null = null;
    const onReply = (kind: ReplyKind): void => {
      found = kind;
    };
    return this.#scanner.push(datagram, datagram.length, { awaits: 'read', onReply })
      ? found
      : null;
  }
}
