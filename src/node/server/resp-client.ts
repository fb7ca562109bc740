/**
 * A RESP client as its commands see it: who it is, what it agreed on, and the ways of a command to
 * the replica. Between MULTI and EXEC the ways lead into a recording, see resp-transaction.ts.
 */
import type { Socket } from 'node:net';
import type { Bytes } from '../../std/bytes.ts';
import type { KvQuery } from '../../wire/apps/kvstore.ts';
import type { SessionTag } from '../replica/contract.ts';
import type { RespContext } from './resp-context.ts';
import type { RespSession, RespTransaction, ServerFacts } from './resp-session.ts';
import type { RespSlots } from './resp-slots.ts';
import { finishTransaction, Recording } from './resp-transaction.ts';
import { Watch } from './resp-watch.ts';

export class RespClient implements RespSession {
  readonly id: number;
  readonly facts: ServerFacts;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly sinceMs: number;
  name = '';
  libraryName = '';
  libraryVersion = '';
  lastCommand = '';
  transaction: RespTransaction | null = null;
  tag: SessionTag | null = null;
  readonly watch = new Watch();
  /** QUIT was said. */
  ending = false;
  readonly #context: RespContext;
  readonly #slots: RespSlots;
  /** While EXEC runs what was queued. */
  #recording: Recording | null = null;

  constructor(socket: Socket, id: number, context: RespContext, slots: RespSlots) {
    this.id = id;
    this.facts = context.facts;
    this.sinceMs = Date.now();
    this.remoteAddress = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
    this.localAddress = `${socket.localAddress ?? '?'}:${socket.localPort ?? 0}`;
    this.#context = context;
    this.#slots = slots;
  }

  get resp3(): boolean {
    return this.#slots.resp3;
  }

  set resp3(agreed: boolean) {
    this.#slots.resp3 = agreed;
  }

  get clusterTimeMs(): number {
    return this.#context.replica.clusterTimeMs;
  }

  quit(): void {
    this.ending = true;
  }

  read(query: KvQuery): void {
    if (this.#recording === null) this.#slots.read(query);
    else this.#recording.read(query);
  }

  readApart(query: KvQuery, finish: (answer: unknown) => string): void {
    this.#slots.readApart(query, finish);
  }

  propose(command: Bytes): void {
    if (this.#recording === null) this.#slots.propose(command, null, this.tag);
    else this.#recording.propose(command);
  }

  tryOrPropose(command: Bytes): void {
    // What bears a number of its session must be in the log, to be known when it comes again.
    if (this.#recording !== null || this.tag !== null) this.propose(command);
    else this.#slots.tryOrPropose(command, null);
  }

  proposeApart(command: Bytes, finish: (answer: unknown) => string): void {
    this.#slots.propose(command, finish);
  }

  tryOrProposeApart(command: Bytes, finish: (answer: unknown) => string): void {
    this.#slots.tryOrPropose(command, finish);
  }

  execute(transaction: RespTransaction): void {
    const recording = new Recording(this.watch.versions);
    this.#recording = recording;
    transaction.record(this, recording);
    this.#recording = null;
    const { replies } = recording;
    const form = { resp3: this.resp3, bytesMax: this.#context.limits.replyBytesMax };
    const finish = (answer: unknown): string => finishTransaction(replies, answer, form);
    this.#slots.propose(recording.command(), finish, this.tag);
  }

  hold(changeBytes: number): boolean {
    return this.#context.unparsed(changeBytes);
  }

  peek(query: KvQuery): unknown {
    return this.#context.replica.query(query);
  }
}
