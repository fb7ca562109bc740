/**
 * Cluster time: the Unix milliseconds a leader writes into its batches, by which keys expire.
 *
 * It is a majority's, as a commit is: cluster time is never ahead of the highest time that a
 * majority of the voters' wall clocks has reached (`low`), and is never kept back behind it.
 *
 * ```
 *   three wall clocks      a ......... b ................................. c   (a day ahead)
 *   cluster time                       ^ two of three have reached this
 * ```
 * Members tell each other what their clocks show when a connection comes up and twice a second.
 * What was heard is kept as the distance to our own monotonic clock, so it goes on by itself.
 * Cluster time runs with the monotonic clock; where not all clocks are known, any time between
 * `low` and `high` may be right and it is left alone there; above `high` it runs at half speed,
 * so it never goes back and never stands. The log carries it from one leader to the next.
 */
import type { MemberNumber } from '../model/ids.ts';
import { everyoneOf } from '../model/membership.ts';
import type { PeerMessage } from '../model/message.ts';
import type { Clock } from '../ports/clock.ts';
import type { RaftFrontDoor } from '../raft/contract.ts';

const TELL_MS = 500;
/** With a majority's clocks known a new leader waits this long for the others' (see `settled`). */
const SETTLE_MS = 500;
/** How fast cluster time runs when it is ahead of everything a majority's clocks say. */
const SLOW_RATE = 0.5;

export interface ClusterClockInit {
  readonly self: MemberNumber;
  readonly raft: Pick<RaftFrontDoor, 'membership' | 'term' | 'lastTimeMs'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly send: (message: PeerMessage) => boolean;
}

export class ClusterClock {
  readonly #init: ClusterClockInit;
  /** A peer's wall clock less our monotonic clock. */
  readonly #offsetsMs = new Map<MemberNumber, number>();
  /** Cluster time was #timeMs when our monotonic clock showed #atMs. */
  #timeMs = 0;
  #atMs = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  /** When a majority's clocks were first known; null: they are not. */
  #majorityAtMs: number | null = null;

  constructor(init: ClusterClockInit) {
    this.#init = init;
  }

  /** A peer told what its wall clock shows. */
  heard(from: MemberNumber, wallMs: number, nowMs: number): void {
    this.#offsetsMs.set(from, wallMs - nowMs);
  }

  /** A connection to `member` came up: the first thing it hears is our time. */
  tell(member: MemberNumber): void {
    const { self, raft, clock, send } = this.#init;
    if (raft.term < 1) return;
    send({ type: 'clock', from: self, to: member, term: raft.term, wallMs: clock.wallMs() });
  }

  /** Tells everyone, twice a second. */
  tick(nowMs: number): void {
    if (nowMs - this.#toldAtMs < TELL_MS) return;
    this.#toldAtMs = nowMs;
    const { self, raft } = this.#init;
    for (const { number } of everyoneOf(raft.membership)) if (number !== self) this.tell(number);
  }

  /**
   * Whether a leader may put times into its log: all voters' clocks are known, or a majority's for
   * a while. Else a member whose clock is behind could date the first commands of a new cluster.
   */
  settled(nowMs: number): boolean {
    const { known, voters } = this.#wallClocks(nowMs);
    if (known.length * 2 <= voters) return false;
    this.#majorityAtMs ??= nowMs;
    return known.length === voters || nowMs - this.#majorityAtMs >= SETTLE_MS;
  }

  /** Cluster time as far as this node can tell; a leader's is what its next batch gets. */
  now(nowMs: number): number {
    const elapsedMs = nowMs - this.#atMs;
    let timeMs = this.#timeMs + elapsedMs;
    const { known, voters } = this.#wallClocks(nowMs);
    const quorum = Math.floor(voters / 2) + 1;
    const low = known[known.length - quorum];
    const high = known[quorum - 1];
    if (low !== undefined && high !== undefined) {
      if (timeMs < low) timeMs = low;
      else if (timeMs > high) timeMs = Math.max(high, this.#timeMs + elapsedMs * SLOW_RATE);
    }
    // The log may be ahead of us: another leader wrote it.
    timeMs = Math.max(timeMs, this.#init.raft.lastTimeMs);
    this.#timeMs = timeMs;
    this.#atMs = nowMs;
    return Math.floor(timeMs);
  }

  /** Voters' wall clocks that are known, as of now, ascending. */
  #wallClocks(nowMs: number): { readonly known: readonly number[]; readonly voters: number } {
    const { self, raft, clock } = this.#init;
    const known: number[] = [];
    let voters = 0;
    for (const { number, voter } of raft.membership.members) {
      if (!voter) continue;
      voters += 1;
      if (number === self) {
        known.push(clock.wallMs());
        continue;
      }
      const offsetMs = this.#offsetsMs.get(number);
      if (offsetMs !== undefined) known.push(nowMs + offsetMs);
    }
    known.sort((a, b) => a - b);
    return { known, voters };
  }
}
