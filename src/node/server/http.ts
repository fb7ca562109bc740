/**
 * The HTTP dialect: hraftd's routes. A 2xx leaves only after the command was committed and applied
 * here, reads are linearizable, and one POST is one command, whatever number of pairs it has.
 *
 * ```
 *   GET /key/<k>      200 {"<k>":"<v>"}, {"<k>":""} when there is no such key
 *   POST /key         200; body: a JSON object of strings, set together
 *   DELETE /key/<k>   200, also when there is no such key
 *   GET /status       200 {"me":{..},"leader":{..},"followers":[..]}
 * ```
 * Keys and values are UTF-8 here and kept as their bytes, so RESP clients see the same.
 */
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { type Bytes, concatBytes } from '../../std/bytes.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KV_OP, KvError } from '../../wire/apps/kvstore.ts';
import type { NodeStatus } from '../../wire/status.ts';
import type { Outcome, ProposalWaiter, ReadWaiter, ReplicaFrontDoor } from '../replica/contract.ts';
import { refusesOrigin } from './http-origin.ts';
import { sendError, sendMethodRefused, sendText, sendTooLarge } from './http-reply.ts';
import { jsonOfPair, keyOfPath, pairsOfBody, statusBody } from './http-text.ts';
import type { ServerLimits } from './limits.ts';
import { REFUSALS } from './outcomes.ts';
import type { Turns } from './turns.ts';

export interface HttpContext {
  readonly replica: ReplicaFrontDoor;
  readonly turns: Turns;
  readonly limits: ServerLimits;
  /** Hosts this node may be called by, besides loopback. */
  readonly hosts: ReadonlySet<string>;
  status(): NodeStatus;
}

/** A request that waits for the replica: the response leaves at the end of the turn. */
class HttpWaiter implements ProposalWaiter, ReadWaiter {
  readonly #turns: Turns;
  readonly #response: ServerResponse;
  /** The key of a read, in latin1. */
  readonly #key: string | null;
  readonly #replica: ReplicaFrontDoor;

  constructor(context: HttpContext, response: ServerResponse, key: string | null) {
    this.#turns = context.turns;
    this.#replica = context.replica;
    this.#response = response;
    this.#key = key;
  }

  settle(outcome: Outcome, answer: unknown): void {
    this.#answerAtEnd(outcome, () => {
      if (answer instanceof KvError) sendError(this.#response, 500, 'REQUEST_REFUSED', answer.text);
      else sendText(this.#response, 200, '');
    });
  }

  readReady(outcome: Outcome): void {
    const key = this.#key as string;
    const value = outcome === 'ok' ? this.#replica.query(key) : null;
    this.#answerAtEnd(outcome, () => {
      sendText(this.#response, 200, jsonOfPair(key, typeof value === 'string' ? value : ''));
    });
  }

  #answerAtEnd(outcome: Outcome, answer: () => void): void {
    this.#turns.atEnd(() => {
      if (this.#response.destroyed) return;
      if (outcome === 'ok') {
        answer();
        return;
      }
      const { httpStatus, httpCode, text } = REFUSALS[outcome];
      sendError(this.#response, httpStatus, httpCode, text);
    });
  }
}

/** Requests a client may send ahead of its answers. */
const PIPELINED_MAX = 1000;

/** Speaks HTTP on sockets that are handed over; listens on nothing itself. */
export class HttpDialect {
  readonly #context: HttpContext;
  readonly #server: Server;
  readonly #encoder = new KvEncoder();
  /** Pipelined requests waiting for the one before them; the key is there while one is at work. */
  readonly #behind = new WeakMap<Socket, (() => void)[]>();
  /** Requests that wait for the replica to have room, with the time they came. */
  #waiting: {
    readonly start: () => void;
    readonly refuse: () => void;
    readonly sinceMs: number;
  }[] = [];

  constructor(context: HttpContext) {
    this.#context = context;
    const { limits } = context;
    this.#server = createHttpServer(
      {
        headersTimeout: limits.headerMs,
        requestTimeout: limits.requestMs,
        connectionsCheckingInterval: limits.sweepMs,
        keepAliveTimeout: 0,
        noDelay: true,
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
    if (this.#refuseBody(request, response)) return;
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    if (path === '/status') this.#status(request, response);
    else if (path === '/key' || path.startsWith('/key/')) this.#key(request, response, path);
    else sendText(response, 404, '');
  }

  #status(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'GET') {
      sendMethodRefused(response, 'GET');
      return;
    }
    sendText(response, 200, statusBody(this.#context.status()), 'application/json');
  }

  #key(request: IncomingMessage, response: ServerResponse, path: string): void {
    const { method } = request;
    if (method === 'POST') {
      this.#collect(request, response);
      return;
    }
    if (method !== 'GET' && method !== 'DELETE') {
      sendMethodRefused(response, 'GET, POST, DELETE');
      return;
    }
    const key = keyOfPath(path);
    if (key === null) {
      // hraftd answers a GET without a key with an empty pair.
      sendText(response, 400, method === 'GET' ? '{"":""}' : '');
      return;
    }
    if (method === 'GET') {
      this.#context.turns.read(new HttpWaiter(this.#context, response, key));
      return;
    }
    this.#propose(response, () => {
      this.#encoder.begin(KV_OP.del);
      this.#encoder.fieldText(key);
    });
  }

  #collect(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Bytes[] = [];
    let size = 0;
    request.on('data', (chunk: Bytes) => {
      size += chunk.length;
      if (size > this.#context.limits.httpBodyBytes) {
        if (!response.headersSent) sendTooLarge(request, response, this.#context.limits);
        chunks.length = 0;
      } else {
        chunks.push(chunk);
      }
    });
    request.on('end', () => {
      if (!response.writableEnded) this.#set(response, concatBytes(chunks));
    });
  }

  #set(response: ServerResponse, body: Bytes): void {
    const pairs = pairsOfBody(body);
    if (pairs === null) {
      sendText(response, 400, '');
      return;
    }
    if (pairs.length === 0) {
      sendText(response, 200, '');
      return;
    }
    this.#propose(response, () => {
      this.#encoder.begin(KV_OP.mset);
      for (const [key, value] of pairs) {
        this.#encoder.fieldText(key);
        this.#encoder.fieldText(value);
      }
    });
  }

  /** Proposes what `encode` encodes, once the replica has room. */
  #propose(response: ServerResponse, encode: () => void): void {
    const { replica } = this.#context;
    const start = (): void => {
      if (response.destroyed) return;
      encode();
      replica.propose(this.#encoder.view(), new HttpWaiter(this.#context, response, null));
    };
    if (!replica.full) {
      start();
      return;
    }
    const { httpStatus, httpCode, text } = REFUSALS.busy;
    const refuse = (): void => sendError(response, httpStatus, httpCode, text);
    this.#waiting.push({ start, refuse, sinceMs: Date.now() });
  }

  /** Refuses a body that announces itself as too large. @returns whether it did. */
  #refuseBody(request: IncomingMessage, response: ServerResponse): boolean {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced <= this.#context.limits.httpBodyBytes) return false;
    sendTooLarge(request, response, this.#context.limits);
    return true;
  }
}
