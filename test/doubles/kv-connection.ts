/** A pipelining RESP client for tests: one promise a command, answers in order. */
import { Buffer } from 'node:buffer';
import { RespConnection } from '../../src/client/resp-connection.ts';
import { type Reply, RespError } from '../../src/client/resp-reply.ts';
import { type Argument, encodeCommand } from '../../src/client/resp-request.ts';

/** A reply as a test compares it: bulk strings as latin1 text. */
export type Answer = string | number | null | RespError | readonly Answer[];

/** The connection ended: whether the command happened is unknown. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: ConnectionLost) => void;
}

export class KvConnection {
  readonly address: string;
  #connection: RespConnection;
  #waiting: Waiting[] = [];
  #head = 0;

  private constructor(connection: RespConnection) {
    this.#connection = connection;
    this.address = connection.address;
    connection.listen({
      onReply: (reply) => this.#next()?.resolve(plain(reply)),
      onClose: () => {
        for (let one = this.#next(); one !== undefined; one = this.#next()) {
          one.reject(new ConnectionLost(`${this.address} closed the connection`));
        }
      },
    });
  }

  static async open(address: string, timeoutMs = 5000): Promise<KvConnection> {
    return new KvConnection(await RespConnection.open(address, timeoutMs));
  }

  get isClosed(): boolean {
    return this.#connection.isClosed;
  }

  send(...args: readonly Argument[]): Promise<Answer> {
    return this.pipeline([args])[0]!;
  }

  /** All commands in one write. */
  pipeline(commands: readonly (readonly Argument[])[]): Promise<Answer>[] {
    if (this.#connection.isClosed) {
      return commands.map(() => Promise.reject(new ConnectionLost(`${this.address} is closed`)));
    }
    const answers = commands.map(
      () =>
        new Promise<Answer>((resolve, reject) => {
          this.#waiting.push({ resolve, reject });
        }),
    );
    this.#connection.send(Buffer.concat(commands.map(encodeCommand)), commands.length);
    return answers;
  }

  close(): void {
    this.#connection.close();
  }

  #next(): Waiting | undefined {
    const one = this.#waiting[this.#head];
    if (one === undefined) {
      this.#waiting = [];
      this.#head = 0;
      return undefined;
    }
    this.#head += 1;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    }
    return one;
  }
}

function plain(reply: Reply): Answer {
  if (Buffer.isBuffer(reply)) return reply.toString('latin1');
  if (Array.isArray(reply)) return reply.map((item) => plain(item as Reply));
  return reply as string | number | null | RespError;
}

/** One command on a connection of its own. */
export async function once(address: string, ...args: readonly Argument[]): Promise<Answer> {
  const connection = await KvConnection.open(address);
  try {
    return await connection.send(...args);
  } finally {
    connection.close();
  }
}

export function isError(answer: unknown, prefix?: string): answer is RespError {
  return answer instanceof RespError && (prefix === undefined || answer.prefix === prefix);
}
