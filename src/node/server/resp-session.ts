/** What a RESP command may see and do: the connection it came on and facts about the server. */
import type { Bytes } from '../../std/bytes.ts';
import type { Log } from '../../std/log.ts';
import type { KvQuery } from '../../wire/apps/kvstore.ts';
import type { RespParser } from '../../wire/dialects/resp.ts';
import type { RespValue } from '../../wire/dialects/resp-reply.ts';
import type { NodeStatus } from '../../wire/status.ts';
import type { SessionTag } from '../replica/contract.ts';
import type { Watch } from './resp-watch.ts';

export interface ServerCounters {
  commands: number;
  connections: number;
  rejectedConnections: number;
}

export interface ServerFacts {
  readonly log: Log;
  readonly counters: ServerCounters;
  readonly maxClients: number;
  status(): NodeStatus;
  /** Whether another node leads, as far as this one knows. */
  isFollower(): boolean;
  sessions(): Iterable<RespSession>;
}

/** Commands queued between MULTI and EXEC. */
export interface RespTransaction {
  /** A command was refused while it was queued: EXEC will refuse all. */
  failed: boolean;
  /** What it holds, for the server's account. */
  readonly bytes: number;
  /** Takes a copy of the request. @returns the refusal when it does not fit. */
  add(session: RespSession, command: RespCommand, request: RespRequest): string | null;
  /** Runs the queue; replies that are there at once go to `sink`. */
  record(session: RespSession, sink: { reply(text: string): void }): void;
}

/** One client's connection. */
export interface RespSession {
  readonly id: number;
  readonly facts: ServerFacts;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly sinceMs: number;
  readonly lastCommand: string;
  name: string;
  libraryName: string;
  libraryVersion: string;
  resp3: boolean;
  /** Commands are queued since MULTI; null: they are run. */
  transaction: RespTransaction | null;
  readonly watch: Watch;
  /** Cluster time as this node knows it. */
  readonly clusterTimeMs: number;
  /** Starts a linearizable read; the reply follows in order. */
  read(query: KvQuery): void;
  /** What the next write bears; set by ONCE around the command it wraps. */
  tag: SessionTag | null;
  /** Starts a write (the command is copied); the reply follows in order. */
  propose(command: Bytes): void;
  /** As `propose`, for a write that says 0 when it changed nothing: then it may be no entry. */
  tryOrPropose(command: Bytes): void;
  /** As `propose`; `finish` makes the reply of the app's answer. */
  proposeApart(command: Bytes, finish: (answer: unknown) => string): void;
  /** As `tryOrPropose`, with such a reply. */
  tryOrProposeApart(command: Bytes, finish: (answer: unknown) => string): void;
  /** Reads this node's state as it is now: for information only. */
  peek(query: KvQuery): unknown;
  /** As `read`, by a round of its own; `finish` gets the answer and makes the reply. */
  readApart(query: KvQuery, finish: (answer: unknown) => string): void;
  /** Runs what was queued as one command of the log; the reply follows in order. */
  execute(transaction: RespTransaction): void;
  /** Counts memory this client holds beside its commands. @returns whether it is within the cap. */
  hold(changeBytes: number): boolean;
  /** No further commands; closes after the replies. */
  quit(): void;
}

/** What a command that was started returns instead of its reply. */
export const STARTED: unique symbol = Symbol('started');

export type RespRequest = Pick<
  RespParser,
  'argCount' | 'arg' | 'argSize' | 'bytes' | 'starts' | 'ends'
>;

export interface RespCommand {
  /** In capitals. */
  readonly name: string;
  /** As in Redis: with the name; negative: at least so many. */
  readonly arity: number;
  readonly kind: 'read' | 'write' | 'local';
  /** A write that goes by `tryOrPropose`. */
  readonly triable?: true;
  readonly flags: readonly string[];
  /** First key, last key, step. */
  readonly keys: readonly [number, number, number];
  run(session: RespSession, request: RespRequest): RespValue | typeof STARTED;
}
