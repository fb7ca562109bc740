/**
 * The routes of hraftd as hraftd answers them: a write on a node that does not lead is 500 with an
 * empty body, and so is one that fails. Why is told in a header.
 */

import { KvError } from '../../wire/apps/kvstore.ts';
import type { ClientPortConfig } from '../../wire/client-port.ts';
import type { Outcome } from '../replica/contract.ts';
import type { HttpExchange } from './http-exchange.ts';
import { KeyRoutes } from './http-key-routes.ts';
import { joinByHttp } from './http-members.ts';
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

  /** The fields of a wish to join. */
  protected readonly joinFields: readonly string[] = ['addr', 'id'];

  protected override other(exchange: HttpExchange): void {
    if (exchange.path === '/join') {
      joinByHttp(exchange, this.joinFields, this.refusalOf(exchange));
    } else {
      super.other(exchange);
    }
  }

  /** Why this node does not write; null: it does. */
  protected refusalOf(exchange: HttpExchange): string | null {
    const mayNot = this.#config.onFollower === 'refuse' && exchange.isFollower;
    return mayNot ? exchange.notLeading : null;
  }

  protected override mayWrite(exchange: HttpExchange): boolean {
    const refusal = this.refusalOf(exchange);
    if (refusal === null) return true;
    giveReason(exchange.response, refusal);
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
