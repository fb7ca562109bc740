/**
 * Oracles of leadership over time (I4, I14, I29), from the messages that arrive and leave: a leader
 * that hears no majority steps down, nobody helps to depose a leader that is heard, a term begins
 * with a candidate, election timeouts are drawn.
 *
 * Each knows less than the node it watches, so each grants it some slack; none needs luck to fire.
 */
import type { HardState } from '../node/model/hard-state.ts';
import type { LogIndex, MemberNumber, Term } from '../node/model/ids.ts';
import { outgoingVotersOf, votersOf } from '../node/model/membership.ts';
import type { PeerMessage } from '../node/model/message.ts';
import type { RaftConfig } from '../node/raft/config.ts';
import type { RaftFrontDoor } from '../node/raft/contract.ts';
import { Violation } from './violation.ts';

/** Clocks run up to so much too slow or too fast. */
const DRIFT = 0.1;
/** What has arrived is taken in by the turn that begins so much later at the latest. */
const TURN_MS_MAX = 5;
/** Timeouts that were drawn before their being all equal means something. */
const TIMEOUTS_TO_JUDGE = 12;
/** ... and how many values there were to draw from. */
const TIMEOUT_VALUES_MIN = 8;

interface Watched {
  raft: RaftFrontDoor | null;
  termSeen: Term;
  /** When messages of its current term last came, by sender. */
  heard: Map<MemberNumber, { readonly term: Term; readonly atMs: number }>;
  /** The last message of a leader, and of which term. */
  leaderTerm: Term;
  leaderAtMs: number;
  leaderFrom: MemberNumber;
  /** Candidates whose question came so soon after a leader's message that they get a no. */
  refused: Map<MemberNumber, Term>;
  /** Questions of each that came when it might say yes, and are not answered yet. */
  grantable: Map<MemberNumber, number>;
  /** A higher term that it was told, and must take over with its next turn; 0: none. */
  owedTerm: Term;
  owedAtMs: number;
  lastTurnMs: number;
  /** Since when it leads this term without having stalled. */
  leadsSinceMs: number;
  leadsTerm: Term;
  /** The configuration it goes by. */
  configuration: LogIndex;
  /** Its term is durable just now: what waited for that leaves with its next turn. */
  releases: boolean;
}

export class ElectionOracles {
  readonly #config: RaftConfig;
  readonly #watched = new Map<MemberNumber, Watched>();
  readonly #begun = new Set<Term>();
  readonly #timeoutsMs: number[] = [];
  /** The newest entries that each sent to each in the turn it is in. */
  readonly #sent = new Map<MemberNumber, Map<MemberNumber, string>>();

  constructor(config: RaftConfig) {
    this.#config = config;
  }

  started(member: MemberNumber, raft: RaftFrontDoor, nowMs: number): void {
    this.#watched.set(member, {
      ...{ raft, termSeen: raft.term, heard: new Map(), refused: new Map(), grantable: new Map() },
      ...{
        leaderTerm: 0,
        leaderAtMs: 0,
        leaderFrom: 0,
        owedTerm: 0,
        owedAtMs: 0,
        lastTurnMs: nowMs,
        leadsSinceMs: nowMs,
        leadsTerm: 0,
        configuration: raft.configurationIndex,
        releases: false,
      },
    });
    // What was durable before was checked when it was written.
    this.#begun.add(raft.term);
  }

  /** The member ended, or stood still for a while: what was heard before says nothing. */
  forget(member: MemberNumber, over: boolean): void {
    const watched = this.#watched.get(member);
    this.#sent.delete(member);
    if (watched === undefined) return;
    watched.leaderTerm = 0;
    watched.owedTerm = 0;
    watched.refused.clear();
    watched.grantable.clear();
    if (over) this.#watched.delete(member);
  }

  /** The connection to `other` broke: a leader there may be gone. */
  connectionLost(member: MemberNumber, other: MemberNumber): void {
    const watched = this.#watched.get(member);
    if (watched?.leaderFrom === other) watched.leaderTerm = 0;
  }

  /** A hard state is handed to the log: a vote for itself begins a term. */
  wrote(member: MemberNumber, hardState: HardState | null): void {
    if (hardState?.vote === member) this.#begun.add(hardState.term);
  }

  /** A higher term than before is durable. */
  released(member: MemberNumber): void {
    const watched = this.#watched.get(member);
    if (watched !== undefined) watched.releases = true;
  }

  electionStarted(data: { readonly reason: string; readonly timeoutMs: number }): void {
    const { electionTimeoutTicksMin, tickMs } = this.#config;
    // Shorter ones are of those who know that there is no leader.
    if (data.timeoutMs < electionTimeoutTicksMin * tickMs) return;
    if (data.reason !== 'leaderConnectionLost' && data.reason !== 'transfer')
      this.#timeoutsMs.push(data.timeoutMs);
  }

  arrived(message: PeerMessage, nowMs: number): void {
    const watched = this.#watched.get(message.to);
    if (watched === undefined) return;
    const { type, from, term } = message;
    if (type === 'append' || type === 'heartbeat' || type === 'snapshot') {
      if (term >= watched.leaderTerm) {
        watched.leaderTerm = term;
        watched.leaderAtMs = nowMs;
        watched.leaderFrom = from;
      }
    } else if (type === 'preVote') {
      const freshMs = (this.#config.electionTimeoutTicksMin * this.#config.tickMs) / 2;
      const fresh = watched.leaderTerm > 0 && nowMs - watched.leaderAtMs < freshMs;
      const hears = fresh && watched.leaderTerm === watched.raft?.term;
      if (hears || watched.raft?.role === 'leader')
        watched.refused.set(from, watched.raft?.term ?? 0);
      else {
        watched.refused.delete(from);
        watched.grantable.set(from, (watched.grantable.get(from) ?? 0) + 1);
      }
    }
    if (!isOfTerm(type)) return;
    // A vote is not even looked at while a leader is heard.
    if (type !== 'vote' && term > Math.max(watched.owedTerm, watched.raft?.term ?? term)) {
      if (watched.owedTerm === 0) watched.owedAtMs = nowMs;
      watched.owedTerm = term;
    }
    // What belongs to another term tells a leader nothing about its own.
    if (term === watched.raft?.term) watched.heard.set(from, { term, atMs: nowMs });
  }

  leaves(message: PeerMessage): void {
    if (message.type === 'append') this.#checkResent(message);
    if (message.type !== 'preVoteReply') return;
    const watched = this.#watched.get(message.from);
    const raft = watched?.raft ?? null;
    if (watched === undefined || raft === null) return;
    // Questions are answered one by one: an older copy may have come before the leader was heard.
    const grantable = watched.grantable.get(message.to) ?? 0;
    if (grantable > 0) watched.grantable.set(message.to, grantable - 1);
    if (!message.granted || grantable > 0) return;
    const led = raft.leader !== 0 && raft.term === watched.leaderTerm;
    if (watched.refused.get(message.to) !== raft.term || !(led || raft.role === 'leader')) return;
    const detail = `n${message.from} hears n${raft.leader} and would vote for n${message.to}`;
    throw new Violation('I29 pre-vote', detail);
  }

  /** In one turn nothing is sent twice: whoever does so would fill every window with it (I14). */
  #checkResent(message: PeerMessage & { readonly type: 'append' }): void {
    const { from, to, term, prevIndex, batches } = message;
    const last = batches.at(-1);
    if (last === undefined || this.#watched.get(from)?.releases === true) return;
    const what = `(${prevIndex + 1}-${last.last}, ${term})`;
    const sent = this.#sent.get(from) ?? new Map<MemberNumber, string>();
    if (sent.get(to) === what) {
      const detail = `n${from} sends ${what} twice to n${to} in one turn`;
      throw new Violation('I14 progress sanity', detail);
    }
    this.#sent.set(from, sent.set(to, what));
  }

  turn(member: MemberNumber, nowMs: number): void {
    this.#sent.get(member)?.clear();
    const watched = this.#watched.get(member);
    if (watched === undefined || watched.raft === null) return;
    watched.releases = false;
    const { term, role } = watched.raft;
    if (term !== watched.termSeen) {
      watched.termSeen = term;
      if (!this.#begun.has(term)) {
        const detail = `n${member} is in term ${term}, for which nobody stood`;
        throw new Violation('I4 terms begun by candidates', detail);
      }
    }
    this.#checkOwed(member, watched, nowMs);
    const gapMs = nowMs - watched.lastTurnMs;
    watched.lastTurnMs = nowMs;
    if (role !== 'leader') {
      watched.leadsTerm = 0;
      return;
    }
    const { heartbeatTicks, tickMs } = this.#config;
    const { configurationIndex } = watched.raft;
    const isNew = watched.leadsTerm !== term || watched.configuration !== configurationIndex;
    watched.configuration = configurationIndex;
    if (isNew || gapMs > (1 - DRIFT) * heartbeatTicks * tickMs) {
      watched.leadsTerm = term;
      watched.leadsSinceMs = nowMs;
    }
    this.#checkQuorum(member, watched, nowMs);
  }

  #checkOwed(member: MemberNumber, watched: Watched, nowMs: number): void {
    const { owedTerm, raft } = watched;
    if (owedTerm === 0 || nowMs - watched.owedAtMs < TURN_MS_MAX) return;
    watched.owedTerm = 0;
    if (raft === null || raft.term >= owedTerm) return;
    const detail = `n${member} stays in term ${raft.term}, it was told of ${owedTerm}`;
    throw new Violation('I4 term monotone', detail);
  }

  #checkQuorum(member: MemberNumber, watched: Watched, nowMs: number): void {
    const { electionTimeoutTicksMax, heartbeatTicks, tickMs } = this.#config;
    const ticks = 1.5 * electionTimeoutTicksMax + 3 * heartbeatTicks;
    const limitMs = (ticks * tickMs) / (1 - DRIFT);
    if (nowMs - watched.leadsSinceMs <= limitMs) return;
    const { membership } = watched.raft as RaftFrontDoor;
    for (const voters of [votersOf(membership), outgoingVotersOf(membership)]) {
      const heard = voters.filter((voter) => {
        const last = watched.heard.get(voter);
        const fresh = last?.term === watched.leadsTerm && nowMs - last.atMs <= limitMs;
        return voter === member || fresh;
      });
      if (voters.length === 0 || heard.length * 2 > voters.length) continue;
      const who = heard.map((voter) => `n${voter}`).join(' ') || 'nobody';
      const detail = `n${member} leads term ${watched.leadsTerm}, of ${voters.length} voters heard ${who} for ${Math.round(limitMs)} ms`;
      throw new Violation('I29 check-quorum', detail);
    }
  }

  /** At the end of a run. */
  checkTimeouts(): void {
    const { electionTimeoutTicksMin: min, electionTimeoutTicksMax: max } = this.#config;
    const drawn = this.#timeoutsMs;
    if (drawn.length < TIMEOUTS_TO_JUDGE || max - min < TIMEOUT_VALUES_MIN) return;
    const values = [...new Set(drawn)];
    if (values.length > 2) return;
    const detail = `all of ${drawn.length} election timeouts were ${values.join(' or ')} ms`;
    throw new Violation('I29 election timeouts', detail);
  }
}

/** Whether a message of that type shows its sender to be in that term. */
function isOfTerm(type: PeerMessage['type']): boolean {
  return !['preVote', 'preVoteReply', 'clock', 'forward', 'forwardRefused'].includes(type);
}
