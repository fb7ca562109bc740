/**
 * Who led each term, whom each member voted for, and by right (I1, I2, I3, I7): a vote goes to a
 * log that is not older, and who leads has the votes of a majority, each cast and durable.
 */
import type { HardState } from '../node/model/hard-state.ts';
import type { MemberNumber, Term } from '../node/model/ids.ts';
import { everyoneOf } from '../node/model/membership.ts';
import type { PeerMessage, TimeoutNow, VoteRequest } from '../node/model/message.ts';
import { describe, isQuorum } from './member-oracle.ts';
import type { NodeRecord } from './node-record.ts';
import { Violation } from './violation.ts';

/** Messages that only a leader sends. */
export const LEADERS_ONLY: ReadonlySet<PeerMessage['type']> = new Set([
  ...(['append', 'heartbeat', 'snapshot', 'timeoutNow'] as const),
]);

export class Ballots {
  readonly #leaderOf = new Map<Term, MemberNumber>();
  readonly #votes = new Map<string, MemberNumber>();
  /** Where the log of a candidate ended when it asked. */
  readonly #asked = new Map<string, VoteRequest>();

  /** A candidate asks for votes. */
  asks(request: VoteRequest): void {
    this.#asked.set(`${request.from}/${request.term}`, request);
  }

  /** A vote is about to be written down. `record` is as it was before. */
  casts(record: NodeRecord, { term, vote }: HardState): void {
    const before = record.volatileHard;
    if (before.term === term && before.vote !== 0 && before.vote !== vote) {
      const detail = `n${record.member} takes its vote of term ${term} from n${before.vote} to n${vote}`;
      throw new Violation('I2 one vote per term', detail);
    }
    const request = this.#asked.get(`${vote}/${term}`);
    if (request === undefined || vote === record.member) return;
    const { last } = record.volatile;
    const lastTerm = record.volatile.termAt(last);
    if (lastTerm < request.lastTerm) return;
    if (lastTerm === request.lastTerm && last <= request.lastIndex) return;
    const theirs = `(${request.lastIndex}, ${request.lastTerm})`;
    const detail = `n${record.member} with (${last}, ${lastTerm}) votes for n${vote} with ${theirs}`;
    throw new Violation('I7 leader completeness', detail);
  }

  /** A member has become the leader. */
  elected({ member, volatile: log }: NodeRecord, term: Term): void {
    const membership = log.configurationAt(log.last)?.membership;
    if (membership === undefined) throw new Violation('I17 roles', `n${member} leads nobody`);
    const votes = everyoneOf(membership)
      .map(({ number }) => number)
      .filter((voter) => voter === member || this.#votes.get(`${voter}/${term}`) === member);
    if (isQuorum(membership, votes)) return;
    const who = votes.map((voter) => `n${voter}`).join(' ');
    const detail = `n${member} leads term ${term} of ${describe(membership)} with votes of ${who}`;
    const isJoint = membership.outgoing !== undefined;
    throw new Violation(isJoint ? 'I16 joint quorums' : 'I1 election safety', detail);
  }

  /** Thesis 3.10: whoever is asked to take over holds all of the log, or could not be elected. */
  handsOver(leader: NodeRecord, target: NodeRecord, { term, lastIndex }: TimeoutNow): void {
    if (target.volatileHard.term > term) return;
    if (target.durable.holds(lastIndex, leader.volatile.termAt(lastIndex))) return;
    const detail = `n${leader.member} asks n${target.member} to take over, which lacks a part of ${lastIndex}`;
    throw new Violation('I29 transfer', detail);
  }

  leads(member: MemberNumber, term: Term): void {
    const known = this.#leaderOf.get(term);
    if (known === undefined) this.#leaderOf.set(term, member);
    else if (known !== member) {
      throw new Violation('I1 election safety', `term ${term} is led by n${known} and n${member}`);
    }
  }

  /** A member gives its vote away, perhaps to itself: for good, and not before it is durable. */
  votes(record: NodeRecord, term: Term, candidate: MemberNumber): void {
    const voter = record.member;
    const key = `${voter}/${term}`;
    const known = this.#votes.get(key);
    if (known === undefined) this.#votes.set(key, candidate);
    else if (known !== candidate) {
      const detail = `n${voter} votes for n${known} and n${candidate} in term ${term}`;
      throw new Violation('I2 one vote per term', detail);
    }
    const { durableHard } = record;
    if (durableHard.term !== term || durableHard.vote !== candidate) {
      const durable = `term ${durableHard.term}, vote ${durableHard.vote}`;
      const detail = `n${voter} votes for n${candidate} in term ${term}; durable: ${durable}`;
      throw new Violation('I3 persist before reply', detail);
    }
  }
}
