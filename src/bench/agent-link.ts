/** A bench's connection to one agent: who it is, how its clock runs, what it says. */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { splitAddress } from '../client/address.ts';
import { RaftctlError } from '../std/errors.ts';
import {
  AGENT_PROTOCOL,
  type FromAgent,
  type FromBench,
  isSameProof,
  lineOf,
  PING_EVERY_MS,
  proofOf,
  readLines,
  SILENCE_MS_MAX,
} from './agent-wire.ts';

export interface LinkInit {
  readonly address: string;
  readonly token: string;
  /** PEM of the authority that agents are trusted by; null: plain connections. */
  readonly ca: string | null;
  readonly program: string;
}

const NONCE_BYTES = 16;
const ANSWER_MS_MAX = 5000;
const ROUNDS = 15;

type Answer<K extends FromAgent['kind']> = Extract<FromAgent, { kind: K }>;

export class AgentLink {
  readonly address: string;
  readonly #socket: Socket;
  #host = '';
  /** What the agent's clock shows more than this one. */
  #offsetNs = 0n;
  #errorNs = 0;
  readonly #waiting = new Map<string, (message: FromAgent) => void>();
  #onMessage: (message: FromAgent) => void = () => {};
  #onLost: (reason: string) => void = () => {};
  #lostBy: string | null = null;
  #pinger: NodeJS.Timeout | null = null;

  private constructor(address: string, socket: Socket) {
    this.address = address;
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(SILENCE_MS_MAX, () => socket.destroy(new Error('it has fallen silent')));
    let reason = 'its connection ended';
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.once('close', () => {
      if (this.#pinger !== null) clearInterval(this.#pinger);
      this.#lostBy = reason;
      this.#onLost(reason);
    });
    readLines<FromAgent>(socket, (message) => {
      const waiter = this.#waiting.get(message.kind);
      if (waiter === undefined) this.#onMessage(message);
      else waiter(message);
    });
  }

  /** @throws {RaftctlError} UNREACHABLE, UNAUTHORIZED, FORMAT_UNSUPPORTED naming the agent. */
  static async open({ address, token, ca, program }: LinkInit): Promise<AgentLink> {
    const where = splitAddress(address);
    const socket =
      ca === null ? connect(where) : connectTls({ ...where, ca, minVersion: 'TLSv1.2' });
    const link = new AgentLink(address, socket);
    try {
      await link.#meet(token, program);
      await link.#compareClocks();
    } catch (error) {
      link.close();
      throw error;
    }
    let number = ROUNDS;
    link.#pinger = setInterval(() => {
      number += 1;
      link.tell({ kind: 'ping', number });
    }, PING_EVERY_MS);
    return link;
  }

  /** Name of its machine. */
  get host(): string {
    return this.#host;
  }

  /** A moment of this process's clock as the agent's own shows it. */
  timeThere(atNs: bigint): bigint {
    return atNs + this.#offsetNs;
  }

  /** By so much at most that is wrong. */
  get clockErrorMs(): number {
    return this.#errorNs / 1e6;
  }

  /** From now on; what came before is not told again. */
  listen(onMessage: (message: FromAgent) => void, onLost: (reason: string) => void): void {
    this.#onMessage = onMessage;
    this.#onLost = onLost;
    if (this.#lostBy !== null) onLost(this.#lostBy);
  }

  tell(message: FromBench): void {
    if (!this.#socket.destroyed) this.#socket.write(lineOf(message));
  }

  close(): void {
    this.#onLost = () => {};
    this.#socket.destroy();
  }

  async #meet(token: string, program: string): Promise<void> {
    const hello = await this.#next('hello');
    if (hello.protocol !== AGENT_PROTOCOL || hello.program !== program) {
      throw new RaftctlError('FORMAT_UNSUPPORTED', {
        message: `Cannot measure with agent ${this.address}: it is of raftctl ${hello.program}, this is ${program}`,
        hint: 'Run the same version on all machines',
      });
    }
    if (hello.isBusy) {
      throw new RaftctlError('UNREACHABLE', {
        message: `Cannot measure with agent ${this.address}: another bench does`,
        hint: 'Wait for its end, or start a second agent there on another port',
      });
    }
    this.#host = hello.host;
    const numbers = { bench: randomBytes(NONCE_BYTES).toString('hex'), agent: hello.nonce };
    const answer = this.#next('proved');
    this.tell({ kind: 'prove', nonce: numbers.bench, proof: proofOf(token, 'bench', numbers) });
    const isSame = await answer.then(
      ({ proof }) => isSameProof(proof, proofOf(token, 'agent', numbers)),
      () => false,
    );
    if (isSame) return;
    throw new RaftctlError('UNAUTHORIZED', {
      message: `Cannot measure with agent ${this.address}: it has another token`,
      hint: 'Give both the same file: bench agent --token-file, bench --agents-token-file',
    });
  }

  /** The answer that took least time tells most. */
  async #compareClocks(): Promise<void> {
    let bestNs = Number.POSITIVE_INFINITY;
    for (let number = 1; number <= ROUNDS; number += 1) {
      const answer = this.#next('pong');
      const sentNs = process.hrtime.bigint();
      this.tell({ kind: 'ping', number });
      const { atNs } = await answer;
      const tookNs = process.hrtime.bigint() - sentNs;
      if (Number(tookNs) >= bestNs) continue;
      bestNs = Number(tookNs);
      this.#offsetNs = BigInt(atNs) - (sentNs + tookNs / 2n);
      this.#errorNs = bestNs / 2;
    }
  }

  async #next<K extends FromAgent['kind']>(kind: K): Promise<Answer<K>> {
    const timer = new AbortController();
    const answer = new Promise<Answer<K>>((resolve, reject) => {
      this.#waiting.set(kind, (message) => resolve(message as Answer<K>));
      this.#onLost = (reason) => reject(new Error(reason));
    });
    const late = sleep(ANSWER_MS_MAX, undefined, { signal: timer.signal }).then(() => {
      throw new Error('it does not answer');
    });
    late.catch(() => {});
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      throw unreachable(this.address, error instanceof Error ? error.message : String(error));
    } finally {
      timer.abort();
      this.#waiting.delete(kind);
    }
  }
}

function unreachable(address: string, reason: string): RaftctlError {
  return new RaftctlError('UNREACHABLE', {
    message: `Cannot measure with agent ${address}: ${reason}`,
    hint: 'Start it there: raftctl bench agent --listen HOST:PORT --token-file FILE',
  });
}
