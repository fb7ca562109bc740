/**
 * Clients: each writes unique values and reads, one request at a time, on whatever node it likes
 * best just now. A request to a node that dies has an unknown outcome, as for a real client.
 */

import type { MemberNumber } from '../node/model/ids.ts';
import type { Outcome, ReplicaFrontDoor } from '../node/replica/contract.ts';
import type { Bytes } from '../std/bytes.ts';
import type { Prng } from '../std/prng.ts';
import { KvEncoder } from '../wire/apps/kv-encoder.ts';
import { KV_OP, SET_FLAG } from '../wire/apps/kvstore.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { History } from './history.ts';
import type { Oracles } from './oracles.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimProcess } from './sim-process.ts';

/** The part of a node that clients see. */
export interface ClientSide {
  readonly member: MemberNumber;
  /** Null while the node is down or starting. */
  readonly serving: { readonly process: SimProcess; readonly replica: ReplicaFrontDoor } | null;
}

export interface WorkloadInit {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly plan: FaultPlan;
  readonly nodes: readonly ClientSide[];
  readonly oracles: Oracles;
  readonly history: History;
}

/** A client that heard nothing for so long turns elsewhere. */
const CLIENT_PATIENCE_MS = 2500;
const REQUEST_TRAVEL_MS = 0.2;
/** Values that are gone after a while. */
const TTL_SHARE = 0.25;
const TTL_MS_MAX = 3000;

export class Workload {
  readonly #init: WorkloadInit;
  readonly #encoder = new KvEncoder();
  #lastValue = 0;
  #stopped = false;

  constructor(init: WorkloadInit) {
    this.#init = init;
  }

  start(): void {
    const { plan, prng } = this.#init;
    for (let client = 0; client < plan.clients; client += 1) {
      this.#next(client, prng.fork());
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Writes a fresh value to a node; `done` hears the outcome unless the node dies. */
  write(node: ClientSide, key: string, done: (outcome: Outcome) => void): void {
    const { serving, member } = node;
    if (serving === null) return;
    const { history } = this.#init;
    this.#lastValue += 1;
    const value = this.#uniqueValue();
    const ttlMs = this.#init.prng.chance(TTL_SHARE) ? this.#init.prng.between(1, TTL_MS_MAX) : null;
    const command = this.#encodeSet(key, value, ttlMs);
    const operation = history.begin({ key, value, ttlMs, command });
    serving.process.post(REQUEST_TRAVEL_MS, () => {
      serving.replica.propose(command, {
        settle: (outcome) => {
          history.settled(operation, member, outcome);
          done(outcome);
        },
      });
    });
  }

  #read(node: ClientSide, key: string, done: (outcome: Outcome) => void): void {
    const { serving, member } = node;
    if (serving === null) return;
    const { history, oracles } = this.#init;
    serving.process.post(REQUEST_TRAVEL_MS, () => {
      const committedAtStart = oracles.maxCommit;
      serving.replica.read({
        readReady: (outcome) => {
          if (outcome === 'ok') {
            const value = serving.replica.query(key) as string | null;
            history.read(member, { key, value, committedAtStart });
          }
          done(outcome);
        },
      });
    });
  }

  #next(client: number, prng: Prng): void {
    const { scheduler, plan } = this.#init;
    const thinkMs = -Math.log(1 - prng.unit()) * plan.thinkMsMean;
    scheduler.schedule(thinkMs, () => {
      if (!this.#stopped) this.#request(client, prng);
    });
  }

  #request(client: number, prng: Prng): void {
    const { scheduler, plan, nodes } = this.#init;
    const node = prng.pick(nodes);
    const key = `k${prng.between(1, plan.keys)}`;
    const reads = prng.chance(plan.readShare);
    if (node.serving === null) {
      this.#next(client, prng);
      return;
    }
    let over = false;
    const patience = scheduler.schedule(CLIENT_PATIENCE_MS, () => {
      over = true;
      this.#next(client, prng);
    });
    const done = (): void => {
      if (over) return;
      over = true;
      scheduler.cancel(patience);
      this.#next(client, prng);
    };
    if (reads) this.#read(node, key, done);
    else this.write(node, key, done);
  }

  #uniqueValue(): string {
    const { plan, prng } = this.#init;
    const padding = prng.between(0, plan.valueBytesMax);
    return `v${this.#lastValue}:${'x'.repeat(padding)}`;
  }

  #encodeSet(key: string, value: string, ttlMs: number | null): Bytes {
    const encoder = this.#encoder;
    encoder.begin(KV_OP.set);
    encoder.flags(ttlMs === null ? 0 : SET_FLAG.ttl);
    if (ttlMs !== null) encoder.number(ttlMs);
    encoder.fieldText(key);
    encoder.restText(value);
    return Buffer.from(encoder.view());
  }
}
