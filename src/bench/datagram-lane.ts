/**
 * A client whose requests go to all targets at once, and are answered by UDP. The protocol has no
 * numbers, so what tells answers apart is the port that they come to: each request under way has
 * one of its own.
 *
 * ```
 *  ports   resting, the longest first -> named by a request -> answered: resting again
 *                                                           -> no answer in time: a new port takes
 *                                                              its place, it stays with its request
 * ```
 * So a datagram that comes late is the late answer of its own request, or of nobody; one that comes
 * twice finds its port resting, as there is one port more than requests may be under way, and ends
 * the lane. A port whose answer may still come is not given back to the system at once, which
 * might hand it out again. Where the system has no more, there is room for one request less until
 * a late answer gives a port back, or the lane begins anew.
 */
import { AnswerPort } from '../client/answer-port.ts';
import { ReplicaLinks } from '../client/replica-links.ts';
import type { Awaited, ReplyKind, ReplyScanner, ReplySink } from './drivers/driver.ts';
import { Lane, type LaneOwner, type LostKind } from './lane.ts';
import type { Operation } from './tally.ts';
import type { Target } from './target.ts';

/** Requests that had no answer in time, and may still have one. */
const EXPIRED_MAX = 64;
/** Ports of requests of former connections that are kept. */
const LINGERING_MAX = 32;
const NO_SLOT = -1;

interface Place {
  port: AnswerPort | null;
  /** Whose answer is to come there; NO_SLOT: it rests. */
  slot: number;
  /** Nobody listens to it any more. */
  isOver: boolean;
}

export class DatagramLane extends Lane implements ReplySink {
  readonly #scanner: ReplyScanner;
  /** Slots of unanswered requests, oldest first. */
  readonly #order: Int32Array;
  readonly #emptySlots: number[] = [];
  readonly #placeOf: (Place | null)[];
  #links: ReplicaLinks | null = null;
  /** Where this machine is answered. */
  #host = '';
  #resting: Place[] = [];
  #lingering: Place[] = [];
  #count = 0;
  /** Of them, those that have timed out. */
  #expired = 0;
  /** Whose answer is being read. */
  #slot = NO_SLOT;
  #wasOpen = false;

  constructor(owner: LaneOwner) {
    const places = owner.window + EXPIRED_MAX;
    super(owner, places);
    this.#scanner = owner.driver.createScanner();
    this.#order = new Int32Array(places);
    this.#placeOf = Array.from({ length: places }, () => null);
    this.#empty();
  }

  get isOpen(): boolean {
    return this.#links !== null;
  }

  isOpenTo(target: number): boolean {
    return this.#links?.isOpen(target) ?? false;
  }

  get count(): number {
    return this.#count;
  }

  get room(): number {
    if (this.#links === null) return 0;
    const underWay = this.#count - this.#expired;
    return Math.min(this.owner.window - underWay, this.#resting.length, this.#emptySlots.length);
  }

  get replyPort(): number {
    return this.#resting[0]?.port?.number ?? 0;
  }

  get awaits(): Awaited {
    return this.awaitedAt(this.#slot);
  }

  /** To all of them at first; later, when some may be down, to any. */
  async open(targets: readonly Target[], timeoutMs: number): Promise<void> {
    const links = new ReplicaLinks({
      addresses: targets.map(({ address }) => address),
      connectMs: timeoutMs,
      // One that reads never has more to read than what it has not answered.
      unsentBytesMax: this.#placeOf.length * this.owner.requestBytesMax,
      // Who answers on the connection has not understood.
      onBytes: () => this.#lose(links, 'protocol'),
      onCutOff: () => this.#lose(links, 'reset'),
    });
    const places: Place[] = [];
    try {
      const tried = await links.open();
      const failed = tried.find((error) => error !== null) ?? null;
      if (failed !== null && !(this.#wasOpen && tried.includes(null))) throw failed;
      this.#host = links.ownAddress;
      for (let i = 0; i <= this.owner.window; i += 1) places.push(await this.#openPlace());
      if (links.isCutOff) throw new Error('the connection was closed');
    } catch (error) {
      links.close();
      for (const place of places) end(place);
      throw error;
    }
    this.#wasOpen = true;
    this.#resting = places;
    this.#links = links;
  }

  push(operation: Operation, intendedNs: number): void {
    const slot = this.#emptySlots.pop() as number;
    const place = this.#resting.shift() as Place;
    place.slot = slot;
    this.#placeOf[slot] = place;
    this.#order[this.#count] = slot;
    this.#count += 1;
    this.fill(slot, operation, intendedNs);
  }

  write(bytes: Buffer, requests: number, nowNs: number): boolean {
    this.markSent(requests, nowNs);
    return this.#links?.write(bytes) ?? true;
  }

  slotAt(index: number): number {
    return this.#order[index] as number;
  }

  override expire(slot: number): void {
    super.expire(slot);
    this.#expired += 1;
    const links = this.#links;
    if (links === null) return;
    this.#openPlace().then(
      (place) => {
        if (this.#links === links) this.#rest(place);
        else end(place);
      },
      () => {}, // The system has no more ports.
    );
  }

  clear(): void {
    for (let i = 0; i < this.#count; i += 1) {
      const place = this.#placeOf[this.slotAt(i)] ?? null;
      if (place !== null) this.#lingering.push(place);
    }
    for (const place of this.#lingering) place.isOver = true;
    const tooMany = Math.max(0, this.#lingering.length - LINGERING_MAX);
    for (const place of this.#lingering.splice(0, tooMany)) end(place);
    this.#empty();
  }

  drop(): void {
    if (this.#links !== null) this.#lose(this.#links, 'reset');
  }

  close(): void {
    this.#links?.close();
    this.#links = null;
    this.clear();
    for (const place of [...this.#resting, ...this.#lingering]) end(place);
    this.#resting = [];
    this.#lingering = [];
  }

  onReply(kind: ReplyKind, word: string): void {
    const slot = this.#slot;
    const place = this.#placeOf[slot] as Place;
    const at = this.#order.indexOf(slot);
    this.#order.copyWithin(at, at + 1, this.#count);
    this.#count -= 1;
    this.#placeOf[slot] = null;
    this.#emptySlots.push(slot);
    place.slot = NO_SLOT;
    if (this.timedOut[slot] === 1) this.#expired -= 1;
    this.#rest(place);
    this.owner.onAnswer(this, slot, kind, word);
  }

  /** One place more than requests may be under way is enough: a late one's was taken, mostly. */
  #rest(place: Place): void {
    const taken = this.#resting.length + this.#count - this.#expired;
    if (taken > this.owner.window) end(place);
    else this.#resting.push(place);
  }

  async #openPlace(): Promise<Place> {
    const place: Place = { port: null, slot: NO_SLOT, isOver: false };
    place.port = await AnswerPort.open({
      host: this.#host,
      onDatagram: (datagram) => this.#receive(place, datagram),
    });
    return place;
  }

  #receive(place: Place, datagram: Buffer): void {
    const links = this.#links;
    if (place.isOver || links === null) return;
    if (place.slot === NO_SLOT) {
      this.#lose(links, 'twice');
      return;
    }
    this.owner.onBytes();
    this.#slot = place.slot;
    if (this.#scanner.push(datagram, datagram.length, this)) this.owner.onSettled(this);
    else this.#lose(links, 'protocol');
  }

  #lose(links: ReplicaLinks, kind: LostKind): void {
    if (links !== this.#links) return;
    links.close();
    this.#links = null;
    for (const place of this.#resting) end(place);
    this.#resting = [];
    this.owner.onLost(this, kind);
  }

  #empty(): void {
    this.#count = 0;
    this.#expired = 0;
    this.#placeOf.fill(null);
    this.#emptySlots.length = 0;
    for (let slot = this.#order.length - 1; slot >= 0; slot -= 1) this.#emptySlots.push(slot);
  }
}

function end(place: Place): void {
  place.isOver = true;
  place.port?.close();
  place.port = null;
}
