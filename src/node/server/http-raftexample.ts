/**
 * The routes of etcd's raftexample. Any path is a key, as the client sent it: with its slash, its
 * escapes and its query.
 *
 * ```
 *   PUT /<key>      204, by default before the commit
 *   GET /<key>      200 with the value, 404 when there is none
 *   POST /<id>      adds the node whose peer URL is the body
 *   DELETE /<id>    removes a node
 * ```
 */
import { latin1Slice } from '../../std/bytes.ts';
import { KvEncoder } from '../../wire/apps/kv-encoder.ts';
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../../wire/apps/kvstore.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';
import type { HttpExchange, HttpRoutes } from './http-exchange.ts';
import { sendRefusal } from './http-exchange.ts';
import { setPairsCommand } from './http-key-routes.ts';
import { addByHttp, removeByHttp } from './http-members.ts';
import { giveReason, sendPlainError } from './http-plain-error.ts';
import { sendLatin1, sendText } from './http-reply.ts';

export class RaftexampleRoutes implements HttpRoutes {
  readonly #config: ClientPortConfig;
  readonly #encoder = new KvEncoder();

  constructor(config: ClientPortConfig) {
    this.#config = config;
  }

  route(exchange: HttpExchange): void {
    switch (exchange.method) {
      case 'PUT':
        this.#put(exchange);
        return;
      case 'GET':
        this.#get(exchange);
        return;
      case 'POST':
        addByHttp(exchange);
        return;
      case 'DELETE':
        removeByHttp(exchange);
        return;
      default:
        exchange.response.setHeader('Allow', ['PUT', 'GET', 'POST', 'DELETE']);
        sendPlainError(exchange.response, 405, 'Method not allowed');
    }
  }

  #put(exchange: HttpExchange): void {
    const { response, target } = exchange;
    exchange.body((body) => {
      if (target.length > KEY_BYTES_MAX || body.length > VALUE_BYTES_MAX) {
        const what = target.length > KEY_BYTES_MAX ? 'key' : 'value';
        giveReason(response, `the ${what} is too long`);
        sendPlainError(response, 400, 'Failed on PUT');
        return;
      }
      const value = latin1Slice(body, 0, body.length);
      const encode = () => setPairsCommand(this.#encoder, [[target, value]]);
      if (this.#config.commit === 'later') {
        exchange.proposeBlindly(encode);
        sendText(response, 204, '');
        return;
      }
      exchange.propose(encode, (outcome) => {
        if (outcome === 'ok') sendText(response, 204, '');
        else sendRefusal(response, outcome);
      });
    });
  }

  #get(exchange: HttpExchange): void {
    const { response, target } = exchange;
    const answer = (value: unknown): void => {
      if (typeof value === 'string') sendLatin1(response, 200, value);
      else sendPlainError(response, 404, 'Failed to GET');
    };
    if (this.#config.reads === 'local') {
      answer(exchange.peek(target));
      return;
    }
    exchange.read(target, (outcome, value) => {
      if (outcome === 'ok') answer(value);
      else sendRefusal(response, outcome);
    });
  }
}
