/**
 * What the server may ask of a replica, and what it is told. No promise and no closure per command:
 * the server's own reply slots are the waiters.
 */
import type { Bytes } from '../../std/bytes.ts';
import type { SessionTag } from '../model/command.ts';
import type { MemberNumber } from '../model/ids.ts';
import type { TransferRefusal } from '../raft/ready.ts';

export type { SessionTag };

/**
 * How a request ended.
 * - `ok`: committed, applied here; the answer is the state machine's.
 * - `unknown`: it may or may not have happened, and may yet happen.
 * - `noLeader`: refused after waiting for a leader; it did not happen.
 * - `busy`: refused because the replica's inbox stayed full; it did not happen.
 * - `diskFull`: refused because this node's disk is full; it did not happen.
 * - `stopping`: refused because this node is shutting down; it did not happen.
 */
export type Outcome = 'ok' | 'unknown' | 'noLeader' | 'busy' | 'diskFull' | 'stopping';

export interface ProposalWaiter {
  /** Called once, in log order among `ok` outcomes, in the middle of applying: at this moment the
   * state is exactly the state after this command. Must not call back into the replica. */
  settle(outcome: Outcome, answer: unknown): void;
}

export interface ReadWaiter {
  /** Called once. After `ok` and until control returns to the event loop, `query` is linearizable
   * for every request received before `read` was called. */
  readReady(outcome: Outcome): void;
}

/**
 * How a transfer of leadership ended.
 * - `done`: the target leads, and has committed in its term.
 * - `failed`: it did not come about; this node leads on, or somebody else does.
 * - `timeout`: the target was asked or not, and did not take over in time.
 * - `refused`: it was not begun.
 */
export interface TransferResult {
  readonly outcome: 'done' | 'failed' | 'timeout' | 'refused';
  /** Null when done. */
  readonly reason: TransferRefusal | 'timeout' | 'targetLost' | 'anotherLeader' | 'stopping' | null;
  /** 0: nobody was named, and nobody was found. */
  readonly target: MemberNumber;
  readonly durationMs: number;
}

/** Called once, within a turn. */
export type TransferDone = (result: TransferResult) => void;

export interface ReplicaFrontDoor {
  /**
   * Queues a command (copied) for this turn's batch, on any member: followers forward. With a tag
   * it is done once, however often it is proposed, and every proposal gets the same answer.
   */
  propose(command: Bytes, waiter: ProposalWaiter, tag?: SessionTag | null): void;
  /** Joins this turn's ReadIndex round (thesis 6.4). Free to call once per connection and turn. */
  read(waiter: ReadWaiter): void;
  /** Answers from this replica's current state, see ReadWaiter. */
  query(request: unknown): unknown;
  /** Cluster time as far as this node can tell, Unix milliseconds; to show, not to decide by. */
  readonly clusterTimeMs: number;
  /** Whether queued work is over its cap: the server pauses its sockets until `onRoom`. */
  readonly full: boolean;
  /** Registers a task that runs whenever there is room again after `full` was seen. */
  onRoom(task: () => void): void;
  /** Registers a task that runs at the end of every turn, after clients were answered. */
  onTurnEnd(task: () => void): void;
}

/** What clients asked of this replica since it started. */
export interface ReplicaCounters {
  readonly proposals: number;
  readonly reads: number;
  readonly inboxDropped: number;
  /** Groups of reads answered by a lease; how often one had ended before they were served. */
  readonly leaseReads: number;
  readonly leasesLost: number;
}
