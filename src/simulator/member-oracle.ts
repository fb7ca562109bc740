/**
 * The oracle of membership changes, after each turn of a member and from the logs the simulator saw
 * written, not from the core's own idea of them: which configuration counts (I15), that no two
 * sets of voters can decide without each other (I15), and who may lead (I17).
 */
import type { Batch } from '../node/model/batch.ts';
import type { LogIndex, MemberNumber } from '../node/model/ids.ts';
import {
  everyoneOf,
  type Membership,
  outgoingVotersOf,
  votersOf,
} from '../node/model/membership.ts';
import type { RaftSnapshot } from '../node/raft/invariants.ts';
import type { Configuration } from './log-picture.ts';
import type { NodeRecord } from './node-record.ts';
import { Violation } from './violation.ts';

/** The part of the other oracles that this one builds on. */
export interface CommittedLog {
  readonly maxCommit: LogIndex;
  readonly committed: { configurationAt(index: LogIndex): Configuration | null };
  record(member: MemberNumber): NodeRecord;
}

/** After a pause a node needs them to see that its time is over. */
const LATE_TURNS_MAX = 2;

export class MemberOracle {
  /** By the names of coverage.ts. */
  readonly counts = {
    ...{ 'member changes': 0, 'joint entered': 0, 'joint left': 0, 'joint inherited': 0 },
    ...{ 'config rollbacks': 0, 'voters added': 0, 'voters removed': 0, 'leaders removed': 0 },
  };
  readonly #oracles: CommittedLog;
  readonly #roles = new Map<MemberNumber, string>();
  readonly #leaving = new Map<MemberNumber, { readonly sinceMs: number; lateTurns: number }>();
  readonly #nowMs: () => number;
  readonly #handOverMs: number;

  /** @param handOverMs so long a leader that was removed may look for a successor. */
  constructor(oracles: CommittedLog, nowMs: () => number = () => 0, handOverMs = 0) {
    this.#oracles = oracles;
    this.#nowMs = nowMs;
    this.#handOverMs = handOverMs;
  }

  /** The newest committed configuration: a joint one if a change has not ended. */
  get membership(): Membership {
    const { maxCommit, committed } = this.#oracles;
    return committed.configurationAt(maxCommit)?.membership ?? { members: [], leases: false };
  }

  crashed(member: MemberNumber): void {
    this.#roles.delete(member);
    this.#leaving.delete(member);
  }

  /** Requires: the other oracles have looked at this turn. */
  turn(member: MemberNumber, core: RaftSnapshot): void {
    const record = this.#oracles.record(member);
    const log = record.volatile;
    const newest = log.configurationAt(log.last);
    if (newest === null) return;
    this.#checkBelief(member, core, newest);
    if (newest.index !== record.configurationSeen) this.#changed(record, core, newest);
    record.configurationSeen = newest.index;
    const before = this.#roles.get(member);
    this.#roles.set(member, core.role);
    this.#checkRole(record, core, newest);
    if (before === 'leader' && core.role === 'learner') this.counts['leaders removed'] += 1;
  }

  /** A snapshot holds the newest configuration at or below its entry (I18). */
  taken(
    member: MemberNumber,
    meta: { readonly index: LogIndex; readonly configuration: Batch },
  ): void {
    // What it holds is committed and in its log, though perhaps only since this very turn.
    const expected = this.#oracles.record(member).volatile.configurationAt(meta.index);
    if (expected === null || expected.index === meta.configuration.first) return;
    const detail = `n${member} takes a snapshot of ${meta.index} with configuration ${meta.configuration.first}, not ${expected.index}`;
    throw new Violation('I18 snapshot equivalence', detail);
  }

  /** What the core decides by is the last configuration in its log, committed or not. */
  #checkBelief(member: MemberNumber, core: RaftSnapshot, newest: Configuration): void {
    const { membership, index } = newest;
    const same =
      core.configurationIndex === index &&
      equal(core.voters, votersOf(membership)) &&
      equal(core.outgoingVoters, outgoingVotersOf(membership));
    if (same) return;
    const believed = `${core.configurationIndex} (${core.voters.join(' ')} / ${core.outgoingVoters.join(' ')})`;
    const detail = `n${member} goes by configuration ${believed}, its log holds ${index} (${describe(membership)})`;
    throw new Violation('I15 config safety', detail);
  }

  #changed(record: NodeRecord, core: RaftSnapshot, newest: Configuration): void {
    const { volatile: log, configurationSeen, member } = record;
    const { maxCommit } = this.#oracles;
    if (newest.index < configurationSeen) this.counts['config rollbacks'] += 1;
    const open = log.configurationsAbove(maxCommit);
    if (open > 1) {
      const detail = `n${member} holds ${open} configurations above ${maxCommit}, the last committed entry`;
      throw new Violation('I15 config safety', detail);
    }
    if (core.role !== 'leader' || log.termAt(newest.index) !== core.term) return;
    this.#checkAppended(record, core, newest);
  }

  /** A leader has made a configuration. */
  #checkAppended(record: NodeRecord, core: RaftSnapshot, newest: Configuration): void {
    const { volatile: log, member } = record;
    const before = log.configurationAt(newest.index - 1);
    if (before === null) return;
    if (log.termAt(core.commitIndex) !== core.term) {
      const detail = `n${member} changes the members in term ${core.term} with nothing of it committed`;
      throw new Violation('I15 config safety', detail);
    }
    if (!alwaysMeet(before.membership, newest.membership)) {
      const detail = `quorums of ${describe(before.membership)} and ${describe(newest.membership)} need not meet`;
      throw new Violation('I15 config safety', detail);
    }
    this.#count(before.membership, newest.membership, log.termAt(before.index) === core.term);
  }

  #count(before: Membership, now: Membership, sameLeader: boolean): void {
    const { counts } = this;
    counts['member changes'] += 1;
    if (now.outgoing !== undefined) counts['joint entered'] += 1;
    if (before.outgoing === undefined) return;
    counts['joint left'] += 1;
    if (!sameLeader) counts['joint inherited'] += 1;
    const [old, voters] = [outgoingVotersOf(before), votersOf(now)];
    counts['voters added'] += voters.filter((voter) => !old.includes(voter)).length;
    counts['voters removed'] += old.filter((voter) => !voters.includes(voter)).length;
  }

  #checkRole(record: NodeRecord, core: RaftSnapshot, newest: Configuration): void {
    const { member, volatile: log } = record;
    if (core.role !== 'leader') this.#leaving.delete(member);
    if (core.role === 'follower' || core.role === 'learner') return;
    if (hasVote(newest.membership, member)) return;
    // Until that is known to be committed it may be needed (thesis 4.2.2).
    const before = log.configurationAt(newest.index - 1);
    const leaves = before !== null && hasVote(before.membership, member);
    if (leaves && (newest.index > core.commitIndex || core.role === 'candidate')) return;
    if (leaves && core.role === 'leader' && this.#mayHandOver(member)) return;
    const detail = `n${member} is a ${core.role} of ${describe(newest.membership)}`;
    throw new Violation('I17 roles', detail);
  }

  #mayHandOver(member: MemberNumber): boolean {
    const nowMs = this.#nowMs();
    const leaving = this.#leaving.get(member) ?? { sinceMs: nowMs, lateTurns: 0 };
    this.#leaving.set(member, leaving);
    if (nowMs - leaving.sinceMs > this.#handOverMs) leaving.lateTurns += 1;
    return leaving.lateTurns <= LATE_TURNS_MAX;
  }
}

/** Whether the members are a majority of the voters, in a joint configuration of each half. */
export function isQuorum(membership: Membership, members: readonly MemberNumber[]): boolean {
  return [votersOf(membership), outgoingVotersOf(membership)].every((voters) => {
    const present = voters.filter((voter) => members.includes(voter));
    return voters.length === 0 || present.length * 2 > voters.length;
  });
}

/**
 * Whether a member may call committed what the holders hold: by its configuration now, or (a turn
 * may do both) by the one before this turn.
 */
export function isCommitQuorum(
  { volatile: log, configurationSeen }: NodeRecord,
  holders: readonly NodeRecord[],
): boolean {
  const members = holders.map((holder) => holder.member);
  const newest = log.configurationAt(log.last);
  if (newest === null) return false;
  const before = log.configurationAt(configurationSeen) ?? newest;
  return isQuorum(newest.membership, members) || isQuorum(before.membership, members);
}

/** Whether any quorum of one has a member in common with any of the other: tries them all. */
export function alwaysMeet(one: Membership, other: Membership): boolean {
  const all = [...new Set([...everyoneOf(one), ...everyoneOf(other)].map((m) => m.number))];
  for (let set = 0; set < 2 ** all.length; set += 1) {
    const inside = all.filter((_, at) => Math.floor(set / 2 ** at) % 2 === 1);
    const outside = all.filter((m) => !inside.includes(m));
    if (isQuorum(one, inside) && isQuorum(other, outside)) return false;
  }
  return true;
}

function hasVote(membership: Membership, member: MemberNumber): boolean {
  return votersOf(membership).includes(member) || outgoingVotersOf(membership).includes(member);
}

function equal(a: readonly MemberNumber[], b: readonly MemberNumber[]): boolean {
  return a.length === b.length && a.every((one, at) => one === b[at]);
}

export function describe(membership: Membership): string {
  const outgoing = outgoingVotersOf(membership);
  const voters = votersOf(membership).join(' ');
  return outgoing.length === 0 ? voters : `${voters} / ${outgoing.join(' ')}`;
}
