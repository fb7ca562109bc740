/**
 * Which commands of which client were done, and what they answered (thesis 6.3). Part of the
 * replicated state: it changes by commands of the log alone, its time is the log's, and it goes
 * into snapshots. Bounded in sessions and bytes: what is too much ends the session that was unused
 * for longest, never one command's once-only.
 *
 * A session is never changed once somebody reads the table (`freeze`): a copy takes its place.
 */
import { SESSION_WINDOW, type SessionLimits } from '../../wire/apps/session.ts';

export interface Session {
  readonly id: number;
  /** By the log's clock. */
  usedMs: number;
  /** The highest number that was done. */
  newest: number;
  /** By number, those of the newest `SESSION_WINDOW`; null: done, but too long to be kept. */
  readonly answers: Map<number, Uint8Array | null>;
  bytes: number;
  /** The freeze that it was made, or copied, after. */
  readonly epoch: number;
}

/** What a session costs besides its answers, and each answer besides its bytes. Bytes. */
const SESSION_BYTES = 128;
const ANSWER_BYTES = 32;

export type Lookup =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'done'; readonly answer: Uint8Array | null }
  | { readonly kind: 'forgotten' }
  | { readonly kind: 'expired' };

const FRESH: Lookup = { kind: 'fresh' };
const FORGOTTEN: Lookup = { kind: 'forgotten' };
const EXPIRED: Lookup = { kind: 'expired' };

export class SessionTable {
  readonly #limits: SessionLimits;
  /** In the order of their last use: the first is the next to go. */
  readonly #sessions = new Map<number, Session>();
  #bytes = 0;
  #epoch = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Ends what was unused for too long. */
  passTime(nowMs: number): void {
    for (const session of this.#sessions.values()) {
      if (nowMs - session.usedMs < this.#limits.idleMs) return;
      this.#end(session);
    }
  }

  open(id: number, nowMs: number): void {
    const session = { id, usedMs: nowMs, newest: 0, answers: new Map(), bytes: SESSION_BYTES };
    this.add({ ...session, epoch: this.#epoch });
    this.#makeRoom();
  }

  /** Of a snapshot, in the order of use. */
  add(session: Session): void {
    this.#sessions.set(session.id, session);
    this.#bytes += session.bytes;
  }

  /** What is known of a command; the session is used with it. */
  look(id: number, sequence: number, nowMs: number): Lookup {
    const found = this.#sessions.get(id);
    if (found === undefined) return EXPIRED;
    const session = this.#own(found);
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    session.usedMs = nowMs;
    const answer = session.answers.get(sequence);
    if (answer !== undefined) return { kind: 'done', answer };
    return sequence < 1 || sequence <= session.newest - SESSION_WINDOW ? FORGOTTEN : FRESH;
  }

  /** Requires: the command was just looked up, and found fresh. */
  done(id: number, sequence: number, answer: Uint8Array): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    const kept = answer.length > this.#limits.answerBytesMax ? null : answer;
    session.answers.set(sequence, kept);
    this.#count(session, ANSWER_BYTES + (kept?.length ?? 0));
    if (sequence > session.newest) {
      const from = Math.max(1, session.newest - SESSION_WINDOW + 1);
      session.newest = sequence;
      // The numbers that fell out of the window; after a leap, all that are there.
      const last = Math.min(sequence - SESSION_WINDOW, from + SESSION_WINDOW);
      for (let old = from; old <= last; old += 1) this.#forget(session, old);
    }
    this.#makeRoom();
  }

  /** The sessions as they are now, in the order of use: they do not change any more. */
  freeze(): readonly Session[] {
    this.#epoch += 1;
    return [...this.#sessions.values()];
  }

  #forget(session: Session, sequence: number): void {
    const answer = session.answers.get(sequence);
    if (answer === undefined) return;
    session.answers.delete(sequence);
    this.#count(session, -ANSWER_BYTES - (answer?.length ?? 0));
  }

  #own(session: Session): Session {
    if (session.epoch === this.#epoch) return session;
    return { ...session, answers: new Map(session.answers), epoch: this.#epoch };
  }

  #count(session: Session, bytes: number): void {
    session.bytes += bytes;
    this.#bytes += bytes;
  }

  #end(session: Session): void {
    this.#sessions.delete(session.id);
    this.#bytes -= session.bytes;
  }

  /** The one used last is the one at work: it stays. */
  #makeRoom(): void {
    const { sessionsMax, bytesMax } = this.#limits;
    for (const session of this.#sessions.values()) {
      const isFull = this.#sessions.size > sessionsMax || this.#bytes > bytesMax;
      if (!isFull || this.#sessions.size === 1) return;
      this.#end(session);
    }
  }
}

/** The size of a session that comes from a snapshot. */
export function sessionBytes(answers: ReadonlyMap<number, Uint8Array | null>): number {
  let bytes = SESSION_BYTES;
  for (const answer of answers.values()) bytes += ANSWER_BYTES + (answer?.length ?? 0);
  return bytes;
}
