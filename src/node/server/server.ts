/**
 * The client port: one listener for every dialect. A connection's first bytes decide what it
 * speaks; RESP is served by RespConnection, HTTP by HttpDialect. What both share (the turn's
 * ReadIndex round, one reply write a connection and turn) is in turns.ts.
 */
import type { Server, Socket } from 'node:net';
import { type Bytes, concatBytes, NO_BYTES } from '../../std/bytes.ts';
import type { Log } from '../../std/log.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';
import type { Security } from '../../wire/security.ts';
import type { NodeStatus } from '../../wire/status.ts';
import type { ReplicaFrontDoor } from '../replica/contract.ts';
import { type ChatDialect, chatDialectOf, isCurrentBy } from './chat.ts';
import { DemoDialect } from './demo.ts';
import { createDoor, listenAt } from './door.ts';
import { forkCommands } from './fork-commands.ts';
import { Gate, isCertified } from './gate.ts';
import { HttpDialect } from './http.ts';
import type { HttpContext } from './http-exchange.ts';
import { KeyRoutes } from './http-key-routes.ts';
import { hostOf } from './http-origin.ts';
import { SERVER_LIMITS, type ServerLimits } from './limits.ts';
import type { MemberDesk } from './member-desk.ts';
import { pinnedDialect, routesOf } from './pinned-routes.ts';
import { findCommand } from './resp-commands.ts';
import { RespConnection } from './resp-connection.ts';
import type { RespContext } from './resp-context.ts';
import type { ServerCounters } from './resp-session.ts';
import { type Dialect, sniffDialect } from './sniff.ts';
import { Turns } from './turns.ts';

export interface ServerComponents {
  readonly replica: ReplicaFrontDoor;
  readonly log: Log;
  /** For INFO and GET /status; asked only when a client asks. */
  status(): NodeStatus;
  /** Whether another node leads, as far as this one knows. Without a leader: no. */
  isFollower(): boolean;
  isLeader(): boolean;
  /** An entry of the log in words; null: there is none. */
  logLine?(index: number, done: (line: string | null) => void): void;
  readonly members?: MemberDesk;
}

export interface ServerInit {
  /** `host:port`; port 0 takes a free one. */
  readonly listenAddress: string;
  /** What the port speaks; left out, every connection may choose. */
  readonly pinned?: ClientPortConfig;
  /** Addresses of the node and its cluster: names that HTTP clients may call it by. */
  readonly addresses?: readonly string[];
  readonly limits?: Partial<ServerLimits>;
  /** Left out: plain TCP, and everybody may do everything. */
  readonly security?: Security | undefined;
}

export interface ClientServer {
  /** `host:port` that is listened on. */
  readonly address: string;
  readonly connections: number;
  readonly counters: Readonly<ServerCounters>;
  /** Takes no new commands, answers those at work, closes. Call before the replica is stopped. */
  close(): Promise<void>;
}

/**
 * Listens for clients; afterwards the port answers.
 *
 * @throws {RaftctlError} ADDRESS_IN_USE when another process listens there, CONFIG_INVALID when
 *   the address cannot be listened on.
 */
export async function createServer(
  components: ServerComponents,
  init: ServerInit,
): Promise<ClientServer> {
  const port = new ClientPort(components, init);
  await port.listen(init.listenAddress);
  return port;
}

class ClientPort implements ClientServer {
  readonly #log: Log;
  readonly #limits: ServerLimits;
  readonly #context: RespContext;
  readonly #turns: Turns;
  readonly #http: HttpDialect;
  readonly #demo: DemoDialect;
  /** What a first line is that says nothing else. */
  readonly #usual: 'resp' | 'demo';
  /** Of a chatroom's port; null: it is none. */
  readonly #chat: ChatDialect | null;
  /** What every connection speaks; null: its first bytes tell. */
  readonly #pinned: Dialect | null;
  /** Null: there is nothing to prove. */
  readonly #gate: Gate | null;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<RespConnection>();
  readonly #sniffing = new Map<Socket, number>();
  readonly #sweeper: NodeJS.Timeout;
  readonly counters: ServerCounters = { commands: 0, connections: 0, rejectedConnections: 0 };
  #unparsedBytes = 0;
  #closing = false;
  address = '';

  constructor(components: ServerComponents, init: ServerInit) {
    const { replica, log } = components;
    const limits = { ...SERVER_LIMITS, ...init.limits };
    const turns = new Turns(replica);
    const status = (): NodeStatus => components.status();
    this.#log = log;
    this.#limits = limits;
    this.#turns = turns;
    this.#context = {
      replica,
      turns,
      limits,
      find:
        init.pinned?.dialect === 'fork-redis'
          ? forkCommands(init.pinned.strict === true)
          : findCommand,
      facts: {
        log,
        counters: this.counters,
        maxClients: limits.connections,
        status,
        isFollower: () => components.isFollower(),
        sessions: () => [...this.#sessions].map(({ client }) => client),
      },
      unparsed: (changeBytes) => {
        this.#unparsedBytes += changeBytes;
        return changeBytes <= 0 || this.#unparsedBytes <= limits.unparsedBytesMax;
      },
    };
    const hosts = new Set([init.listenAddress, ...(init.addresses ?? [])].map(hostOf));
    const isFollower = (): boolean => components.isFollower();
    const logLine: HttpContext['logLine'] = (index, done) => {
      if (components.logLine === undefined) done(null);
      else components.logLine(index, done);
    };
    const { pinned = null } = init;
    const gate = init.security === undefined ? null : new Gate(init.security);
    this.#gate = gate;
    this.#pinned = pinned === null ? null : pinnedDialect(pinned);
    const routes = pinned === null ? new KeyRoutes() : routesOf(pinned);
    this.#http = new HttpDialect(
      {
        ...{ replica, turns, limits, hosts, status, isFollower, logLine, gate },
        members: components.members,
      },
      routes,
    );
    this.#usual = pinned?.dialect === 'raft-demo' ? 'demo' : 'resp';
    const isLeader = (): boolean => components.isLeader();
    const counted = (): void => {
      this.counters.commands += 1;
    };
    this.#demo = new DemoDialect({ replica, turns, limits, isFollower, isLeader, counted }, pinned);
    const isCurrent = (): boolean => isCurrentBy(status());
    this.#chat = chatDialectOf({ replica, turns, isLeader, isCurrent, counted }, pinned);
    const onSocket = (socket: Socket): void => this.#accept(socket);
    this.#server = createDoor({ limits, log, security: init.security, onSocket });
    replica.onRoom(() => this.#room());
    this.#sweeper = setInterval(() => this.#sweep(), limits.sweepMs);
    this.#sweeper.unref();
  }

  get connections(): number {
    return this.#sockets.size;
  }

  async listen(listenAddress: string): Promise<void> {
    try {
      this.address = await listenAt(this.#server, listenAddress, this.#log);
    } catch (error) {
      clearInterval(this.#sweeper);
      this.#http.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const session of this.#sessions) session.stop();
    this.#demo.stop();
    for (const socket of this.#sniffing.keys()) socket.destroy();
    this.#http.close();
    this.#chat?.close();
    const impatience = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, this.#limits.drainMs);
    await stopped;
    clearTimeout(impatience);
    clearInterval(this.#sweeper);
    this.#demo.close();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    this.counters.connections += 1;
    // Now: others may come before it says its first word.
    const id = this.counters.connections;
    if (this.#sockets.size >= this.#limits.connections || this.#closing) {
      this.counters.rejectedConnections += 1;
      socket.end('-ERR max number of clients reached\r\n', () => socket.destroy());
      return;
    }
    this.#sockets.add(socket);
    this.#gate?.watch(socket, this.#limits.headerMs);
    if (this.#pinned !== null) {
      socket.on('close', () => this.#sockets.delete(socket));
      this.#serve(socket, id, this.#pinned, NO_BYTES);
      return;
    }
    this.#sniffing.set(socket, Date.now());
    let first: Bytes | null = null;
    const sniff = (chunk: Bytes): void => {
      first = first === null ? chunk : concatBytes([first, chunk]);
      const dialect = sniffDialect(first, this.#usual);
      if (dialect === null) return;
      socket.removeListener('data', sniff);
      socket.removeListener('end', ended);
      this.#sniffing.delete(socket);
      this.#serve(socket, id, dialect, first);
    };
    const ended = (): void => {
      socket.destroy();
    };
    socket.on('data', sniff);
    socket.on('end', ended);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#sniffing.delete(socket);
    });
  }

  #serve(socket: Socket, id: number, dialect: Dialect, first: Bytes): void {
    if (dialect === 'resp') {
      const context = this.#gate?.guarded(this.#context, socket) ?? this.#context;
      const session = new RespConnection(socket, id, context);
      this.#sessions.add(session);
      socket.on('close', () => this.#sessions.delete(session));
      if (first.length > 0) session.receive(first);
    } else if (dialect !== 'http' && this.#gate !== null && !isCertified(socket)) {
      const client = socket.remoteAddress;
      this.#log.warn({ client, dialect }, 'Closed a client that shows no certificate');
      socket.destroy();
    } else if (dialect === 'demo') {
      this.#demo.take(socket, first);
    } else if (dialect === 'chat') {
      this.#chat?.take(socket);
    } else if (dialect === 'http') {
      if (first.length === 0) {
        this.#http.take(socket);
        return;
      }
      socket.pause();
      socket.unshift(first);
      this.#http.take(socket);
      socket.resume();
    } else {
      this.#log.warn(
        { client: socket.remoteAddress },
        'Closed a TLS client: this port is plain TCP',
      );
      socket.destroy();
    }
  }

  #room(): void {
    // Within the replica's callback: start nothing yet.
    for (const session of this.#sessions) session.room();
    this.#demo.room();
    this.#turns.atEnd(() => {
      this.#http.room();
      this.#chat?.room();
    });
    this.#turns.planFlush();
  }

  #sweep(): void {
    const nowMs = Date.now();
    for (const session of this.#sessions) session.sweep(nowMs);
    this.#demo.sweep(nowMs);
    for (const [socket, sinceMs] of this.#sniffing) {
      // Silence is no offence; a first line that does not end is.
      if (socket.bytesRead > 0 && nowMs - sinceMs > this.#limits.headerMs) socket.destroy();
    }
    this.#http.sweep(nowMs);
  }
}
