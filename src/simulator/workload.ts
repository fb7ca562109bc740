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
import { type BlackBox, livesForEver } from './black-box.ts';
import type { FaultPlan } from './fault-plan.ts';
import type { History, Operation } from './history.ts';
import {
  OnceClients,
  type OnceOperation,
  REPEAT_SHARE,
  type Stubborn,
  stubbornOf,
} from './once-clients.ts';
import type { Oracles } from './oracles.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimProcess } from './sim-process.ts';
import { Violation } from './violation.ts';

/** The part of a node that clients see. */
export interface ClientSide {
  readonly member: MemberNumber;
  /** Null while the node is down or starting. */
  readonly serving: { readonly process: SimProcess; readonly replica: ReplicaFrontDoor } | null;
}

/** One request of a client, with all that was drawn for it. */
export interface PlannedOperation {
  readonly atMs: number;
  /** Whom it asks. */
  readonly member: MemberNumber;
  readonly key: string;
  readonly read: boolean;
  /** A write of a client with a session: the same one again is a repetition. */
  readonly once?: OnceOperation;
  /** Of a write: how long its value lives (null: for ever), and how much of it is padding. */
  readonly ttlMs: number | null;
  readonly padding: number;
}

export interface WorkloadInit {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly plan: FaultPlan;
  readonly nodes: readonly ClientSide[];
  readonly oracles: Oracles;
  readonly history: History;
  readonly blackBox: BlackBox;
  /** What is asked, and when; null: it is drawn as the run goes. */
  readonly operations: readonly PlannedOperation[] | null;
}

/** Every request is answered within that, unless its node dies. */
const ANSWER_MS_MAX = 7000;

/** A client that heard nothing for so long turns elsewhere. */
const CLIENT_PATIENCE_MS = 2500;
const REQUEST_TRAVEL_MS = 0.2;
/** Values that are gone after a while, of the keys that have such. */
const TTL_SHARE = 0.5;
const TTL_MS_MAX = 3000;

interface LiveClient {
  readonly prng: Prng;
  readonly stubborn: Stubborn<PlannedOperation> | null;
}

/** A request under way. */
interface Open {
  readonly member: MemberNumber;
  readonly process: SimProcess;
  readonly atMs: number;
  readonly read: boolean;
}

export class Workload {
  readonly #init: WorkloadInit;
  readonly #encoder = new KvEncoder();
  readonly #asked: PlannedOperation[] = [];
  readonly #open = new Set<Open>();
  readonly #once: OnceClients;
  #lastValue = 0;
  #stopped = false;

  constructor(init: WorkloadInit) {
    this.#init = init;
    this.#once = new OnceClients(init.history);
  }

  /** What was asked so far: as `operations` of another run it asks the same again. */
  get asked(): readonly PlannedOperation[] {
    return this.#asked;
  }

  start(): void {
    const { plan, prng, operations, scheduler } = this.#init;
    if (operations === null) {
      for (let client = 0; client < plan.clients; client += 1) {
        this.#next({ prng: prng.fork(), stubborn: stubbornOf(client, plan.sessions.share) });
      }
      return;
    }
    for (const operation of operations) {
      scheduler.schedule(Math.max(0, operation.atMs - scheduler.nowMs), () => {
        if (!this.#stopped) this.#perform(operation, () => {});
      });
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Writes a fresh value to a node; `done` hears the outcome unless the node dies. */
  write(member: MemberNumber, key: string, done: (outcome: Outcome) => void): void {
    this.#perform({ ...this.#drawValue(key), atMs: 0, member, key, read: false }, done);
  }

  read(member: MemberNumber, key: string, done: (outcome: Outcome) => void): void {
    this.#perform({ atMs: 0, member, key, read: true, ttlMs: null, padding: 0 }, done);
  }

  /** Nobody who asked a node that lives is left without an answer (I27). */
  checkAnswered(): void {
    const { nowMs } = this.#init.scheduler;
    for (const { member, process, atMs, read } of this.#open) {
      if (!process.alive || nowMs - atMs < ANSWER_MS_MAX) continue;
      const detail = `n${member} has not answered a ${read ? 'read' : 'write'} for ${Math.round(nowMs - atMs)} ms`;
      throw new Violation('I27 bounded resources', detail);
    }
  }

  #next(client: LiveClient): void {
    const { scheduler, plan } = this.#init;
    const { prng } = client;
    const thinkMs = -Math.log(1 - prng.unit()) * plan.thinkMsMean;
    scheduler.schedule(thinkMs, () => {
      if (!this.#stopped) this.#request(client);
    });
  }

  #request(client: LiveClient): void {
    const { prng, stubborn } = client;
    const { scheduler, plan, nodes, blackBox } = this.#init;
    const { member } = prng.pick(nodes);
    const key = blackBox.nameOf(`k${prng.between(1, plan.keys)}`);
    const read = prng.chance(plan.readShare);
    const value = read ? { ttlMs: null, padding: 0 } : this.#drawValue(key);
    const drawn = { atMs: scheduler.nowMs, member, key, read, ...value };
    const operation = read || stubborn === null ? drawn : this.#once.next(stubborn, drawn);
    let over = false;
    const patience = scheduler.schedule(CLIENT_PATIENCE_MS, () => {
      over = true;
      this.#next(client);
    });
    const done = (outcome: Outcome | null): void => {
      if (over) return;
      over = true;
      scheduler.cancel(patience);
      // Answered, and sent once more all the same.
      if (stubborn !== null && !read && outcome === 'ok' && !prng.chance(REPEAT_SHARE)) {
        stubborn.last = null;
      }
      this.#next(client);
    };
    if (this.#perform(operation, done)) this.#asked.push(operation);
    else done(null);
  }

  /** @returns whether the node serves anybody. */
  #perform(operation: PlannedOperation, done: (outcome: Outcome) => void): boolean {
    const { nodes, scheduler } = this.#init;
    const { member, key, read, ttlMs } = operation;
    const node = nodes.find((n) => n.member === member);
    const serving = node?.serving ?? null;
    if (serving === null) return false;
    const send = operation.once === undefined ? null : this.#prepare(operation, operation.once);
    if (operation.once !== undefined && send === null) return false;
    const open = { member, process: serving.process, atMs: scheduler.nowMs, read };
    this.#open.add(open);
    this.#lastValue += read ? 0 : 1;
    const value = `v${this.#lastValue}:${'x'.repeat(operation.padding)}`;
    const write = read ? null : { value, ttlMs };
    const seen = this.#init.blackBox.begin(`of n${member}`, { key, write });
    const answered = (outcome: Outcome, found: string | null): void => {
      this.#open.delete(open);
      seen(outcome, found);
      done(outcome);
    };
    if (send !== null) {
      serving.process.post(REQUEST_TRAVEL_MS, () => {
        send(serving, member, (outcome) => answered(outcome, null));
      });
    } else if (read) this.#sendRead(serving, operation, answered);
    else this.#sendWrite(serving, { ...operation, value }, (outcome) => answered(outcome, null));
    return true;
  }

  #sendWrite(
    { process, replica }: NonNullable<ClientSide['serving']>,
    { member, key, ttlMs, value }: PlannedOperation & { readonly value: string },
    done: (outcome: Outcome) => void,
  ): void {
    const { history } = this.#init;
    const command = this.#encodeSet({ key, value, ttlMs, flags: 0 });
    const operation = history.begin({ key, value, ttlMs, command });
    process.post(REQUEST_TRAVEL_MS, () => {
      replica.propose(command, {
        settle: (outcome) => {
          history.settled(operation, member, outcome);
          done(outcome);
        },
      });
    });
  }

  #sendRead(
    { process, replica }: NonNullable<ClientSide['serving']>,
    { member, key }: PlannedOperation,
    done: (outcome: Outcome, value: string | null) => void,
  ): void {
    const { history, oracles } = this.#init;
    process.post(REQUEST_TRAVEL_MS, () => {
      const committedAtStart = oracles.maxCommit;
      replica.read({
        readReady: (outcome) => {
          const value = outcome === 'ok' ? (replica.query(key) as string | null) : null;
          if (outcome === 'ok') history.read(member, { key, value, committedAtStart });
          done(outcome, value);
        },
      });
    });
  }

  #prepare(planned: PlannedOperation, once: OnceOperation): ReturnType<OnceClients['prepare']> {
    return this.#once.prepare(once, () => this.#make(planned, SET_FLAG.get));
  }

  /** A write of a fresh value. */
  #make(
    { key, ttlMs, padding }: Pick<PlannedOperation, 'key' | 'ttlMs' | 'padding'>,
    flags: number,
  ): { readonly command: Bytes; readonly operation: Operation } {
    this.#lastValue += 1;
    const value = `v${this.#lastValue}:${'x'.repeat(padding)}`;
    const command = this.#encodeSet({ key, value, ttlMs, flags });
    return { command, operation: this.#init.history.begin({ key, value, ttlMs, command }) };
  }

  #drawValue(key: string): { readonly ttlMs: number | null; readonly padding: number } {
    const { plan, prng } = this.#init;
    const padding = prng.between(0, plan.valueBytesMax);
    const expires = prng.chance(TTL_SHARE) && !livesForEver(key);
    return { padding, ttlMs: expires ? prng.between(1, TTL_MS_MAX) : null };
  }

  #encodeSet(what: {
    readonly key: string;
    readonly value: string;
    readonly ttlMs: number | null;
    readonly flags: number;
  }): Bytes {
    const { key, value, ttlMs, flags } = what;
    const encoder = this.#encoder;
    encoder.begin(KV_OP.set);
    encoder.flags(flags | (ttlMs === null ? 0 : SET_FLAG.ttl));
    if (ttlMs !== null) encoder.number(ttlMs);
    encoder.fieldText(key);
    encoder.restText(value);
    return Buffer.from(encoder.view());
  }
}
