/**
 * Messages that wait to leave. Whatever speaks for a term leaves only once that term (and the vote
 * cast in it) is on disk, so that a crash cannot make this replica contradict itself (paper 5.2);
 * what had to wait until its term was over is dropped. A question whether one *would* get a vote,
 * and a yes to it, promise nothing and pass at once.
 */
import type { Term } from '../model/ids.ts';
import type { RaftMessage } from '../model/message.ts';

/** Messages waiting for the disk; over it the oldest are dropped, as a network might. */
export const HELD_MESSAGES_MAX = 1024;

const LEADERS_ONLY: ReadonlySet<RaftMessage['type']> = new Set([
  ...(['append', 'heartbeat', 'snapshot', 'timeoutNow'] as const),
]);

const NO_MESSAGES: readonly RaftMessage[] = [];

export class Outbox {
  #messages: RaftMessage[] = [];
  /** For each message: the hard state version that must be durable first; 0: none. */
  #versions: number[] = [];

  get count(): number {
    return this.#messages.length;
  }

  put(message: RaftMessage, hardVersion: number): void {
    this.#messages.push(message);
    this.#versions.push(promisesNothing(message) ? 0 : hardVersion);
  }

  /** Drops what only a leader may say: called when one steps down, perhaps in the same term. */
  dropLeadership(): void {
    const kept = this.#messages.map(({ type }) => !LEADERS_ONLY.has(type));
    this.#messages = this.#messages.filter((_, at) => kept[at]);
    this.#versions = this.#versions.filter((_, at) => kept[at]);
  }

  /** Takes out what may leave now. */
  release(durableHardVersion: number, term: Term): readonly RaftMessage[] {
    if (this.#messages.length === 0) return NO_MESSAGES;
    const free: RaftMessage[] = [];
    const held: RaftMessage[] = [];
    const heldVersions: number[] = [];
    for (let i = 0; i < this.#messages.length; i += 1) {
      const message = this.#messages[i] as RaftMessage;
      const version = this.#versions[i] as number;
      if (!promisesNothing(message) && message.term !== term) continue;
      if (version <= durableHardVersion) {
        free.push(message);
      } else {
        held.push(message);
        heldVersions.push(version);
      }
    }
    const excess = held.length - HELD_MESSAGES_MAX;
    if (excess > 0) {
      held.splice(0, excess);
      heldVersions.splice(0, excess);
    }
    this.#messages = held;
    this.#versions = heldVersions;
    return free;
  }
}

function promisesNothing(message: RaftMessage): boolean {
  return message.type === 'preVote' || (message.type === 'preVoteReply' && message.granted);
}
