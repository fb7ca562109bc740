/**
 * A replica of one, without a log: what is proposed in a turn is applied at its end. By hand, a
 * test decides when the turn ends, which outcome a proposal gets and when a round is over.
 */
import { KvStore } from '../../src/node/apps/kvstore.ts';
import type { StateMachine } from '../../src/node/ports/state-machine.ts';
import type {
  Outcome,
  ProposalWaiter,
  ReadWaiter,
  ReplicaFrontDoor,
} from '../../src/node/replica/contract.ts';
import { allocBytes, type Bytes } from '../../src/std/bytes.ts';

interface Proposal {
  readonly start: number;
  readonly end: number;
  readonly waiter: ProposalWaiter;
}

export class FakeReplica implements ReplicaFrontDoor {
  readonly store = new KvStore();
  readonly #machine: StateMachine;
  full = false;
  /** Whether another node leads. */
  isFollower = false;
  isLeader = true;
  /** By hand: nothing happens until the test calls `turn` or its parts. */
  readonly byHand: boolean;
  /** How many calls of `propose` and `read` there were. */
  proposals = 0;
  reads = 0;
  #bytes: Bytes = allocBytes(1024 * 1024);
  #used = 0;
  #proposed: Proposal[] = [];
  #rounds: ReadWaiter[] = [];
  #roomTasks: (() => void)[] = [];
  #turnTasks: (() => void)[] = [];
  #planned = false;
  #index = 0;

  constructor(options: { readonly byHand?: boolean; readonly machine?: StateMachine } = {}) {
    this.#machine = options.machine ?? this.store;
    this.byHand = options.byHand ?? false;
  }

  propose(command: Bytes, waiter: ProposalWaiter): void {
    this.proposals += 1;
    const start = this.#used;
    const end = start + command.length;
    if (end > this.#bytes.length) {
      const grown = allocBytes(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, start);
      this.#bytes = grown;
    }
    command.copy(this.#bytes, start);
    this.#used = end;
    this.#proposed.push({ start, end, waiter });
    this.#plan();
  }

  read(waiter: ReadWaiter): void {
    this.reads += 1;
    this.#rounds.push(waiter);
    this.#plan();
  }

  query(request: unknown): unknown {
    return this.#machine.query(request);
  }

  get clusterTimeMs(): number {
    return Date.now();
  }

  onRoom(task: () => void): void {
    this.#roomTasks.push(task);
  }

  onTurnEnd(task: () => void): void {
    this.#turnTasks.push(task);
  }

  get openProposals(): number {
    return this.#proposed.length;
  }

  get openRounds(): number {
    return this.#rounds.length;
  }

  /** Settles the oldest proposals, in order; `applied` says whether they happen when not ok. */
  settle(count: number, outcome: Outcome = 'ok', applied = outcome === 'ok'): void {
    for (const { start, end, waiter } of this.#proposed.splice(0, count)) {
      this.#index += 1;
      const context = { index: this.#index, term: 1, leaderTimeMs: this.clusterTimeMs };
      const answer = applied ? this.#machine.apply(this.#bytes, start, end, context) : undefined;
      waiter.settle(outcome, answer);
    }
    if (this.#proposed.length === 0) this.#used = 0;
  }

  /** Ends the oldest rounds. */
  readReady(count: number, outcome: Outcome = 'ok'): void {
    for (const waiter of this.#rounds.splice(0, count)) waiter.readReady(outcome);
  }

  endTurn(): void {
    for (const task of this.#turnTasks) task();
  }

  /** A whole turn: everything that waits is answered. */
  turn(): void {
    this.settle(this.#proposed.length);
    this.readReady(this.#rounds.length);
    this.endTurn();
  }

  makeRoom(): void {
    this.full = false;
    for (const task of this.#roomTasks) task();
    this.endTurn();
  }

  #plan(): void {
    if (this.byHand || this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.turn();
    });
  }
}
