/**
 * Lets time pass in the log. An app does nothing by itself, and time reaches it only with commands:
 * when something in its state is due and nobody writes, the leader proposes the app's own
 * `timeCommand`. One is under way at a time, and at most ten a second, unless the app still has
 * work left from the last one.
 */
import type { Bytes } from '../../std/bytes.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { Outcome, ProposalWaiter } from './contract.ts';

const INTERVAL_MS = 100;

export class Deadlines implements ProposalWaiter {
  readonly #stateMachine: StateMachine;
  #underWay = false;
  #proposedAtMs = Number.NEGATIVE_INFINITY;
  #proposedTimeMs = 0;

  constructor(stateMachine: StateMachine) {
    this.#stateMachine = stateMachine;
  }

  /**
   * Looks once a tick, on a leader.
   * @returns the command to propose now with this object as its waiter, or null.
   */
  due(nowMs: number, clusterTimeMs: number): Bytes | null {
    const { timeCommand } = this.#stateMachine;
    if (this.#underWay || timeCommand === undefined) return null;
    const deadlineMs = this.#stateMachine.nextDeadlineMs?.() ?? null;
    if (deadlineMs === null || deadlineMs > clusterTimeMs) return null;
    const isBacklog = deadlineMs <= this.#proposedTimeMs;
    if (!isBacklog && nowMs - this.#proposedAtMs < INTERVAL_MS) return null;
    this.#underWay = true;
    this.#proposedAtMs = nowMs;
    this.#proposedTimeMs = clusterTimeMs;
    return timeCommand;
  }

  settle(_outcome: Outcome): void {
    this.#underWay = false;
  }
}
