/**
 * Clients' commands on their way into the log.
 *
 * ```
 *  take() -> chunk of this turn -> this node leads: one batch      -> awaited by log index
 *                               -> another leads:   one forward    -> awaited by origin
 *                               -> nobody leads, or leadership is being handed over:
 *                                                   held, refused after 1 s
 * ```
 * A command is appended or forwarded once. Only when a peer says that it appended none of a forward
 * do those commands go on their way again.
 */
import { assert } from '../../std/assert.ts';
import { type Bytes, concatBytes } from '../../std/bytes.ts';
import { BATCH_KIND } from '../model/batch.ts';
import { PayloadBuilder, recordsAreWhole, type SessionTag } from '../model/command.ts';
import type { MemberNumber } from '../model/ids.ts';
import type { Forward, ForwardRefused, PeerMessage } from '../model/message.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';
import type { Awaited } from './awaited.ts';
import { Chunk, type OriginCounter } from './chunk.ts';
import type { Outcome, ProposalWaiter } from './contract.ts';
import { INBOX_BYTES_MAX } from './inbox.ts';

/** Without a leader a command waits this long before it is refused. */
export const LEADER_WAIT_MS_MAX = 1000;
/** A chunk is judged by its first command: what comes so much later gets a chunk of its own. */
const CHUNK_SPAN_MS_MAX = 100;
/** Over these the sockets are paused: bytes of commands held, commands held or unanswered. */
export const HELD_BYTES_MAX = 32 * 1024 * 1024;
export const PENDING_COMMANDS_MAX = 200_000;
/** Peers' commands that wait while leadership is handed over; a turn's inbox holds no more. */
export const ARRIVED_BYTES_MAX = INBOX_BYTES_MAX;
/** Payload buffers kept for the next turns. */
const SPARE_PAYLOADS_MAX = 4;

export interface ProposalsInit {
  readonly self: MemberNumber;
  readonly raft: RaftFrontDoor;
  readonly origins: OriginCounter;
  readonly awaited: Awaited;
  readonly send: (message: PeerMessage) => boolean;
}

export class Proposals {
  readonly #self: MemberNumber;
  readonly #raft: RaftFrontDoor;
  readonly #origins: OriginCounter;
  readonly #awaited: Awaited;
  readonly #send: (message: PeerMessage) => boolean;
  /** Not yet dispatched, in the order in which they were taken. */
  #held: Chunk[] = [];
  /** The held chunk that takes new commands; one that is held again takes none. */
  #open: Chunk | null = null;
  #lastOrder = 0;
  #heldBytes = 0;
  #heldCommands = 0;
  /** Peers' commands that arrived in this turn, or since a transfer of leadership began. */
  #arrived: Forward[] = [];
  #arrivedBytes = 0;
  #spare: PayloadBuilder[] = [];

  constructor(init: ProposalsInit) {
    this.#self = init.self;
    this.#raft = init.raft;
    this.#origins = init.origins;
    this.#awaited = init.awaited;
    this.#send = init.send;
  }

  /** How full the named caps are: over 1 the sockets are paused, below 0.5 they go on. */
  get load(): number {
    const commands = this.#heldCommands + this.#awaited.commands;
    return Math.max(this.#heldBytes / HELD_BYTES_MAX, commands / PENDING_COMMANDS_MAX);
  }

  get waiting(): boolean {
    return this.#heldCommands > 0 || this.#arrived.length > 0;
  }

  /** Bytes of what waits to be dispatched. */
  get waitingBytes(): number {
    return this.#heldBytes + this.#arrivedBytes;
  }

  /** Copies a client's command. */
  take(command: Bytes, waiter: ProposalWaiter, nowMs: number, tag: SessionTag | null = null): void {
    const leads = this.#raft.role === 'leader';
    let chunk = this.#open;
    const isOver = chunk?.closed === true || nowMs - (chunk?.queuedAtMs ?? 0) > CHUNK_SPAN_MS_MAX;
    if (chunk === null || isOver || (chunk.firstSequence === 0) !== leads) {
      chunk = this.#newChunk(nowMs);
      this.#held.push(chunk);
      this.#open = chunk;
    }
    chunk.add(command, waiter, leads ? null : this.#origins.next(), tag);
    this.#heldBytes += command.length;
    this.#heldCommands += 1;
  }

  takeForward(forward: Forward): void {
    const { records, count } = forward;
    const isWelcome = this.#arrivedBytes + records.length <= ARRIVED_BYTES_MAX;
    if (!isWelcome || !recordsAreWhole(records, count)) {
      this.#refuse(forward);
      return;
    }
    this.#arrived.push(forward);
    this.#arrivedBytes += records.length;
  }

  /** Moves what is held to where it can go now; called once a turn. */
  dispatch(nowMs: number, leaderTimeMs: number): void {
    if (this.#raft.role === 'leader') {
      this.#appendAll(nowMs, leaderTimeMs);
      return;
    }
    this.#refuseArrived();
    if (this.#held.length === 0 || this.#raft.leader === 0) return;
    const chunks = this.#takeHeld();
    for (const [i, chunk] of chunks.entries()) {
      if (this.#forward(chunk, nowMs)) continue;
      for (const kept of chunks.slice(i)) this.#hold(kept);
      return;
    }
  }

  /** The commands of a refused forward wait for a leader again, as long as they may. */
  forwardRefused(message: ForwardRefused): void {
    const refused = this.#awaited.takeRefused(message.from, message.firstSequence);
    if (refused === null || refused.records === null) return;
    const chunk = new Chunk(new PayloadBuilder(), refused);
    chunk.payload.addRecords(refused.records, refused.waiters.length);
    chunk.firstSequence = refused.firstSequence;
    for (const waiter of refused.waiters) {
      assert(waiter !== null, 'a refused command was applied');
      chunk.waiters.push(waiter);
    }
    this.#hold(chunk);
  }

  /**
   * Refuses what has waited too long for a leader. To be called after `dispatch`: a process that
   * stood still has waited long, and may lead all the same.
   */
  expire(nowMs: number): void {
    const isOld = (chunk: Chunk): boolean => nowMs - chunk.queuedAtMs >= LEADER_WAIT_MS_MAX;
    if (!this.#held.some(isOld)) return;
    for (const chunk of this.#takeHeld()) {
      if (isOld(chunk)) refuseAll(chunk, 'noLeader');
      else this.#hold(chunk);
    }
  }

  /** Refuses what has not gone anywhere yet. */
  refuseHeld(outcome: Outcome): void {
    for (const chunk of this.#takeHeld()) refuseAll(chunk, outcome);
  }

  stop(): void {
    this.refuseHeld('stopping');
    this.#refuseArrived();
  }

  #refuseArrived(): void {
    for (const forward of this.#takeArrived()) this.#refuse(forward);
  }

  #takeArrived(): readonly Forward[] {
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#arrivedBytes = 0;
    return arrived;
  }

  #takeHeld(): Chunk[] {
    const held = this.#held;
    this.#held = [];
    this.#open = null;
    this.#heldBytes = 0;
    this.#heldCommands = 0;
    return held;
  }

  #newChunk(nowMs: number): Chunk {
    this.#lastOrder += 1;
    const payload = this.#spare.pop() ?? new PayloadBuilder();
    return new Chunk(payload, { queuedAtMs: nowMs, order: this.#lastOrder });
  }

  /** Holds a chunk again, before those that were taken after it: clients may count on order. */
  #hold(chunk: Chunk): void {
    const at = this.#held.findIndex((held) => held.order > chunk.order);
    this.#held.splice(at < 0 ? this.#held.length : at, 0, chunk);
    this.#heldBytes += chunk.payload.byteLength;
    this.#heldCommands += chunk.waiters.length;
  }

  /** Own chunks and peers' groups share batches, up to the batch size. */
  #appendAll(nowMs: number, leaderTimeMs: number): void {
    const chunks = this.#takeHeld();
    const arrived = this.#takeArrived();
    let next = 0;
    for (let i = 0; i < chunks.length || next < arrived.length; i += 1) {
      const chunk = chunks[i] ?? this.#newChunk(nowMs);
      while (next < arrived.length) {
        const group = arrived[next] as Forward;
        if (chunk.payload.count > 0 && !chunk.hasRoomFor(group.records.length)) break;
        chunk.payload.addRecords(group.records, group.count);
        next += 1;
      }
      this.#append(chunk, nowMs, leaderTimeMs);
    }
  }

  #append(chunk: Chunk, nowMs: number, leaderTimeMs: number): void {
    const { payload, waiters, firstSequence, queuedAtMs, order } = chunk;
    const result = this.#raft.propose({
      kind: BATCH_KIND.commands,
      count: payload.count,
      payload: payload.view(),
      leaderTimeMs,
    });
    assert(result.accepted, 'a leader refused a proposal');
    const { first, term } = result;
    if (waiters.length > 0 && firstSequence === 0) {
      this.#awaited.addAppended({ first, term, atMs: nowMs, waiters });
    } else if (waiters.length > 0) {
      const to = this.#self;
      const records = null;
      this.#awaited.addForwarded({
        ...{ to, term, firstSequence, atMs: nowMs, queuedAtMs, order, records },
        waiters: [...waiters],
      });
    }
    this.#reuse(payload);
  }

  /** @returns false when the chunk could not be sent: it stays held. */
  #forward(chunk: Chunk, nowMs: number): boolean {
    if (chunk.firstSequence === 0) chunk.addOrigins(this.#origins);
    const { firstSequence, queuedAtMs, order } = chunk;
    const { leader: to, term } = this.#raft;
    const records = concatBytes([chunk.payload.view()]);
    const count = chunk.waiters.length;
    const type = 'forward';
    if (!this.#send({ type, from: this.#self, to, term, firstSequence, count, records })) {
      return false;
    }
    this.#awaited.addForwarded({
      ...{ to, term, firstSequence, atMs: nowMs, queuedAtMs, order, records },
      waiters: [...chunk.waiters],
    });
    this.#reuse(chunk.payload);
    return true;
  }

  #refuse(forward: Forward): void {
    this.#send({
      type: 'forwardRefused',
      from: this.#self,
      to: forward.from,
      term: this.#raft.term,
      firstSequence: forward.firstSequence,
      count: forward.count,
    });
  }

  #reuse(payload: PayloadBuilder): void {
    payload.clear();
    if (this.#spare.length < SPARE_PAYLOADS_MAX) this.#spare.push(payload);
  }
}

function refuseAll(chunk: Chunk, outcome: Outcome): void {
  for (const waiter of chunk.waiters) waiter.settle(outcome, null);
}
