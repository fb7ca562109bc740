/** Asks a node for every acknowledged write of the demo. */
import { RespConnection } from '../client/resp-connection.ts';
import type { Reply } from '../client/resp-reply.ts';
import { commandText } from '../client/resp-request.ts';
import { RaftctlError } from '../std/errors.ts';
import { keyFor, type Ledger, valueFor } from './demo-ledger.ts';

const KEYS_PER_REQUEST = 200;
const REQUESTS_UNDER_WAY = 8;
const CONNECT_TIMEOUT_MS = 2000;
/** A node that answers nothing for so long will not. */
const SILENCE_MS_MAX = 10_000;

/**
 * @returns the acknowledged writes that the node does not return as written.
 * @throws {RaftctlError} UNREACHABLE when the node stops answering, so that nothing is known.
 */
export async function findLost(
  address: string,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<number[]> {
  const connection = await RespConnection.open(address, CONNECT_TIMEOUT_MS);
  const giveUp = (): void => connection.close();
  signal.addEventListener('abort', giveUp);
  try {
    return await new Promise((resolve, reject) => {
      const check = new Check(connection, ledger, { resolve, reject });
      check.start();
    });
  } finally {
    signal.removeEventListener('abort', giveUp);
    connection.close();
  }
}

interface Settle {
  readonly resolve: (lost: number[]) => void;
  readonly reject: (error: RaftctlError) => void;
}

class Check {
  readonly #connection: RespConnection;
  readonly #ledger: Ledger;
  readonly #settle: Settle;
  readonly #asked: number[][] = [];
  readonly #lost: number[] = [];
  #next = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(connection: RespConnection, ledger: Ledger, settle: Settle) {
    this.#connection = connection;
    this.#ledger = ledger;
    this.#settle = settle;
  }

  start(): void {
    this.#connection.listen({
      onReply: (reply) => this.#take(reply),
      onClose: () => this.#fail('it closed the connection'),
    });
    for (let i = 0; i < REQUESTS_UNDER_WAY; i += 1) this.#ask();
    this.#endIfDone();
  }

  #ask(): void {
    const writes: number[] = [];
    while (writes.length < KEYS_PER_REQUEST && this.#next < this.#ledger.written) {
      if (this.#ledger.isAcknowledged(this.#next)) writes.push(this.#next);
      this.#next += 1;
    }
    if (writes.length === 0) return;
    this.#asked.push(writes);
    this.#connection.send(commandText(['MGET', ...writes.map(keyFor)]), 1);
    this.#watch();
  }

  #take(reply: Reply): void {
    const writes = this.#asked.shift() ?? [];
    if (!Array.isArray(reply) || reply.length !== writes.length) {
      this.#fail(`it answered ${JSON.stringify(reply)}`);
      return;
    }
    writes.forEach((write, i) => {
      const value = reply[i] as Reply;
      const text = Buffer.isBuffer(value) ? value.toString('latin1') : null;
      if (text !== valueFor(write)) this.#lost.push(write);
    });
    this.#ask();
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#asked.length > 0) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#settle.resolve(this.#lost);
  }

  #watch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail('it fell silent'), SILENCE_MS_MAX);
  }

  #fail(reason: string): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    const message = `Cannot read back from ${this.#connection.address}: ${reason}`;
    this.#settle.reject(new RaftctlError('UNREACHABLE', { message }));
  }
}
