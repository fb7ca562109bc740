/** Counts, over all lives of a member, what it did with leases. */
import type { Replica } from '../node/replica/replica.ts';

export class LeaseWatch {
  /** By the names of coverage.ts. */
  readonly counts = { 'lease reads': 0, 'leases run out': 0 };
  #replica: Replica | null = null;
  #held = false;
  #reads = 0;

  /** After every turn of a life. */
  turn(replica: Replica, nowMs: number): void {
    if (replica !== this.#replica) {
      this.#replica = replica;
      this.#held = false;
      this.#reads = 0;
    }
    const holds = nowMs < replica.raft.leaseUntilMs;
    if (this.#held && !holds && replica.raft.role === 'leader') this.counts['leases run out'] += 1;
    this.#held = holds;
    const { leaseReads } = replica.counters;
    this.counts['lease reads'] += leaseReads - this.#reads;
    this.#reads = leaseReads;
  }
}
