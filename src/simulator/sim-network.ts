/**
 * The network between the simulated nodes. Every message travels as the bytes of the real codec.
 *
 * A *link* has a direction: it can be blocked on its own (one-way partitions) and has its own
 * delays. A *connection* belongs to a pair of lives: both ends hear of it (`onPeerUp`), messages in
 * flight are lost when it breaks. An end may hear of the break much later than the other, as with
 * TCP when a machine loses its power: it then keeps sending into nothing.
 */

import type { ClusterId, MemberNumber } from '../node/model/ids.ts';
import type { PeerMessage } from '../node/model/message.ts';
import { decodeMessage, encodeMessage } from '../node/model/message-codec.ts';
import { assert } from '../std/assert.ts';
import type { Bytes } from '../std/bytes.ts';
import type { Prng } from '../std/prng.ts';
import type { Scheduler } from './scheduler.ts';
import { Violation } from './violation.ts';

/** More messages under way are a storm: all nodes' windows and caps together hold less. */
const UNDER_WAY_MAX = 50_000;

/** What the network does to messages now. */
export interface Weather {
  delayMsMin: number;
  /** Mean of the exponential part of a delay. */
  delayMsMean: number;
  dropChance: number;
  duplicateChance: number;
  /** Chance that a message ignores the order of its connection, and how late it may come. */
  reorderChance: number;
  reorderMsMax: number;
  /** How long the ends of a blocked connection take to call it broken; 0: they never do. */
  breakAfterMs: number;
  reconnectMs: number;
}

/** Sees every message at the moment it leaves a node, before the weather does. */
export type OnLeave = (message: PeerMessage) => void;

export interface SimNetworkInit {
  readonly scheduler: Scheduler;
  readonly cluster: ClusterId;
  readonly members: readonly MemberNumber[];
  readonly prng: Prng;
  readonly weather: Weather;
  readonly onLeave: OnLeave;
  /** Tells the trace what was delivered. */
  readonly onArrive: (message: PeerMessage, bytes: Bytes) => void;
}

/** One life's end of its connections. */
export interface NetworkEnd {
  readonly self: MemberNumber;
  arrived(message: PeerMessage): void;
  sawUp(member: MemberNumber): void;
  sawDown(member: MemberNumber): void;
}

interface Pair {
  readonly a: MemberNumber;
  readonly b: MemberNumber;
  /** Rises with every connection and every break: a message of an older one is lost. */
  epoch: number;
  live: boolean;
  connecting: boolean;
}

export class SimNetwork {
  readonly #init: SimNetworkInit;
  readonly #pairs = new Map<number, Pair>();
  readonly #ends = new Map<MemberNumber, NetworkEnd>();
  readonly #blocked = new Set<number>();
  readonly #lastArrivalMs = new Map<number, number>();
  /** Whom each life reaches; absent: everybody. */
  readonly #reached = new Map<MemberNumber, ReadonlySet<MemberNumber>>();
  /** By the names of coverage.ts. */
  readonly counts = { 'messages dropped': 0, 'messages doubled': 0, 'messages reordered': 0 };
  /** On their way now. */
  #underWay = 0;

  constructor(init: SimNetworkInit) {
    this.#init = init;
    for (const a of init.members) {
      for (const b of init.members) {
        if (a < b) {
          this.#pairs.set(key(a, b), { a, b, epoch: 0, live: false, connecting: false });
        }
      }
    }
  }

  get members(): readonly MemberNumber[] {
    return this.#init.members;
  }

  /** The life is ready to receive: connections to the others are made. */
  join(end: NetworkEnd): void {
    assert(!this.#ends.has(end.self), 'a member has one life at a time');
    this.#ends.set(end.self, end);
    for (const pair of this.#pairsOf(end.self)) this.#connectSoon(pair);
  }

  /**
   * The life ended. With `silently` (a power cut) the others keep their connection until the
   * member comes back or they find out by themselves.
   */
  leave(self: MemberNumber, silently: boolean): void {
    this.#reached.delete(self);
    if (!this.#ends.delete(self)) return;
    for (const pair of this.#pairsOf(self)) {
      const other = pair.a === self ? pair.b : pair.a;
      pair.live = false;
      pair.epoch += 1;
      if (!silently && !this.#blocked.has(key(self, other))) this.#ends.get(other)?.sawDown(self);
    }
  }

  /** Connects `self` with those and nobody else, as the transport does. */
  reach(self: MemberNumber, peers: ReadonlySet<MemberNumber>): void {
    this.#reached.set(self, peers);
    if (!this.#ends.has(self)) return;
    for (const pair of this.#pairsOf(self)) {
      if (pair.live && !this.#allowed(pair)) this.reset(pair.a, pair.b);
      this.#connectSoon(pair);
    }
  }

  /** The higher number dials; the lower one lets in whom it knows, and who is newer than those. */
  #allowed({ a, b }: Pair): boolean {
    if (this.#reached.get(b)?.has(a) === false) return false;
    const known = this.#reached.get(a);
    return known === undefined || known.has(b) || b > Math.max(a, ...known);
  }

  /** Whether this is the life of its member that takes part. */
  has(end: NetworkEnd): boolean {
    return this.#ends.get(end.self) === end;
  }

  /** Breaks the connection of two members; both hear of it and it is made again. */
  reset(a: MemberNumber, b: MemberNumber): void {
    const pair = this.#pair(a, b);
    if (!pair.live) return;
    pair.live = false;
    pair.epoch += 1;
    this.#ends.get(pair.a)?.sawDown(pair.b);
    this.#ends.get(pair.b)?.sawDown(pair.a);
    this.#connectSoon(pair);
  }

  /** From now on nothing travels from one to the other. */
  block(from: MemberNumber, to: MemberNumber): void {
    this.#blocked.add(key(from, to));
    const { breakAfterMs } = this.#init.weather;
    if (breakAfterMs === 0) return;
    const pair = this.#pair(from, to);
    const { epoch } = pair;
    this.#init.scheduler.schedule(breakAfterMs, () => {
      if (pair.epoch === epoch && this.#blocked.has(key(from, to))) this.reset(from, to);
    });
  }

  unblock(from: MemberNumber, to: MemberNumber): void {
    this.#blocked.delete(key(from, to));
  }

  unblockAll(): void {
    this.#blocked.clear();
  }

  /** Called by an endpoint's flush. */
  transmit(message: PeerMessage): void {
    const { weather, prng, onLeave } = this.#init;
    onLeave(message);
    const pair = this.#pair(message.from, message.to);
    if (!pair.live || this.#blocked.has(key(message.from, message.to))) return;
    if (prng.chance(weather.dropChance)) {
      this.counts['messages dropped'] += 1;
      return;
    }
    const bytes = encodeMessage(message);
    this.#carry(pair, message, bytes);
    // Raft's own messages may come twice. A connection never doubles what is sent once, and
    // clients' commands, forwarded once and refused once, rely on that.
    if (message.type === 'forward' || message.type === 'forwardRefused') return;
    if (prng.chance(weather.duplicateChance)) {
      this.counts['messages doubled'] += 1;
      this.#carry(pair, message, bytes);
    }
  }

  #carry(pair: Pair, { from, to }: PeerMessage, bytes: Bytes): void {
    const { scheduler, weather, prng, cluster, onArrive } = this.#init;
    const link = key(from, to);
    let arrivalMs = scheduler.nowMs + weather.delayMsMin + exponential(prng, weather.delayMsMean);
    if (prng.chance(weather.reorderChance)) {
      this.counts['messages reordered'] += 1;
      arrivalMs += prng.unit() * weather.reorderMsMax;
    } else {
      arrivalMs = Math.max(arrivalMs, this.#lastArrivalMs.get(link) ?? 0);
      this.#lastArrivalMs.set(link, arrivalMs);
    }
    const { epoch } = pair;
    this.#underWay += 1;
    if (this.#underWay > UNDER_WAY_MAX) {
      throw new Violation('I27 bounded resources', `${this.#underWay} messages are under way`);
    }
    scheduler.schedule(arrivalMs - scheduler.nowMs, () => {
      this.#underWay -= 1;
      const end = this.#ends.get(to);
      if (pair.epoch !== epoch || end === undefined || this.#blocked.has(link)) return;
      const message = decodeMessage(bytes, { start: 0, end: bytes.length }, cluster);
      assert(typeof message !== 'string', `the codec does not read its own frame: ${message}`);
      onArrive(message, bytes);
      end.arrived(message);
    });
  }

  #connectSoon(pair: Pair): void {
    if (pair.connecting || pair.live || !this.#allowed(pair)) return;
    pair.connecting = true;
    const { scheduler, weather, prng } = this.#init;
    const delayMs = weather.delayMsMin + prng.unit() * weather.reconnectMs;
    scheduler.schedule(delayMs, () => {
      pair.connecting = false;
      const a = this.#ends.get(pair.a);
      const b = this.#ends.get(pair.b);
      // The life that starts next begins anew.
      if (a === undefined || b === undefined || !this.#allowed(pair)) return;
      if (this.#blocked.has(key(pair.a, pair.b)) || this.#blocked.has(key(pair.b, pair.a))) {
        this.#connectSoon(pair);
        return;
      }
      pair.live = true;
      pair.epoch += 1;
      a.sawUp(pair.b);
      b.sawUp(pair.a);
    });
  }

  #pair(a: MemberNumber, b: MemberNumber): Pair {
    const pair = this.#pairs.get(a < b ? key(a, b) : key(b, a));
    assert(pair !== undefined, `no such link: ${a} to ${b}`);
    return pair;
  }

  #pairsOf(member: MemberNumber): Pair[] {
    return [...this.#pairs.values()].filter((pair) => pair.a === member || pair.b === member);
  }
}

function key(from: MemberNumber, to: MemberNumber): number {
  return from * 1000 + to;
}

function exponential(prng: Prng, mean: number): number {
  return -Math.log(1 - prng.unit()) * mean;
}
