/**
 * The routes of raft-demo's webkvstore: those of hraftd without `/status`, and a text log of all
 * that this node did for its clients.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { bytesFrom } from '../../std/bytes.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';
import { journeyLine, journeyText } from '../../wire/dialects/journey-line.ts';
import type { Outcome } from '../replica/contract.ts';
import type { HttpExchange } from './http-exchange.ts';
import { HraftdRoutes } from './http-hraftd.ts';
import { sendText } from './http-reply.ts';
import { keyOfPath } from './http-text.ts';

export class WebkvstoreRoutes extends HraftdRoutes {
  readonly #file: WriteStream | null;
  /** What is told of a request once it is done. */
  readonly #texts = new WeakMap<HttpExchange, readonly string[]>();
  #number = 0;

  constructor(config: ClientPortConfig) {
    super(config);
    const { journal } = config;
    this.#file = journal === undefined ? null : createWriteStream(journal, { flags: 'a' });
    // Nobody waits for the text log, and nobody is refused for it.
    this.#file?.on('error', () => {});
  }

  override route(exchange: HttpExchange): void {
    if (exchange.path === '/status') sendText(exchange.response, 404, '');
    else super.route(exchange);
  }

  protected override setPairs(
    exchange: HttpExchange,
    pairs: readonly (readonly [string, string])[],
  ): void {
    const texts = pairs.map(([key, value]) => journeyText('set', key, value));
    this.#texts.set(exchange, texts);
    super.setPairs(exchange, pairs);
  }

  protected override written(exchange: HttpExchange, outcome: Outcome, answer: unknown): void {
    super.written(exchange, outcome, answer);
    if (exchange.response.statusCode !== 200) return;
    const key = exchange.method === 'DELETE' ? keyOfPath(exchange.path) : null;
    const texts = key === null ? this.#texts.get(exchange) : [journeyText('delete', key)];
    for (const text of texts ?? []) this.#tell(text, false);
  }

  protected override read(key: string): void {
    this.#tell(journeyText('get', key), true);
  }

  #tell(latin1: string, isRead: boolean): void {
    const text = bytesFrom(latin1, 'latin1').toString('utf8');
    this.#file?.write(journeyLine({ number: this.#number, isRead, text }, new Date()));
    this.#number += 1;
  }
}
