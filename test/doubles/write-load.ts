/**
 * Writers that keep their own books. Each SET has a key of its own, so that every single
 * acknowledgement can be checked later, and each writer counts with INCR, so that a write that
 * happened twice is seen as well.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, isError, KvConnection } from './kv-connection.ts';

export interface LoadInit {
  /** Client addresses; writer i starts at the i-th and moves on when a connection ends. */
  readonly addresses: readonly string[];
  readonly writers: number;
  /** Commands a writer has under way. */
  readonly depth: number;
  /** Makes the keys of this load differ from those of others. */
  readonly tag: string;
  /** Between two writes of a lane, for a load that leaves room for others. Default: none. */
  readonly pauseMs?: number;
  /** Values are at least as long. Default: as short as they come. */
  readonly valueBytes?: number;
}

interface Counter {
  readonly key: string;
  sent: number;
  acknowledged: number;
}

const PAUSE_MS = 20;
const READ_KEYS_PER_COMMAND = 500;

export class WriteLoad {
  readonly acknowledged = new Map<string, string>();
  readonly counters: Counter[] = [];
  /** Error replies, by their first word. */
  readonly refusals = new Map<string, number>();
  connectionsLost = 0;
  lastAcknowledgedAtMs = 0;
  #init: LoadInit;
  #isOver = false;
  #running: Promise<unknown>;
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor(init: LoadInit) {
    this.#init = init;
    this.#running = Promise.all(Array.from({ length: init.writers }, (_, i) => this.#write(i)));
  }

  /** Resolves when so many more writes have been acknowledged. */
  more(count: number, timeoutMs = 30_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const refusals = JSON.stringify([...this.refusals]);
        reject(new Error(`Not ${count} more writes within ${timeoutMs} ms; refusals: ${refusals}`));
      }, timeoutMs);
      const resolveInTime = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.push({ count: this.acknowledged.size + count, resolve: resolveInTime });
    });
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #write(writer: number): Promise<void> {
    const { addresses, depth, tag, pauseMs = 0 } = this.#init;
    const counter: Counter = { key: `${tag}:count:${writer}`, sent: 0, acknowledged: 0 };
    this.counters.push(counter);
    let serial = 0;
    for (let at = writer; !this.#isOver; at += 1) {
      const connection = await KvConnection.open(addresses[at % addresses.length] ?? '').catch(
        () => null,
      );
      if (connection === null) {
        await sleep(PAUSE_MS);
        continue;
      }
      const lane = async (): Promise<void> => {
        while (!this.#isOver && !connection.isClosed) {
          serial += 1;
          await this.#writePair(connection, `${tag}:${writer}:${serial}`, counter);
          if (pauseMs > 0) await sleep(pauseMs);
        }
      };
      await Promise.all(Array.from({ length: depth }, lane));
      if (connection.isClosed) this.connectionsLost += 1;
      connection.close();
    }
  }

  async #writePair(connection: KvConnection, key: string, counter: Counter): Promise<void> {
    const value = `value of ${key}`.padEnd(this.#init.valueBytes ?? 0, '.');
    counter.sent += 1;
    const [set, incr] = connection.pipeline([
      ['SET', key, value],
      ['INCR', counter.key],
    ]);
    const [setAnswer, incrAnswer] = await Promise.all([settle(set), settle(incr)]);
    if (setAnswer === 'OK') this.#note(key, value);
    if (typeof incrAnswer === 'number') counter.acknowledged += 1;
    if (isError(setAnswer)) {
      this.refusals.set(setAnswer.prefix, (this.refusals.get(setAnswer.prefix) ?? 0) + 1);
      await sleep(PAUSE_MS);
    }
  }

  #note(key: string, value: string): void {
    this.acknowledged.set(key, value);
    this.lastAcknowledgedAtMs = performance.now();
    for (const one of this.#waiting.filter(({ count }) => count <= this.acknowledged.size)) {
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.resolve();
    }
  }
}

/** The answer; null when the connection ended before it came. */
function settle(answer: Promise<Answer> | undefined): Promise<Answer> {
  return (answer ?? Promise.resolve(null)).catch(() => null);
}

/** What a node does not have as it was acknowledged, in words; empty: nothing is lost. */
export async function findLosses(address: string, loads: readonly WriteLoad[]): Promise<string[]> {
  const connection = await KvConnection.open(address);
  const losses: string[] = [];
  try {
    for (const load of loads) {
      const entries = [...load.acknowledged];
      for (let from = 0; from < entries.length; from += READ_KEYS_PER_COMMAND) {
        const part = entries.slice(from, from + READ_KEYS_PER_COMMAND);
        const answer = await connection.send('MGET', ...part.map(([key]) => key));
        if (!Array.isArray(answer)) throw new Error(`${address}: MGET answered ${String(answer)}`);
        part.forEach(([key, value], i) => {
          if (answer[i] !== value) losses.push(`${address}: ${key} is ${answer[i]}, not ${value}`);
        });
      }
      for (const { key, sent, acknowledged } of load.counters) {
        const count = Number(await connection.send('GET', key));
        if (count >= acknowledged && count <= sent) continue;
        losses.push(`${address}: ${key} is ${count}, acknowledged ${acknowledged} of ${sent}`);
      }
    }
  } finally {
    connection.close();
  }
  return losses;
}
