/**
 * Elections put together from the events of all nodes: who stood and why, who answered what, who
 * won, how long nobody led. Pure: events in, records out.
 */
import type { NodeEvent } from '../wire/events.ts';
import type { Ballot, Standing } from './ballots.ts';
import { type Cause, causeOf } from './causes.ts';
import { inOrder, isOf, monoMs } from './timeline.ts';

export interface Election {
  readonly term: number;
  /** Wall clock of the first sign of it. */
  readonly wallMs: number;
  /** First candidate stood up. */
  readonly startedMonoMs: number;
  /** Somebody won; null: nobody did, as far as the events tell. */
  readonly electedMonoMs: number | null;
  readonly winner: string | null;
  readonly votes: readonly string[];
  readonly previousLeader: string | null;
  /** From the first candidate to the winner; null: no winner or no candidate is known. */
  readonly durationMs: number | null;
  /** From the last sign that the old leader led to the new one; null: not known. */
  readonly leaderlessMs: number | null;
  readonly standings: readonly Standing[];
  readonly ballots: readonly Ballot[];
  readonly cause: Cause;
}

interface Draft {
  readonly term: number;
  readonly events: NodeEvent[];
}

/** Candidates try again within a second or two; after this much silence it is another attempt. */
const SILENCE_MS = 10_000;
/** What happened before an election that may have led to it. Milliseconds. */
const BEFORE_MS = 15_000;
/** What is told only afterwards: a paused leader tells of its pause when it wakes. */
const AFTER_MS = 60_000;

const OWN_TYPES = new Set(['election.started', 'vote.answered', 'leader.elected']);

/** All elections that the events tell of, the oldest first. */
export function electionsOf(events: readonly NodeEvent[]): Election[] {
  const ordered = inOrder(events);
  const drafts = new Map<number, Draft>();
  for (const event of ordered) {
    if (!OWN_TYPES.has(event.type)) continue;
    const draft = drafts.get(event.term) ?? { term: event.term, events: [] };
    draft.events.push(event);
    drafts.set(event.term, draft);
  }
  const terms = [...drafts.values()].sort((a, b) => a.term - b.term);
  const leaders = leadersOf(ordered);
  const elections: Election[] = [];
  for (const draft of terms) {
    const election = electionOf(draft, leaders, ordered);
    elections.push({ ...election, cause: causeFor(election, elections.at(-1), ordered) });
  }
  return elections;
}

/** Of several attempts to replace one leader, the first tells best why it was lost. */
function causeFor(
  election: Omit<Election, 'cause'>,
  before: Election | undefined,
  all: readonly NodeEvent[],
): Cause {
  const { term, previousLeader, standings, startedMonoMs } = election;
  const isRetry =
    before !== undefined &&
    before.winner === null &&
    before.previousLeader === previousLeader &&
    startedMonoMs - before.startedMonoMs < SILENCE_MS;
  if (isRetry && before.cause.class !== 'unknown') return before.cause;
  const events = near(all, startedMonoMs);
  return causeOf({ term, previousLeader, standings, startedMonoMs, events });
}

/** Who led each term, by the word of those who led and of those who followed. */
function leadersOf(events: readonly NodeEvent[]): Map<number, string> {
  const leaders = new Map<number, string>();
  for (const event of events) {
    if (isOf(event, 'leader.elected')) leaders.set(event.term, event.node);
    if (isOf(event, 'leader.known') && event.data.leader !== null) {
      leaders.set(event.term, event.data.leader);
    }
  }
  return leaders;
}

/** @returns the newest term before this one that had a leader; 0: none is known. */
function ledTermBefore(leaders: ReadonlyMap<number, string>, term: number): number {
  let newest = 0;
  for (const known of leaders.keys()) if (known < term && known > newest) newest = known;
  return newest;
}

/**
 * A node may ask about a term long before anybody gets it: pre-votes that came to nothing. And one
 * that comes back asks about terms of long ago. What counts is what lies between the last long
 * silence before the winner was known and the first one after.
 */
function campaignOf(events: readonly NodeEvent[], elected: NodeEvent | null): NodeEvent[] {
  const campaigns: NodeEvent[][] = [];
  for (const event of events) {
    const last = campaigns.at(-1);
    const before = last?.at(-1);
    if (last === undefined || before === undefined || monoMs(event) - monoMs(before) > SILENCE_MS) {
      campaigns.push([event]);
    } else last.push(event);
  }
  const endMs = elected === null ? Number.POSITIVE_INFINITY : monoMs(elected);
  return campaigns.findLast(([first]) => first !== undefined && monoMs(first) <= endMs) ?? [];
}

/**
 * A node that does not hear the leader yet, or for a while, asks about the next term as well. Once
 * it hears the leader of before again, that has nothing to do with how the leader is lost later.
 */
function withoutReturned(
  campaign: readonly NodeEvent[],
  all: readonly NodeEvent[],
  { term, leader }: { readonly term: number; readonly leader: string | null },
): NodeEvent[] {
  const heardMs = new Map<string, number>();
  for (const event of all) {
    if (!isOf(event, 'leader.known') || event.data.leader !== leader) continue;
    if (event.term < term) heardMs.set(event.node, monoMs(event));
  }
  return campaign.filter((event) => {
    const candidate = isOf(event, 'vote.answered') ? event.data.candidate : event.node;
    return monoMs(event) >= (heardMs.get(candidate) ?? Number.NEGATIVE_INFINITY);
  });
}

function electionOf(
  { term, events: own }: Draft,
  leaders: ReadonlyMap<number, string>,
  all: readonly NodeEvent[],
): Omit<Election, 'cause'> {
  const previousTerm = ledTermBefore(leaders, term);
  const previousLeader = leaders.get(previousTerm) ?? null;
  const winner = leaders.get(term) ?? null;
  const elected = firstSignOf(winner, term, all);
  const campaign = campaignOf(own, elected);
  const events =
    elected === null ? campaign : withoutReturned(campaign, all, { term, leader: previousLeader });
  const first = events[0] ?? elected ?? (own[0] as NodeEvent);
  const standings = events.flatMap(standingOf);
  const startedMonoMs = standings[0]?.monoMs ?? monoMs(first);
  const electedMonoMs = elected === null ? null : monoMs(elected);
  const ruled = firstSignOf(previousLeader, previousTerm, all);
  // What befell the same node before it led does not count.
  const sinceMs = ruled === null ? startedMonoMs - BEFORE_MS : monoMs(ruled);
  const lostMs = lastLed(near(all, startedMonoMs), previousLeader, [sinceMs, startedMonoMs]);
  return {
    term,
    wallMs: first.wallMs,
    startedMonoMs,
    electedMonoMs,
    winner,
    votes: elected !== null && isOf(elected, 'leader.elected') ? elected.data.votes : [],
    previousLeader,
    durationMs:
      electedMonoMs === null || standings.length === 0
        ? null
        : Math.max(0, electedMonoMs - startedMonoMs),
    leaderlessMs: electedMonoMs === null || lostMs === null ? null : electedMonoMs - lostMs,
    standings,
    ballots: events.flatMap(ballotOf),
  };
}

/** The winner's own word; without it, that of the first who followed. */
function firstSignOf(
  winner: string | null,
  term: number,
  all: readonly NodeEvent[],
): NodeEvent | null {
  if (winner === null) return null;
  const own = all.find((event) => event.term === term && event.type === 'leader.elected');
  const known = all.find(
    (e) => e.term === term && isOf(e, 'leader.known') && e.data.leader === winner,
  );
  return own ?? known ?? null;
}

function near(all: readonly NodeEvent[], atMs: number): NodeEvent[] {
  return all.filter((event) => {
    const ms = monoMs(event);
    return ms >= atMs - BEFORE_MS && ms <= atMs + AFTER_MS;
  });
}

/**
 * The moment from which the old leader certainly led no more: its connections broke, it stopped or
 * stepped down. When it only fell silent, the drawn timeout tells when it was last heard.
 */
function lastLed(
  events: NodeEvent[],
  leader: string | null,
  [sinceMs, startedMs]: readonly [number, number],
): number | null {
  if (leader === null) return null;
  let first: number | null = null;
  for (const event of events) {
    const ms = monoMs(event);
    if (ms > startedMs || ms < Math.max(sinceMs, startedMs - BEFORE_MS)) continue;
    const isLoss = isOf(event, 'peer.disconnected') && event.data.peer === leader;
    const isEnd =
      event.node === leader &&
      (event.type === 'node.stopping' || event.type === 'leader.steppedDown');
    if ((isLoss || isEnd) && (first === null || ms < first)) first = ms;
  }
  if (first !== null) return first;
  const stood = events.find((e) => isOf(e, 'election.started') && monoMs(e) >= startedMs);
  if (stood === undefined || !isOf(stood, 'election.started')) return null;
  return stood.data.reason === 'timeout' ? startedMs - stood.data.timeoutMs : startedMs;
}

function standingOf(event: NodeEvent): Standing[] {
  if (!isOf(event, 'election.started')) return [];
  const { kind, reason, timeoutMs } = event.data;
  return [{ node: event.node, kind, reason, timeoutMs, monoMs: monoMs(event) }];
}

function ballotOf(event: NodeEvent): Ballot[] {
  if (!isOf(event, 'vote.answered')) return [];
  const { kind, candidate, granted, reason } = event.data;
  return [{ voter: event.node, candidate, kind, granted, reason, monoMs: monoMs(event) }];
}
