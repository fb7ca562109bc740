/** `raftctl bench agent`: makes load on this machine as a bench on another one says. */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { createServer as createTlsServer } from 'node:tls';
import { entrust } from '../client/credentials.ts';
import { parseAddress } from '../std/address.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';
import {
  AGENT_PROTOCOL,
  type FromAgent,
  type FromBench,
  isSameProof,
  lineOf,
  proofOf,
  readLines,
  SILENCE_MS_MAX,
} from './agent-wire.ts';
import { Crew } from './crew.ts';
import type { TimedPart } from './thread-messages.ts';

export interface AgentInit {
  /** Where it listens: `host:port`. */
  readonly address: string;
  readonly token: string;
  /** PEM of certificate and key: everything is encrypted; null: plain. */
  readonly identity: string | null;
  /** The version of the program. */
  readonly program: string;
  /** Tells a person what happens. */
  readonly say: (line: string) => void;
}

const NONCE_BYTES = 16;
/** Connections that have not proved anything yet, and the one that has. */
const CONNECTIONS_MAX = 16;

/** @throws {RaftctlError} USAGE; port 0 is one that the system chooses. */
export function agentAddress(text: string): { readonly host: string; readonly port: number } {
  const address = parseAddress(text);
  if (address !== null) return address;
  throw new RaftctlError('USAGE', {
    message: `Cannot listen on ${JSON.stringify(text)}: it is not HOST:PORT`,
    hint: 'For example 127.0.0.1:13900',
  });
}

export class AgentServer {
  readonly #init: AgentInit;
  readonly #server: Server;
  #session: Session | null = null;
  #lastMs = performance.now();
  runs = 0;

  private constructor(init: AgentInit) {
    this.#init = init;
    const serve = (socket: Socket): void => this.#serve(socket);
    const keys = {
      cert: init.identity ?? '',
      key: init.identity ?? '',
      minVersion: 'TLSv1.2',
    } as const;
    this.#server = init.identity === null ? createServer(serve) : createTlsServer(keys, serve);
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.on('tlsClientError', (_error, socket: Socket) => socket.destroy());
  }

  /** @throws {RaftctlError} ADDRESS_IN_USE */
  static async open(init: AgentInit): Promise<AgentServer> {
    const agent = new AgentServer(init);
    await new Promise<void>((resolve, reject) => {
      agent.#server.once('error', (cause) => {
        const message = `Cannot listen on ${init.address}: ${systemCode(cause) ?? cause.message}`;
        reject(new RaftctlError('ADDRESS_IN_USE', { message, cause }));
      });
      agent.#server.listen(agentAddress(init.address), resolve);
    });
    return agent;
  }

  /** Where it listens, with the port that the system chose if none was named. */
  get address(): string {
    const bound = this.#server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    return `${agentAddress(this.#init.address).host}:${port}`;
  }

  /** How long nobody has measured with it. */
  get idleMs(): number {
    return this.#session === null ? performance.now() - this.#lastMs : 0;
  }

  async close(): Promise<void> {
    await this.#session?.end();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    const session: Session = new Session(socket, {
      ...this.#init,
      isBusy: () => this.#session !== null,
      onProved: () => {
        this.#session = session;
      },
      onEnd: (hasRun) => {
        if (hasRun) this.runs += 1;
        if (this.#session !== session) return;
        this.#session = null;
        this.#lastMs = performance.now();
      },
    });
  }
}

interface SessionInit extends AgentInit {
  readonly isBusy: () => boolean;
  readonly onProved: () => void;
  readonly onEnd: (hasRun: boolean) => void;
}

/** One bench: from its proof until its connection ends, and with that its load. */
class Session {
  readonly #socket: Socket;
  readonly #init: SessionInit;
  readonly #nonce = randomBytes(NONCE_BYTES).toString('hex');
  readonly #from: string;
  #isProved = false;
  #crew: Crew | null = null;
  #hasRun = false;
  #isOver = false;

  constructor(socket: Socket, init: SessionInit) {
    this.#socket = socket;
    this.#init = init;
    this.#from = `${socket.remoteAddress}:${socket.remotePort}`;
    socket.setNoDelay(true);
    // A bench pings every second: one that does not is gone, and so is its load.
    socket.setTimeout(SILENCE_MS_MAX, () => socket.destroy());
    socket.on('error', () => {});
    socket.once('close', () => void this.end());
    readLines<FromBench>(socket, (message) => {
      this.#take(message).catch((error: unknown) => this.#fail(error));
    });
    const isBusy = init.isBusy();
    const { program } = init;
    const about = { protocol: AGENT_PROTOCOL, program, host: hostname(), isBusy };
    this.#tell({ kind: 'hello', ...about, nonce: this.#nonce });
  }

  /** Afterwards nothing of its load is left. */
  async end(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket.destroy();
    const crew = this.#crew;
    await crew?.dismiss();
    if (this.#isProved) this.#init.say(`${this.#from} is gone`);
    this.#init.onEnd(this.#hasRun);
  }

  async #take(message: FromBench): Promise<void> {
    if (message.kind === 'prove') return this.#prove(message);
    if (!this.#isProved) {
      this.#socket.destroy();
      return;
    }
    switch (message.kind) {
      case 'ping':
        return this.#tell({
          ...{ kind: 'pong', number: message.number, atNs: String(process.hrtime.bigint()) },
        });
      case 'plan':
        return this.#muster(message);
      case 'begin':
        return this.#begin(BigInt(message.atNs));
      case 'stop':
        this.#crew?.stop();
    }
  }

  #prove({ nonce, proof }: Extract<FromBench, { kind: 'prove' }>): void {
    const { token, isBusy, onProved, say } = this.#init;
    const numbers = { bench: nonce, agent: this.#nonce };
    if (isBusy() || !isSameProof(proof, proofOf(token, 'bench', numbers))) {
      say(
        `${this.#from} was refused: ${isBusy() ? 'another bench is here' : 'it has another token'}`,
      );
      this.#socket.destroy();
      return;
    }
    this.#isProved = true;
    onProved();
    say(`${this.#from} measures`);
    this.#tell({ kind: 'proved', proof: proofOf(token, 'agent', numbers) });
  }

  async #muster(plan: Extract<FromBench, { kind: 'plan' }>): Promise<void> {
    if (this.#crew !== null) return;
    const { workload, targets, workers, credentials } = plan;
    for (const [at, { address }] of targets.entries()) entrust([address], credentials[at] ?? null);
    const onPart = (part: TimedPart): void => this.#tell({ kind: 'part', part });
    this.#crew = new Crew({ workload, targets, workers, onPart, mark: null });
    await this.#crew.muster();
    this.#tell({ kind: 'ready' });
  }

  async #begin(atNs: bigint): Promise<void> {
    const crew = this.#crew;
    if (crew === null || this.#hasRun) return;
    this.#hasRun = true;
    const before = process.cpuUsage();
    crew.begin(atNs);
    const { ends } = await crew.done;
    const { user, system } = process.cpuUsage(before);
    this.#tell({ kind: 'done', ends, processorUs: user + system });
  }

  #fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#tell({ kind: 'failed', reason });
  }

  #tell(message: FromAgent): void {
    if (!this.#socket.destroyed) this.#socket.write(lineOf(message));
  }
}
