/**
 * Follows one request through a node, at the rims of its replica: messages that come and go, syncs
 * of the log, turns that apply. A command is known by a marker in its bytes, so nothing of it
 * changes on its way. Until somebody asks for it, it costs a comparison a message and a sync.
 */
import { type Bytes, bytesFrom } from '../../std/bytes.ts';
import type { NodeTrace, TracedBatch, TraceMark } from '../../wire/traces.ts';
import type { MemberNumber } from '../model/ids.ts';
import type { PeerMessage } from '../model/message.ts';
import type { Clock } from '../ports/clock.ts';
import type { Network, NetworkEvents, NetworkStats, PeerAddress } from '../ports/network.ts';
import type { Replica } from '../replica/replica.ts';

/** A busy node has some thousands a second. */
const MARKS_MAX = 20_000;

export class Tracer {
  readonly #clock: Clock;
  #replica: Replica | null = null;
  #marker: Bytes | null = null;
  #untilMs = 0;
  #marks: TraceMark[] = [];
  #dropped = 0;
  #batch: TracedBatch | null = null;
  #appliedIndex = 0;
  #watchesTurns = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  attach(replica: Replica): void {
    this.#replica = replica;
  }

  /** Looks out for a command with the marker from now on, and forgets what was seen before. */
  arm(marker: string, ms: number): void {
    this.#marker = bytesFrom(marker, 'utf8');
    this.#untilMs = this.#clock.nowMs() + ms;
    this.#marks = [];
    this.#dropped = 0;
    this.#batch = null;
    this.#appliedIndex = this.#replica?.applier.appliedIndex ?? 0;
    if (this.#watchesTurns) return;
    this.#watchesTurns = true;
    // After the tasks of the client ports: by then clients are answered.
    this.#replica?.onTurnEnd(() => this.#turn());
  }

  /** The network as the replica is to see it. */
  network(inner: Network): Network {
    return new TracedNetwork(inner, this);
  }

  get isArmed(): boolean {
    return this.#marker !== null;
  }

  /** Requires: armed. */
  message(what: 'send' | 'receive', message: PeerMessage): void {
    const peer = this.#nameOf(what === 'send' ? message.to : message.from);
    const facts = { monoMs: this.#clock.nowMs(), what, message: message.type, peer };
    switch (message.type) {
      case 'append': {
        const { round, batches } = message;
        const traced = batches.find(({ bytes }) => this.#holds(bytes));
        if (traced !== undefined) this.#batch = { first: traced.first, last: traced.last };
        const index = traced?.last ?? batches.at(-1)?.last ?? message.prevIndex;
        this.#add({ ...facts, index, round, isTraced: traced !== undefined });
        return;
      }
      case 'forward':
        this.#add({ ...facts, isTraced: this.#holds(message.records) });
        return;
      case 'appendReply':
        this.#add({ ...facts, index: message.matchIndex });
        return;
      case 'heartbeat':
      case 'heartbeatReply':
        this.#add({ ...facts, round: message.round });
        return;
      case 'readIndex':
      case 'readIndexReply':
        this.#add({ ...facts, request: message.requestId });
        return;
      default:
        return;
    }
  }

  /** A write to the log and its sync took so long. */
  synced(tookMs: number): void {
    if (this.#marker === null) return;
    this.#add({ monoMs: this.#clock.nowMs(), what: 'sync', tookMs });
  }

  #turn(): void {
    if (this.#marker === null) return;
    const index = this.#replica?.applier.appliedIndex ?? 0;
    if (index === this.#appliedIndex) return;
    this.#appliedIndex = index;
    this.#add({ monoMs: this.#clock.nowMs(), what: 'turn', index });
  }

  /** What was seen since `arm`. */
  seen(): Pick<NodeTrace, 'monoMs' | 'marks' | 'dropped' | 'batch'> {
    const monoMs = this.#clock.nowMs();
    return { monoMs, marks: this.#marks, dropped: this.#dropped, batch: this.#batch };
  }

  #holds(bytes: Bytes): boolean {
    return this.#marker !== null && bytes.includes(this.#marker);
  }

  #add(mark: TraceMark): void {
    if (mark.monoMs > this.#untilMs) this.#marker = null;
    else if (this.#marks.length < MARKS_MAX) this.#marks.push(mark);
    else this.#dropped += 1;
  }

  #nameOf(member: MemberNumber): string {
    return this.#replica?.nameOf(member) ?? String(member);
  }
}

class TracedNetwork implements Network {
  readonly #inner: Network;
  readonly #tracer: Tracer;

  constructor(inner: Network, tracer: Tracer) {
    this.#inner = inner;
    this.#tracer = tracer;
  }

  start(events: NetworkEvents): void {
    this.#inner.start({
      onMessage: (message) => {
        if (this.#tracer.isArmed) this.#tracer.message('receive', message);
        events.onMessage(message);
      },
      onPeerUp: (member) => events.onPeerUp(member),
      onPeerDown: (member) => events.onPeerDown(member),
    });
  }

  send(message: PeerMessage): boolean {
    if (this.#tracer.isArmed) this.#tracer.message('send', message);
    return this.#inner.send(message);
  }

  reach(peers: readonly PeerAddress[], highestNumber?: MemberNumber): void {
    this.#inner.reach(peers, highestNumber);
  }

  flush(): void {
    this.#inner.flush();
  }

  stats(): NetworkStats {
    return this.#inner.stats();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
