/**
 * The routes of hraftd as hraftd answers them: a write on a node that does not lead is 500 with an
 * empty body, and so is one that fails. Why is told in a header.
 */

import { KvError } from '../../wire/apps/kvstore.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';
import type { Outcome } from '../replica/contract.ts';
import type { HttpExchange } from './http-exchange.ts';
import { KeyRoutes } from './http-key-routes.ts';
import { giveReason } from './http-plain-error.ts';
import { sendText } from './http-reply.ts';
import { REFUSALS } from './outcomes.ts';

export class HraftdRoutes extends KeyRoutes {
  readonly #config: ClientPortConfig;

  constructor(config: ClientPortConfig) {
    super();
    this.#config = config;
  }

  protected override get readsLocally(): boolean {
    return this.#config.reads === 'local';
  }

  protected override mayWrite(exchange: HttpExchange): boolean {
    if (this.#config.onFollower === 'forward' || !exchange.isFollower) return true;
    giveReason(exchange.response, exchange.notLeading);
    sendText(exchange.response, 500, '');
    return false;
  }

  protected override written({ response }: HttpExchange, outcome: Outcome, answer: unknown): void {
    const refusal = outcome === 'ok' ? null : REFUSALS[outcome].text;
    const reason = answer instanceof KvError ? answer.text : refusal;
    if (reason !== null) giveReason(response, reason);
    sendText(response, reason === null ? 200 : 500, '');
  }
}
