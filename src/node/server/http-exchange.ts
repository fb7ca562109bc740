/**
 * One HTTP request and what its routes may do with it: read its body, write through the log, read
 * linearizably, answer. Whatever the replica says is answered at the end of its turn.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Bytes, concatBytes } from '../../std/bytes.ts';
import type { KvQuery } from '../../wire/apps/kvstore.ts';
import { LaterAnswer } from '../../wire/apps/later-answer.ts';
import type { NodeStatus } from '../../wire/status.ts';
import type {
  Outcome,
  ProposalWaiter,
  ReadWaiter,
  ReplicaFrontDoor,
  SessionTag,
} from '../replica/contract.ts';
import type { Gate } from './gate.ts';
import { sendError, sendTooLarge } from './http-reply.ts';
import type { ServerLimits } from './limits.ts';
import type { MemberDesk } from './member-desk.ts';
import { REFUSALS, type Refusal } from './outcomes.ts';
import type { Turns } from './turns.ts';

export interface HttpContext {
  readonly replica: ReplicaFrontDoor;
  readonly turns: Turns;
  readonly limits: ServerLimits;
  /** Hosts this node may be called by, besides loopback. */
  readonly hosts: ReadonlySet<string>;
  status(): NodeStatus;
  /** Whether another node leads, as far as this one knows. Without a leader: no. */
  isFollower(): boolean;
  /** An entry of the log in words; null: there is none. */
  logLine(index: number, done: (line: string | null) => void): void;
  readonly members?: MemberDesk | undefined;
  /** Null: everybody may do everything. */
  readonly gate: Gate | null;
}

/** What answers the requests of a port. */
export interface HttpRoutes {
  /** The longest request line with headers, where Node's own limit is too short. Bytes. */
  readonly headerBytesMax?: number;
  route(exchange: HttpExchange): void;
}

export type Answered = (outcome: Outcome, answer: unknown) => void;

/** Who waits for the replica to have room. */
export interface RoomQueue {
  whenRoom(start: () => void, refuse: () => void): void;
}

/** A request that waits for the replica: the response leaves at the end of the turn. */
class HttpWaiter implements ProposalWaiter, ReadWaiter {
  readonly #context: HttpContext;
  readonly #response: ServerResponse;
  readonly #query: KvQuery | null;
  readonly #done: Answered;

  constructor(init: {
    readonly context: HttpContext;
    readonly response: ServerResponse;
    readonly query: KvQuery | null;
    readonly done: Answered;
  }) {
    this.#context = init.context;
    this.#response = init.response;
    this.#query = init.query;
    this.#done = init.done;
  }

  settle(outcome: Outcome, answer: unknown): void {
    this.#answerAtEnd(outcome, answer);
  }

  readReady(outcome: Outcome): void {
    // Now, and not at the end of the turn, the state is the one that the round is good for.
    const answer = outcome === 'ok' ? this.#context.replica.query(this.#query) : null;
    if (answer instanceof LaterAnswer) answer.whenRead((read) => this.#answer(outcome, read));
    else this.#answerAtEnd(outcome, answer);
  }

  #answerAtEnd(outcome: Outcome, answer: unknown): void {
    this.#context.turns.atEnd(() => this.#answer(outcome, answer));
  }

  #answer(outcome: Outcome, answer: unknown): void {
    if (!this.#response.destroyed) this.#done(outcome, answer);
  }
}

export class HttpExchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** As the client sent it, with escapes and query. */
  readonly target: string;
  readonly path: string;
  /** Behind the `?`; empty when there is none. */
  readonly search: string;
  readonly #context: HttpContext;
  readonly #queue: RoomQueue;

  constructor(
    context: HttpContext,
    queue: RoomQueue,
    http: { readonly request: IncomingMessage; readonly response: ServerResponse },
  ) {
    this.#context = context;
    this.#queue = queue;
    this.request = http.request;
    this.response = http.response;
    this.method = http.request.method ?? 'GET';
    this.target = http.request.url ?? '/';
    const mark = this.target.indexOf('?');
    this.path = mark < 0 ? this.target : this.target.slice(0, mark);
    this.search = mark < 0 ? '' : this.target.slice(mark + 1);
  }

  get status(): NodeStatus {
    return this.#context.status();
  }

  /** Null: members are not changed here. */
  get members(): MemberDesk | null {
    return this.#context.members ?? null;
  }

  /** Without a leader it is none: what is proposed waits a while for one. */
  get isFollower(): boolean {
    return this.#context.isFollower();
  }

  /** In words, why a write is refused here. */
  get notLeading(): string {
    const { leader, members } = this.status;
    const address = members.find((member) => member.id === leader)?.peerAddress;
    return address === undefined ? 'there is no leader' : `not leader, the leader is ${address}`;
  }

  /** Reads the whole body; one that is too long is answered here. */
  body(done: (body: Bytes) => void): void {
    const { request, response } = this;
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
      if (!response.writableEnded) done(concatBytes(chunks));
    });
  }

  /** Proposes what `encode` encodes, once the replica has room. */
  propose(encode: () => Bytes, done: Answered, tag: SessionTag | null = null): void {
    const { response } = this;
    const context = this.#context;
    this.#queue.whenRoom(
      () => {
        if (response.destroyed) return;
        const waiter = new HttpWaiter({ context, response, query: null, done });
        context.replica.propose(encode(), waiter, tag);
      },
      () => done('busy', null),
    );
  }

  /** Proposes and does not wait for what becomes of it. */
  proposeBlindly(encode: () => Bytes): void {
    const { replica } = this.#context;
    this.#queue.whenRoom(
      () => replica.propose(encode(), NOBODY),
      () => {},
    );
  }

  /** A linearizable read. */
  read(query: KvQuery, done: Answered): void {
    const { response } = this;
    const context = this.#context;
    context.turns.read(new HttpWaiter({ context, response, query, done }));
  }

  logLine(index: number, done: (line: string | null) => void): void {
    this.#context.logLine(index, done);
  }

  /** Reads this node's state as it is now: it may be behind. */
  peek(query: KvQuery): unknown {
    return this.#context.replica.query(query);
  }
}

const NOBODY: ProposalWaiter = { settle: () => {} };

/** Says how a request ended that has no answer of the app. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  const { httpStatus, httpCode, text } = REFUSALS[refusal];
  sendError(response, httpStatus, httpCode, text);
}
