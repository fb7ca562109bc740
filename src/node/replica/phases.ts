/**
 * Where the time of a write goes, measured on the leader for every batch (decision 16):
 *
 * ```
 *  queue       first command taken      -> batch sealed
 *  sync        sealed                   -> durable here
 *  ack.<name>  sealed                   -> durable on that follower
 *  quorum      sealed                   -> committed
 *  apply       committed                -> applied here
 *  total       first command taken      -> applied and answered
 * ```
 * One histogram a phase, in microseconds.
 */
import { Histogram } from '../../std/histogram.ts';
import type { LogIndex, MemberNumber } from '../model/ids.ts';
import type { Membership } from '../model/membership.ts';

/** Batches under way that are watched; over it the oldest are forgotten. */
const WATCHED_MAX = 4096;

interface Watched {
  readonly last: LogIndex;
  readonly queuedAtMs: number;
  readonly sealedAtMs: number;
  syncedAtMs: number;
  committedAtMs: number;
  /** Followers whose ack was seen. */
  readonly acked: Set<MemberNumber>;
}

export class Phases {
  readonly histograms = new Map<string, Histogram>();
  #watched: Watched[] = [];
  #names = new Map<MemberNumber, string>();

  members(membership: Membership): void {
    this.#names = new Map(membership.members.map((m) => [m.number, m.name]));
  }

  sealed(last: LogIndex, queuedAtMs: number, nowMs: number): void {
    if (this.#watched.length >= WATCHED_MAX) this.#watched = this.#watched.slice(WATCHED_MAX / 2);
    this.#record('queue', nowMs - queuedAtMs);
    this.#watched.push({
      last,
      queuedAtMs,
      sealedAtMs: nowMs,
      syncedAtMs: 0,
      committedAtMs: 0,
      acked: new Set(),
    });
  }

  durable(index: LogIndex, nowMs: number): void {
    for (const watched of this.#watched) {
      if (watched.last > index) return;
      if (watched.syncedAtMs !== 0) continue;
      watched.syncedAtMs = nowMs;
      this.#record('sync', nowMs - watched.sealedAtMs);
    }
  }

  acked(member: MemberNumber, matchIndex: LogIndex, nowMs: number): void {
    for (const watched of this.#watched) {
      if (watched.last > matchIndex) return;
      if (watched.acked.has(member)) continue;
      watched.acked.add(member);
      this.#record(`ack.${this.#names.get(member) ?? member}`, nowMs - watched.sealedAtMs);
    }
  }

  committed(index: LogIndex, nowMs: number): void {
    for (const watched of this.#watched) {
      if (watched.last > index) return;
      if (watched.committedAtMs !== 0) continue;
      watched.committedAtMs = nowMs;
      this.#record('quorum', nowMs - watched.sealedAtMs);
    }
  }

  /** A batch is forgotten once it is applied and everybody connected has answered, or the cap. */
  applied(index: LogIndex, nowMs: number): void {
    let done = 0;
    for (const watched of this.#watched) {
      if (watched.last > index) break;
      done += 1;
      this.#record('apply', nowMs - watched.committedAtMs);
      this.#record('total', nowMs - watched.queuedAtMs);
    }
    if (done > 0) this.#watched = this.#watched.slice(done);
  }

  /** This node no longer leads: what is under way will not be measured to its end. */
  reset(): void {
    this.#watched = [];
  }

  #record(phase: string, durationMs: number): void {
    let histogram = this.histograms.get(phase);
    if (histogram === undefined) {
      histogram = new Histogram();
      this.histograms.set(phase, histogram);
    }
    histogram.record(Math.max(0, Math.round(durationMs * 1000)));
  }
}
