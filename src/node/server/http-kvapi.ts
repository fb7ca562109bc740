/**
 * The routes of goraft's kvapi, any method, parameters in the query:
 *
 * ```
 *   /set?key=K&value=V          200 after the commit; 400 when it cannot be done here
 *   /get?key=K                  200 with the value; 500 when there is none, or no leader here
 *   /get?key=K&relaxed=true     the same from this node's own state, which may be behind
 * ```
 */
import { bytesFrom, latin1Slice } from '../../std/bytes.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../../wire/apps/kvstore.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';
import type { Outcome } from '../replica/contract.ts';
import type { HttpExchange, HttpRoutes } from './http-exchange.ts';
import { setPairsCommand } from './http-key-routes.ts';
import { giveReason, sendPlainError } from './http-plain-error.ts';
import { sendLatin1, sendText } from './http-reply.ts';
import { REFUSALS } from './outcomes.ts';

/** A value travels in the request line, each of its bytes as three. */
const HEADER_BYTES_MAX = 3 * (KEY_BYTES_MAX + VALUE_BYTES_MAX) + 16 * 1024;

export class KvapiRoutes implements HttpRoutes {
  readonly headerBytesMax = HEADER_BYTES_MAX;
  readonly #config: ClientPortConfig;
  readonly #encoder = new KvEncoder();

  constructor(config: ClientPortConfig) {
    this.#config = config;
  }

  route(exchange: HttpExchange): void {
    if (exchange.path === '/set') this.#set(exchange);
    else if (exchange.path === '/get') this.#get(exchange);
    else sendPlainError(exchange.response, 404, '404 page not found');
  }

  #set(exchange: HttpExchange): void {
    const { response } = exchange;
    const query = new URLSearchParams(exchange.search);
    const key = bytesOf(query, 'key');
    const value = bytesOf(query, 'value');
    const reason = this.#refusal(exchange, key, value);
    if (reason !== null) {
      giveReason(response, reason);
      sendPlainError(response, 400, 'Bad Request');
      return;
    }
    exchange.propose(
      () => setPairsCommand(this.#encoder, [[key, value]]),
      (outcome) => {
        if (outcome === 'ok') {
          sendText(response, 200, '');
          return;
        }
        giveReason(response, REFUSALS[outcome].text);
        sendPlainError(response, 400, 'Bad Request');
      },
    );
  }

  #refusal(exchange: HttpExchange, key: string, value: string): string | null {
    if (key.length > KEY_BYTES_MAX) return `the key is longer than ${KEY_BYTES_MAX} bytes`;
    if (value.length > VALUE_BYTES_MAX) return `the value is longer than ${VALUE_BYTES_MAX} bytes`;
    return this.#isRefused(exchange) ? exchange.notLeading : null;
  }

  #isRefused(exchange: HttpExchange): boolean {
    return this.#config.onFollower === 'refuse' && exchange.isFollower;
  }

  #get(exchange: HttpExchange): void {
    const query = new URLSearchParams(exchange.search);
    const key = bytesOf(query, 'key');
    if (query.get('relaxed') === 'true') {
      this.#found(exchange, 'ok', exchange.peek(key));
    } else if (this.#isRefused(exchange)) {
      giveReason(exchange.response, exchange.notLeading);
      sendPlainError(exchange.response, 500, 'Internal Server Error');
    } else {
      exchange.read(key, (outcome, value) => this.#found(exchange, outcome, value));
    }
  }

  #found({ response }: HttpExchange, outcome: Outcome, value: unknown): void {
    if (outcome === 'ok' && typeof value === 'string') {
      sendLatin1(response, 200, value);
      return;
    }
    giveReason(response, outcome === 'ok' ? 'there is no such key' : REFUSALS[outcome].text);
    sendPlainError(response, 500, 'Internal Server Error');
  }
}

/** A parameter as the latin1 text of its bytes; empty when it is missing. */
function bytesOf(query: URLSearchParams, name: string): string {
  const bytes = bytesFrom(query.get(name) ?? '');
  return latin1Slice(bytes, 0, bytes.length);
}
