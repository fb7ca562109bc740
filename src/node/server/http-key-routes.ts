/**
 * The routes of hraftd, which every client port has. A 2xx leaves only after the command was
 * committed and applied here, reads are linearizable, and one POST is one command, whatever number
 * of pairs it has.
 *
 * ```
 *   GET /key/<k>      200 {"<k>":"<v>"}, {"<k>":""} when there is no such key
 *   POST /key         200; body: a JSON object of strings, set together
 *   DELETE /key/<k>   200, also when there is no such key
 *   POST /session     200 {"session":<s>}: writes with the header Raftctl-Session: <s>-<n> are done
 *                     once each, n = 1, 2, ..., however often they are sent, to whichever node
 *   GET /status       200 {"me":{..},"leader":{..},"followers":[..]}
 * ```
 * Keys and values are UTF-8 here and kept as their bytes, so RESP clients see the same.
 */
import type { Bytes } from '../../std/bytes.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KV_OP, KvError } from '../../wire/apps/kvstore.ts';
import { OPENING, OPENING_BODY } from '../../wire/apps/session.ts';
import type { Outcome } from '../replica/contract.ts';
import { type HttpExchange, type HttpRoutes, sendRefusal } from './http-exchange.ts';
import { sendError, sendKvError, sendMethodRefused, sendText } from './http-reply.ts';
import { tagOf } from './http-session.ts';
import { jsonOfPair, keyOfPath, pairsOfBody, statusBody } from './http-text.ts';

export class KeyRoutes implements HttpRoutes {
  readonly #encoder = new KvEncoder();

  route(exchange: HttpExchange): void {
    const { path, method, response } = exchange;
    if (path === '/status') {
      if (method !== 'GET') sendMethodRefused(response, 'GET');
      else sendText(response, 200, statusBody(exchange.status), 'application/json');
    } else if (path === '/session') this.#open(exchange);
    else if (path === '/key' || path.startsWith('/key/')) this.#key(exchange);
    else this.other(exchange);
  }

  /** A path that is none of these. */
  protected other({ response }: HttpExchange): void {
    sendText(response, 404, '');
  }

  /** Whether a write may start; who says no has answered. */
  protected mayWrite(_exchange: HttpExchange): boolean {
    return true;
  }

  /** Answers a write that is done or will not be. */
  protected written({ response }: HttpExchange, outcome: Outcome, answer: unknown): void {
    if (outcome !== 'ok') sendRefusal(response, outcome);
    else if (answer instanceof KvError) sendKvError(response, answer);
    else sendText(response, 200, '');
  }

  #open(exchange: HttpExchange): void {
    const { method, request, response } = exchange;
    if (method !== 'POST') {
      sendMethodRefused(response, 'POST');
      return;
    }
    request.resume();
    const opened = (outcome: Outcome, session: unknown): void => {
      if (outcome !== 'ok') sendRefusal(response, outcome);
      else sendText(response, 200, JSON.stringify({ session }), 'application/json');
    };
    exchange.propose(() => OPENING_BODY, opened, OPENING);
  }

  #key(exchange: HttpExchange): void {
    const { method, response } = exchange;
    if (method === 'POST') {
      exchange.body((body) => this.#set(exchange, body));
      return;
    }
    if (method !== 'GET' && method !== 'DELETE') {
      sendMethodRefused(response, 'GET, POST, DELETE');
      return;
    }
    const key = keyOfPath(exchange.path);
    if (key === null) {
      // hraftd answers a GET without a key with an empty pair.
      sendText(response, 400, method === 'GET' ? '{"":""}' : '');
    } else if (method === 'GET') this.#get(exchange, key);
    else if (this.mayWrite(exchange)) {
      this.propose(exchange, () => {
        this.#encoder.begin(KV_OP.del);
        this.#encoder.fieldText(key);
        return this.#encoder.view();
      });
    }
  }

  #get(exchange: HttpExchange, key: string): void {
    const answer = (value: unknown): void => {
      sendText(exchange.response, 200, jsonOfPair(key, typeof value === 'string' ? value : ''));
      this.read(key);
    };
    if (this.readsLocally) {
      answer(exchange.peek(key));
      return;
    }
    exchange.read(key, (outcome, value) => {
      if (outcome === 'ok') answer(value);
      else sendRefusal(exchange.response, outcome);
    });
  }

  /** A read was answered. */
  protected read(_key: string): void {}

  /** Whether a GET is answered from this node's state without asking the others. */
  protected get readsLocally(): boolean {
    return false;
  }

  #set(exchange: HttpExchange, body: Bytes): void {
    const pairs = pairsOfBody(body);
    if (pairs === null) {
      sendText(exchange.response, 400, '');
      return;
    }
    if (!this.mayWrite(exchange)) return;
    if (pairs.length === 0) this.written(exchange, 'ok', null);
    else this.setPairs(exchange, pairs);
  }

  protected setPairs(exchange: HttpExchange, pairs: readonly (readonly [string, string])[]): void {
    this.propose(exchange, () => setPairsCommand(this.#encoder, pairs));
  }

  protected propose(exchange: HttpExchange, encode: () => Bytes): void {
    const tag = tagOf(exchange.request);
    if (tag === 'wrong') {
      const text = 'Raftctl-Session is not SESSION-SEQUENCE';
      sendError(exchange.response, 400, 'REQUEST_REFUSED', text);
      return;
    }
    exchange.propose(encode, (outcome, answer) => this.written(exchange, outcome, answer), tag);
  }
}

/** Several pairs are one command, and take effect together. */
export function setPairsCommand(
  encoder: KvEncoder,
  pairs: readonly (readonly [string, string])[],
): Bytes {
  const [only] = pairs;
  if (pairs.length === 1 && only !== undefined) {
    encoder.begin(KV_OP.set);
    encoder.flags(0);
    encoder.fieldText(only[0]);
    encoder.restText(only[1]);
    return encoder.view();
  }
  encoder.begin(KV_OP.mset);
  for (const [key, value] of pairs) {
    encoder.fieldText(key);
    encoder.fieldText(value);
  }
  return encoder.view();
}
