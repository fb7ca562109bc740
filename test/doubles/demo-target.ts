/** A replica of raft-demo's kvstore whose answers come as a test wishes: late, twice, never. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { DemoCommand } from '../../src/wire/dialects/raft-demo-command.ts';
import { demoAnswer } from '../../src/wire/dialects/raft-demo-entry.ts';
import { type DemoGeneration, DemoStream } from '../../src/wire/dialects/raft-demo-stream.ts';

export interface DemoTargetInit {
  /** How many milliseconds later each copy of the answer leaves; none: it is lost. */
  readonly fate?: (command: DemoCommand) => readonly number[];
  /** It does not lead: of text it answers gets only, of datagrams nothing. */
  readonly follows?: boolean;
  /** What it says instead of the answer of its protocol, on the connection. */
  readonly says?: string;
  /** Answers on connections leave byte by byte. */
  readonly cuts?: boolean;
  /** It accepts connections and reads nothing. */
  readonly standsStill?: boolean;
}

export class DemoTarget {
  readonly #init: DemoTargetInit;
  readonly #server: Server;
  readonly #udp: UdpSocket;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly values = new Map<string, string>();
  readonly seen: { readonly generation: DemoGeneration; readonly command: DemoCommand }[] = [];
  connections = 0;

  private constructor(init: DemoTargetInit) {
    this.#init = init;
    this.#udp = createSocket('udp4');
    const options = { noDelay: true, pauseOnConnect: init.standsStill === true };
    this.#server = createServer(options, (socket) => this.#serve(socket));
  }

  static async open(init: DemoTargetInit = {}): Promise<DemoTarget> {
    const target = new DemoTarget(init);
    target.#server.listen(0, '127.0.0.1');
    await once(target.#server, 'listening');
    return target;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** UDP ports that requests have named. */
  get ports(): ReadonlySet<string> {
    return new Set(this.seen.map(({ command }) => command.ip));
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#udp.close();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    const stream = new DemoStream();
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    if (this.#init.standsStill === true) return;
    socket.on('data', (bytes) => {
      stream.push(bytes);
      for (let next = stream.next(); next !== null; next = stream.next()) {
        if (next.type === 'command') this.#act(socket, next.generation, next.command);
      }
    });
  }

  #act(socket: Socket, generation: DemoGeneration, command: DemoCommand): void {
    const { follows = false, says, fate = () => [0] } = this.#init;
    this.seen.push({ generation, command });
    if (says !== undefined) {
      socket.write(says);
      return;
    }
    if (follows && (generation !== 'A' || command.op !== 'get')) return;
    if (command.op === 'set') this.values.set(command.key, command.value);
    const value = command.op === 'get' ? (this.values.get(command.key) ?? '') : null;
    const answer = demoAnswer(generation, command, value);
    for (const ms of fate(command)) {
      this.#later(ms, () => {
        if (generation === 'A') this.#write(socket, answer);
        else this.#udp.send(Buffer.from(answer, 'latin1'), Number(command.ip), '127.0.0.1');
      });
    }
  }

  #write(socket: Socket, answer: string): void {
    const size = this.#init.cuts === true ? 1 : answer.length;
    socket.write(answer.slice(0, size), 'latin1');
    if (size < answer.length) this.#later(1, () => this.#write(socket, answer.slice(size)));
  }

  #later(ms: number, task: () => void): void {
    if (ms === 0) {
      task();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      task();
    }, ms);
    this.#timers.add(timer);
  }
}
