/**
 * HTTP on the client port: takes over connections, keeps the requests of each in order and gives
 * them to the port's routes (http-key-routes.ts, or those of an older system).
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { type HttpContext, HttpExchange, type HttpRoutes } from './http-exchange.ts';
import { refusesOrigin } from './http-origin.ts';
import { sendError, sendTooLarge } from './http-reply.ts';

/** Requests a client may send ahead of its answers. */
const PIPELINED_MAX = 1000;

/** Speaks HTTP on sockets that are handed over; listens on nothing itself. */
export class HttpDialect {
  readonly #context: HttpContext;
  readonly #routes: HttpRoutes;
  readonly #server: Server;
  /** Pipelined requests waiting for the one before them; the key is there while one is at work. */
  readonly #behind = new WeakMap<Socket, (() => void)[]>();
  /** Requests that wait for the replica to have room, with the time they came. */
  #waiting: {
    readonly start: () => void;
    readonly refuse: () => void;
    readonly sinceMs: number;
  }[] = [];

  constructor(context: HttpContext, routes: HttpRoutes) {
    this.#context = context;
    this.#routes = routes;
    const { limits } = context;
    this.#server = createHttpServer(
      {
        headersTimeout: limits.headerMs,
        requestTimeout: limits.requestMs,
        connectionsCheckingInterval: limits.sweepMs,
        keepAliveTimeout: 0,
        noDelay: true,
        ...(routes.headerBytesMax === undefined ? {} : { maxHeaderSize: routes.headerBytesMax }),
      },
      (request, response) => this.#queue(request, response),
    );
    this.#server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      if (!this.#refuseBody(request, response)) response.writeContinue();
      this.#queue(request, response);
    });
    // Node starts its watch over slow headers when its own server listens; this one never does.
    this.#server.emit('listening');
  }

  /** Takes over a connection whose first bytes were put back. */
  take(socket: Socket): void {
    this.#server.emit('connection', socket);
  }

  /** The replica has room again. */
  room(): void {
    while (this.#waiting.length > 0 && !this.#context.replica.full) this.#waiting.shift()?.start();
  }

  sweep(nowMs: number): void {
    while (this.#waiting.length > 0) {
      const first = this.#waiting[0];
      if (first === undefined || nowMs - first.sinceMs < this.#context.limits.fullMs) return;
      this.#waiting.shift();
      first.refuse();
    }
  }

  /** Ends idle connections; those at work end after their answer. */
  close(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /**
   * Starts a request when the one before it on its connection is answered. Node orders the answers
   * of pipelined requests only; a read must see the writes before it and none behind it.
   */
  #queue(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const behind = this.#behind.get(socket);
    if (behind !== undefined && behind.length >= PIPELINED_MAX) {
      socket.destroy();
      return;
    }
    response.on('close', () => {
      const next = this.#behind.get(socket)?.shift();
      if (next === undefined) this.#behind.delete(socket);
      else next();
    });
    if (behind === undefined) {
      this.#behind.set(socket, []);
      this.#route(request, response);
    } else {
      behind.push(() => this.#route(request, response));
    }
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    if (response.writableEnded || response.destroyed) return;
    request.on('error', () => response.destroy());
    const refusal = refusesOrigin(request, this.#context.hosts);
    if (refusal !== null) {
      sendError(response, 403, 'REQUEST_REFUSED', refusal);
      return;
    }
    if (this.#refuseBody(request, response) || this.#refuseStranger(request, response)) return;
    this.#routes.route(new HttpExchange(this.#context, this, { request, response }));
  }

  /** Starts at once when the replica has room, else as soon as it has; after a while, refuses. */
  whenRoom(start: () => void, refuse: () => void): void {
    if (this.#context.replica.full) this.#waiting.push({ start, refuse, sinceMs: Date.now() });
    else start();
  }

  /** @returns whether it did. */
  #refuseStranger(request: IncomingMessage, response: ServerResponse): boolean {
    const { gate } = this.#context;
    if (gate === null) return false;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const refused = gate.refusal(request, isRead ? 'client-read' : 'client');
    if (refused === null) return false;
    request.resume();
    if (refused === 'nobody') {
      response.setHeader('WWW-Authenticate', 'Bearer realm="raftctl"');
      sendError(response, 401, 'UNAUTHORIZED', 'this port wants a bearer token');
    } else {
      sendError(response, 403, 'UNAUTHORIZED', 'this token may only read');
    }
    return true;
  }

  /** Refuses a body that announces itself as too large. @returns whether it did. */
  #refuseBody(request: IncomingMessage, response: ServerResponse): boolean {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced <= this.#context.limits.httpBodyBytes) return false;
    sendTooLarge(request, response, this.#context.limits);
    return true;
  }
}
