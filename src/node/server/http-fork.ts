/**
 * The HTTP routes of hraftd's fork, where they differ from hraftd's: `OK` after a POST, a key that
 * writes many, the log by its indexes, and members that leave (http-members.ts).
 *
 * ```
 *   POST /key {"_test_": ..}   writes _test_0 to _test_99999 first
 *   GET /xdr/log/<index>       i <index> t <term> t <type> d <data>
 * ```
 */
import type { Bytes } from '../../std/bytes.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import type { Outcome } from '../replica/contract.ts';
import type { HttpExchange } from './http-exchange.ts';
import { HraftdRoutes } from './http-hraftd.ts';
import { setPairsCommand } from './http-key-routes.ts';
import { leaveByHttp } from './http-members.ts';
import { sendMethodRefused, sendText } from './http-reply.ts';

const LOG_PATH = '/xdr/log/';
const BULK_KEY = '_test_';
const BULK_KEYS = 100_000;
/** In one command. */
const BULK_PAIRS = 1000;

export class ForkRoutes extends HraftdRoutes {
  protected override readonly joinFields = ['addr'];
  readonly #encoder = new KvEncoder();

  protected override written(exchange: HttpExchange, outcome: Outcome, answer: unknown): void {
    if (outcome === 'ok' && exchange.method === 'POST') sendText(exchange.response, 200, 'OK');
    else super.written(exchange, outcome, answer);
  }

  protected override other(exchange: HttpExchange): void {
    const { path, response } = exchange;
    if (path === '/leave') leaveByHttp(exchange, this.refusalOf(exchange));
    else if (!path.startsWith(LOG_PATH)) super.other(exchange);
    else if (exchange.method !== 'GET') sendMethodRefused(response, 'GET');
    else if (!/^\d{1,15}$/.test(path.slice(LOG_PATH.length))) sendText(response, 400, '');
    else {
      exchange.logLine(Number(path.slice(LOG_PATH.length)), (line) => {
        sendText(response, line === null ? 500 : 200, line ?? '');
      });
    }
  }

  protected override setPairs(
    exchange: HttpExchange,
    pairs: readonly (readonly [string, string])[],
  ): void {
    const last = (): void => super.setPairs(exchange, pairs);
    if (pairs.some(([key]) => key === BULK_KEY)) this.#bulk(exchange, 0, last);
    else last();
  }

  /** One command after the other, so that no other client waits behind all of them. */
  #bulk(exchange: HttpExchange, from: number, then: () => void): void {
    if (from === BULK_KEYS) {
      then();
      return;
    }
    const encode = (): Bytes => {
      const pairs = Array.from({ length: BULK_PAIRS }, (_, i) => {
        return [`_test_${from + i}`, `_value_${from + i}`] as const;
      });
      return setPairsCommand(this.#encoder, pairs);
    };
    exchange.propose(encode, (outcome, answer) => {
      if (outcome === 'ok') this.#bulk(exchange, from + BULK_PAIRS, then);
      else this.written(exchange, outcome, answer);
    });
  }
}
