/**
 * What a client queues between MULTI and EXEC, and its way into the log as one command.
 *
 * EXEC runs the queued commands on a *recording*: what they would have proposed or read is
 * collected as the parts of one command, which every replica applies in one piece; what concerns
 * the connection alone (PING, CLIENT, ...) is answered on the spot and has its place among the
 * answers.
 */
import { allocBytes, type Bytes, latin1Slice } from '../../std/bytes.ts';
import { encodeRead, KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KV_OP, type KvQuery } from '../../wire/apps/kvstore.ts';
import { encodeReply } from '../../wire/dialects/resp-reply.ts';
import { encodeAnswer, replyTooLong } from './resp-answer.ts';
import {
  type RespCommand,
  type RespRequest,
  type RespSession,
  type RespTransaction,
  STARTED,
} from './resp-session.ts';

/** With the watched keys this stays below the largest command of the log. */
export const TRANSACTION_BYTES_MAX = 14 * 1024 * 1024;
export const TRANSACTION_COMMANDS_MAX = 10_000;

/** More than any command is longer in the log than its arguments, and than a request takes here. */
const COMMAND_OVERHEAD_BYTES = 64;
const ARGUMENT_OVERHEAD_BYTES = 16;

/** A request that outlives the chunk it came in. */
class QueuedRequest implements RespRequest {
  readonly argCount: number;
  readonly bytes: Bytes;
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  constructor(request: RespRequest) {
    const { argCount } = request;
    let size = 0;
    for (let i = 0; i < argCount; i += 1) size += request.argSize(i);
    this.argCount = argCount;
    this.bytes = allocBytes(size);
    let at = 0;
    for (let i = 0; i < argCount; i += 1) {
      this.starts.push(at);
      const end = request.ends[i] as number;
      at += request.bytes.copy(this.bytes, at, request.starts[i] as number, end);
      this.ends.push(at);
    }
  }

  arg(index: number): string {
    return latin1Slice(this.bytes, this.starts[index] as number, this.ends[index] as number);
  }

  argSize(index: number): number {
    return (this.ends[index] as number) - (this.starts[index] as number);
  }
}

interface Queued {
  readonly command: RespCommand;
  readonly request: QueuedRequest;
}

export class Transaction implements RespTransaction {
  failed = false;
  #queue: Queued[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  add(session: RespSession, command: RespCommand, request: RespRequest): string | null {
    let size = COMMAND_OVERHEAD_BYTES + request.argCount * ARGUMENT_OVERHEAD_BYTES;
    for (let i = 0; i < request.argCount; i += 1) size += request.argSize(i);
    if (this.failed) return null;
    const isFull = this.#queue.length >= TRANSACTION_COMMANDS_MAX;
    if (!isFull && this.#bytes + size <= TRANSACTION_BYTES_MAX) {
      this.#bytes += size;
      if (session.hold(size)) {
        this.#queue.push({ command, request: new QueuedRequest(request) });
        return null;
      }
    }
    this.failed = true;
    this.#queue = [];
    return isFull
      ? `ERR a transaction has at most ${TRANSACTION_COMMANDS_MAX} commands`
      : 'ERR the transaction takes too much memory';
  }

  record(session: RespSession, sink: { reply(text: string): void }): void {
    for (const { command, request } of this.#queue) {
      const value = command.run(session, request);
      if (value !== STARTED) sink.reply(encodeReply(value, session.resp3));
    }
  }
}

/** The parts of a command in the making, and the replies that need no part. */
export class Recording {
  readonly #command = new KvEncoder();
  readonly #read = new KvEncoder();
  /** Null: the reply is made of the next answer of the log. */
  readonly replies: (string | null)[] = [];

  constructor(watched: ReadonlyMap<string, number>) {
    const command = this.#command;
    command.begin(KV_OP.multi);
    command.count(watched.size);
    for (const [key, version] of watched) {
      command.fieldText(key);
      command.number(version);
    }
  }

  propose(part: Bytes): void {
    this.#command.field(part, 0, part.length);
    this.replies.push(null);
  }

  read(query: KvQuery): void {
    this.propose(encodeRead(this.#read, query));
  }

  reply(text: string): void {
    this.replies.push(text);
  }

  command(): Bytes {
    return this.#command.view();
  }
}

/** The reply of EXEC. */
export function finishTransaction(
  replies: readonly (string | null)[],
  answer: unknown,
  { resp3, bytesMax }: { readonly resp3: boolean; readonly bytesMax: number },
): string {
  if (!Array.isArray(answer)) return encodeAnswer(answer, resp3, bytesMax);
  let next = 0;
  let text = `*${replies.length}\r\n`;
  for (const reply of replies) {
    text += reply ?? encodeAnswer(answer[next], resp3, bytesMax);
    if (reply === null) next += 1;
    if (text.length > bytesMax) return replyTooLong(bytesMax);
  }
  return text;
}
