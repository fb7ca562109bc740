/**
 * What the connections of a server do together once a turn: one ReadIndex round, one write of
 * replies a connection, and the restart of connections that were held.
 *
 * The turn's number rises when the replica ends a turn, before anything new is dispatched, and
 * nothing is dispatched from within the replica's own callbacks. So two commands with the same
 * turn number are sealed by the same, later pump: the ground for anchored reads (see slot.ts).
 */
import type { Outcome, ReadWaiter, ReplicaFrontDoor } from '../replica/contract.ts';

/** A connection, as far as turns go. */
export interface TurnMember {
  /** Writes the replies that are due. */
  flush(): void;
  /** Goes on with the commands that were held back. */
  resume(): void;
}

/** All reads that arrived in one turn: they share one registration with the replica. */
class ReadRound implements ReadWaiter {
  readonly #turns: Turns;
  readonly members: ReadWaiter[] = [];

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  readReady(outcome: Outcome): void {
    this.#turns.closeRound(this);
    for (const member of this.members) member.readReady(outcome);
  }
}

export class Turns {
  readonly #replica: ReplicaFrontDoor;
  number = 0;
  #round: ReadRound | null = null;
  #dirty: TurnMember[] = [];
  #resumable: TurnMember[] = [];
  #tasks: (() => void)[] = [];
  #flushPlanned = false;

  constructor(replica: ReplicaFrontDoor) {
    this.#replica = replica;
    replica.onTurnEnd(() => this.#endTurn());
  }

  /** Adds a read to this turn's round. Never from within a callback of the replica. */
  read(waiter: ReadWaiter): void {
    let round = this.#round;
    if (round === null) {
      round = new ReadRound(this);
      this.#round = round;
      round.members.push(waiter);
      this.#replica.read(round);
      return;
    }
    round.members.push(waiter);
  }

  closeRound(round: ReadWaiter): void {
    if (this.#round === round) this.#round = null;
  }

  /** Has replies: they leave at the end of the turn. Once per member and flush. */
  markDirty(member: TurnMember): void {
    this.#dirty.push(member);
  }

  /** Was held and need not be any longer. */
  markResumable(member: TurnMember): void {
    this.#resumable.push(member);
  }

  /** Runs a task at the end of this turn, outside the replica's callbacks. */
  atEnd(task: () => void): void {
    this.#tasks.push(task);
  }

  /** For what was answered without the replica: nobody else would end this turn. */
  planFlush(): void {
    if (this.#flushPlanned) return;
    this.#flushPlanned = true;
    setImmediate(() => {
      this.#flushPlanned = false;
      this.#finish();
    });
  }

  #endTurn(): void {
    this.number += 1;
    this.#round = null;
    this.#finish();
  }

  #finish(): void {
    if (this.#tasks.length > 0) {
      const tasks = this.#tasks;
      this.#tasks = [];
      for (const task of tasks) task();
    }
    if (this.#resumable.length > 0) {
      const resumable = this.#resumable;
      this.#resumable = [];
      for (const member of resumable) member.resume();
    }
    if (this.#dirty.length === 0) return;
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const member of dirty) member.flush();
  }
}
