/**
 * Clients that write in sessions: each write is sent, to one node after the other, until it is
 * answered, and now and then once more after that.
 */
import type { MemberNumber } from '../node/model/ids.ts';
import type { Outcome, ReplicaFrontDoor, SessionTag } from '../node/replica/contract.ts';
import type { Bytes } from '../std/bytes.ts';
import { OPENING, OPENING_BODY, SESSION_EXPIRED } from '../wire/apps/session.ts';
import type { History, Operation } from './history.ts';
import type { SimProcess } from './sim-process.ts';

/** Which write of which client; 0: it opens a session. The same again is a repetition. */
export interface OnceOperation {
  readonly client: number;
  readonly write: number;
}

/** A client that writes in sessions, and what it sends next. */
export interface Stubborn<T> {
  readonly client: number;
  writes: number;
  /** The write that is to be sent again. */
  last: T | null;
  tries: number;
}

/** A write in a session is sent so often; then its client goes on without an answer. */
const TRIES_MAX = 6;
/** Writes in sessions that are repeated although they were answered. */
export const REPEAT_SHARE = 0.1;

/** Every so many clients is one; nothing is drawn for it. */
export function stubbornOf<T>(client: number, share: number): Stubborn<T> | null {
  const isOne = share > 0 && client % Math.round(1 / share) === 0;
  return isOne ? { client, writes: 0, last: null, tries: 0 } : null;
}

interface OnceWrite {
  readonly tag: SessionTag;
  readonly command: Bytes;
  readonly operation: Operation;
}

interface OnceClient {
  session: number | null;
  sequence: number;
  readonly writes: Map<number, OnceWrite>;
}

export interface Serving {
  readonly process: SimProcess;
  readonly replica: ReplicaFrontDoor;
}

export class OnceClients {
  readonly #history: History;
  readonly #clients = new Map<number, OnceClient>();

  constructor(history: History) {
    this.#history = history;
  }

  /** Whether the client has a session, as far as it knows. */
  isOpen(client: number): boolean {
    return this.#of(client).session !== null;
  }

  /** What was not answered is sent again, as the same write; else the client's next one. */
  next<T extends { readonly atMs: number; readonly member: MemberNumber; readonly key: string }>(
    stubborn: Stubborn<T>,
    drawn: T,
  ): T {
    const { client, last } = stubborn;
    stubborn.tries += 1;
    if (last !== null && stubborn.tries <= TRIES_MAX) {
      return { ...last, atMs: drawn.atMs, member: drawn.member };
    }
    stubborn.tries = 1;
    const isOpen = this.isOpen(client);
    if (isOpen) stubborn.writes += 1;
    // Keys that the black box leaves out: it would take a repetition for a write of its own.
    const key = `k${2 + 2 * (stubborn.writes % 2)}`;
    const operation = { ...drawn, key, once: { client, write: isOpen ? stubborn.writes : 0 } };
    stubborn.last = isOpen ? operation : null;
    return operation;
  }

  /**
   * @param make the command and its operation, for a write that was not sent before.
   * @returns null when it cannot be sent: there is no session.
   */
  prepare(
    { client, write }: OnceOperation,
    make: () => { readonly command: Bytes; readonly operation: Operation },
  ): ((serving: Serving, member: MemberNumber, done: (outcome: Outcome) => void) => void) | null {
    const state = this.#of(client);
    if (write === 0) return (serving, member, done) => this.#open(state, serving, member, done);
    let known = state.writes.get(write);
    if (known === undefined) {
      if (state.session === null) return null;
      state.sequence += 1;
      known = { tag: { session: state.session, sequence: state.sequence }, ...make() };
      state.writes.set(write, known);
    }
    const { tag, command, operation } = known;
    return ({ replica }, member, done) => {
      replica.propose(
        command,
        {
          settle: (outcome, answer) => {
            this.#history.settledOnce(operation, member, outcome, answer);
            if (outcome === 'ok' && isOver(answer) && state.session === tag.session) {
              state.session = null;
            }
            done(outcome);
          },
        },
        tag,
      );
    };
  }

  #open(
    state: OnceClient,
    { replica }: Serving,
    member: MemberNumber,
    done: (outcome: Outcome) => void,
  ): void {
    replica.propose(
      OPENING_BODY,
      {
        settle: (outcome, answer) => {
          if (outcome === 'ok') {
            this.#history.settledOnce(null, member, outcome, answer);
            state.session = answer as number;
            state.sequence = 0;
          }
          done(outcome);
        },
      },
      OPENING,
    );
  }

  #of(client: number): OnceClient {
    const known = this.#clients.get(client);
    if (known !== undefined) return known;
    const made = { session: null, sequence: 0, writes: new Map() };
    this.#clients.set(client, made);
    return made;
  }
}

function isOver(answer: unknown): boolean {
  return answer instanceof Object && 'text' in answer && answer.text === SESSION_EXPIRED.text;
}
