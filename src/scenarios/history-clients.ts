/**
 * Clients beside a load that write down what they see: a history for `check linearizability`.
 *
 * The load itself writes the same value over and over to very many keys, as fast as it goes: nobody
 * could judge that. These few clients write values of their own to keys of their own, one operation
 * at a time each, so that the load is measured as ever and its cluster is judged while it is there.
 * Their writes bear sessions where the target has them: they are sent until they are answered, and
 * the counters among them would show one that was done twice.
 */
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action } from '../checker/history.ts';
import { headerLine, historyLine } from '../checker/history-lines.ts';
import { HistoryRecorder } from '../checker/recorder.ts';
import type { KvCommand } from '../client/kv-client.ts';
import { KvSession } from '../client/kv-session.ts';
import type { Reply } from '../client/resp-reply.ts';
import { RaftctlError } from '../std/errors.ts';
import { Prng } from '../std/prng.ts';

export interface HistoryClientsInit {
  /** Client addresses; each client begins with another one. Not empty. */
  readonly endpoints: readonly string[];
  readonly timeoutMs: number;
  readonly seed: number;
}

const CLIENTS = 5;
/**
 * At the same time, the first of them a counter; five clients on one key are as many as the
 * checker likes.
 */
const KEYS = 3;
/** Then come new ones: histories are judged key by key, and long ones take long. */
const OPERATIONS_PER_KEY = 500;
/** Kept in memory until the end; whoever measures for longer has a history of the beginning. */
const OPERATIONS_MAX = 500_000;
const PAUSE_MS = 5;
const READ_SHARE = 0.5;
/** With these it is certain that nothing happened. */
const REFUSALS: readonly string[] = ['NO_LEADER', 'UNREACHABLE', 'REQUEST_REFUSED'];

interface Step {
  readonly key: string;
  readonly action: Action;
  readonly command: KvCommand;
  readonly answered: (reply: Reply) => Action;
}

export class HistoryClients {
  readonly #init: HistoryClientsInit;
  readonly #recorder = new HistoryRecorder({ nowUs: () => Math.round(performance.now() * 1000) });
  /** Keys of no run before: they hold nothing when it begins. */
  readonly #prefix = `history:${randomBytes(6).toString('hex')}`;
  readonly #running: Promise<unknown>;
  #begun = 0;
  #isOver = false;

  /** Begins at once. */
  constructor(init: HistoryClientsInit) {
    this.#init = init;
    const clients = Array.from({ length: CLIENTS }, (_, client) => this.#run(client));
    this.#running = Promise.all(clients);
  }

  /** Afterwards every operation has ended. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  /** @returns how many operations the file has. */
  async write(path: string): Promise<number> {
    const { history } = this.#recorder;
    await writeFile(path, headerLine('kv') + history.map(historyLine).join(''));
    return history.length;
  }

  async #run(client: number): Promise<void> {
    const { endpoints, timeoutMs, seed } = this.#init;
    const first = client % endpoints.length;
    const session = new KvSession([...endpoints.slice(first), ...endpoints.slice(0, first)]);
    const prng = new Prng(seed * CLIENTS + client);
    while (!this.#isOver && this.#begun < OPERATIONS_MAX) {
      const step = this.#choose(prng);
      const pending = this.#recorder.begin(`c${client}`, step.key, step.action);
      try {
        pending.ok(step.answered(await session.execute(step.command, timeoutMs)));
      } catch (error) {
        if (!(error instanceof RaftctlError)) throw error;
        if (REFUSALS.includes(error.code)) pending.fail();
        else pending.unknown();
      }
      await sleep(PAUSE_MS);
    }
    session.close();
  }

  #choose(prng: Prng): Step {
    this.#begun += 1;
    const age = Math.floor(this.#begun / (KEYS * OPERATIONS_PER_KEY));
    const number = prng.between(1, KEYS);
    const key = `${this.#prefix}:${age}:${number}`;
    if (prng.unit() < READ_SHARE) {
      return {
        key,
        action: { kind: 'get', result: undefined },
        command: { args: ['GET', key], isWrite: false },
        answered: (reply) => ({ kind: 'get', result: reply === null ? null : String(reply) }),
      };
    }
    if (number === 1) {
      return {
        key,
        action: { kind: 'incr', by: '1', result: null },
        command: { args: ['INCR', key], isWrite: true },
        answered: (reply) => ({ kind: 'incr', by: '1', result: String(reply) }),
      };
    }
    const action = { kind: 'put', value: `v${this.#begun}` } as const;
    const command = { args: ['SET', key, action.value], isWrite: true };
    return { key, action, command, answered: () => action };
  }
}
