/**
 * Clients that read and write a few keys and record each call and its answer, for the checker. A
 * client that lost an answer goes on with the next node, under a new name.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action } from '../../src/checker/history.ts';
import { HistoryRecorder, type PendingOperation } from '../../src/checker/recorder.ts';
import { Prng } from '../../src/std/prng.ts';
import { type Answer, ConnectionLost, isError, KvConnection } from './kv-connection.ts';

export interface RecordedLoadInit {
  readonly addresses: readonly string[];
  readonly clients: number;
  readonly keys: number;
  readonly seed: number;
  /** Of all keys and values, when several loads make one history. */
  readonly prefix?: string;
  /** Between two operations of a client. */
  readonly thinkMs?: number;
}

/** Nothing happened: the node said so before it took the command. */
const REFUSALS = ['NOLEADER', 'BUSY', 'DISKFULL', 'STOPPING'];
const PAUSE_MS = 10;

export class RecordedLoad {
  readonly #recorder = new HistoryRecorder({ nowUs: () => performance.now() * 1000 });
  readonly #init: RecordedLoadInit;
  readonly #running: Promise<unknown>;
  #isOver = false;
  #values = 0;
  #answered = 0;

  constructor(init: RecordedLoadInit) {
    this.#init = init;
    const clients = Array.from({ length: init.clients }, (_, client) => this.#run(client));
    this.#running = Promise.all(clients);
  }

  get recorder(): HistoryRecorder {
    return this.#recorder;
  }

  /** Resolves when so many more operations have been answered. */
  async more(count: number): Promise<void> {
    const until = this.#answered + count;
    while (this.#answered < until) await sleep(PAUSE_MS);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #run(client: number): Promise<void> {
    const { addresses, seed } = this.#init;
    const prng = new Prng(seed * 1000 + client);
    for (let at = client; !this.#isOver; at += 1) {
      const address = addresses[at % addresses.length] ?? '';
      const connection = await KvConnection.open(address).catch(() => null);
      if (connection !== null) {
        while (!this.#isOver && (await this.#operate(`c${client}`, connection, prng)));
        connection.close();
      }
      await sleep(PAUSE_MS);
    }
  }

  /** @returns whether the connection is worth another one. */
  async #operate(client: string, connection: KvConnection, prng: Prng): Promise<boolean> {
    const { keys, prefix = '', thinkMs } = this.#init;
    if (thinkMs !== undefined) await sleep(thinkMs);
    const key = `${prefix}key${prng.between(1, keys)}`;
    const { action, words, answered } = this.#choose(key, prng);
    const pending = this.#recorder.begin(`${prefix}${client}`, key, action);
    try {
      return this.#end(pending, await connection.send(...words), answered);
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      pending.unknown();
      return false;
    }
  }

  #end(pending: PendingOperation, answer: Answer, answered: (answer: Answer) => Action): boolean {
    this.#answered += 1;
    if (!isError(answer)) {
      pending.ok(answered(answer));
      return true;
    }
    if (REFUSALS.includes(answer.prefix)) pending.fail();
    else pending.unknown();
    return false;
  }

  #choose(
    key: string,
    prng: Prng,
  ): { action: Action; words: string[]; answered: (answer: Answer) => Action } {
    const dice = prng.unit();
    if (dice < 0.5) {
      return {
        action: { kind: 'get', result: undefined },
        words: ['GET', key],
        answered: (answer) => ({ kind: 'get', result: answer === null ? null : String(answer) }),
      };
    }
    if (dice < 0.9) {
      this.#values += 1;
      const action = { kind: 'put', value: `v${this.#values}` } as const;
      return { action, words: ['SET', key, action.value], answered: () => action };
    }
    return {
      action: { kind: 'del', result: null },
      words: ['DEL', key],
      answered: (answer) => ({ kind: 'del', result: answer === 1 }),
    };
  }
}
