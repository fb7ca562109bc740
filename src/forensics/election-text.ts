/** Elections as lines for people. Pure. */
import type { Paint } from '../std/paint.ts';
import { type Column, tableLines } from '../std/table.ts';
import { formatDurationMs } from '../std/units.ts';
import type { EventType, NodeEvent } from '../wire/events.ts';
import type { Election } from './elections.ts';
import { eventText, reasonText } from './event-text.ts';
import { inOrder, monoMs } from './timeline.ts';

export function electionTable(elections: readonly Election[], paint: Paint): string[] {
  if (elections.length === 0) return ['No election is known: the nodes tell of none.'];
  const columns: readonly Column<Election>[] = [
    { title: 'TERM', align: 'right', cell: ({ term }) => term },
    { title: 'TIME', cell: ({ wallMs }) => clock(wallMs) },
    { title: 'LEADER', cell: ({ winner }) => winner ?? paint('red', 'nobody') },
    { title: 'VOTES', cell: ({ votes }) => votes.join(',') },
    { title: 'BEFORE', cell: ({ previousLeader }) => previousLeader },
    { title: 'TOOK', align: 'right', cell: ({ durationMs }) => spanOf(durationMs) },
    { title: 'LEADERLESS', align: 'right', cell: ({ leaderlessMs }) => spanOf(leaderlessMs) },
    { title: 'CAUSE', cell: ({ cause }) => paint('yellow', cause.class) },
    { title: 'EVIDENCE', cell: ({ cause }) => cause.text },
  ];
  return tableLines(columns, elections, paint);
}

/** One election, step by step. */
export function explanation(election: Election, paint: Paint): string[] {
  const { term, winner, previousLeader, cause, startedMonoMs } = election;
  const head = winner === null ? paint('red', 'nobody won') : `${paint('bold', winner)} won`;
  const steps = [
    ...election.standings.map(({ node, kind, reason, timeoutMs, monoMs: atMs }) => ({
      atMs,
      text:
        `${node} ${kind === 'preVote' ? 'asks whether it would win' : 'stands for election'}: ` +
        `${reasonText(reason)}, timeout ${Math.round(timeoutMs)} ms`,
    })),
    ...election.ballots.map(({ voter, candidate, kind, granted, reason, monoMs: atMs }) => ({
      atMs,
      text:
        `${voter} says ${granted ? paint('green', 'yes') : paint('red', 'no')} to ${candidate}'s ` +
        `${kind === 'preVote' ? 'question' : 'candidacy'}${granted ? '' : `: ${reasonText(reason)}`}`,
    })),
  ].sort((a, b) => a.atMs - b.atMs);
  const lines = [
    `Term ${term}: ${head}${winner === null ? '' : ` by the votes of ${election.votes.join(', ')}`}`,
    `  before     ${previousLeader ?? 'nobody, as far as the events go back'}`,
    `  cause      ${paint('yellow', cause.class)}: ${cause.text}`,
    `  took       ${spanOf(election.durationMs) ?? '-'}`,
    `  leaderless ${spanOf(election.leaderlessMs) ?? '-'}`,
    '',
  ];
  for (const { atMs, text } of steps) lines.push(`  ${offset(atMs - startedMonoMs)}  ${text}`);
  if (election.electedMonoMs !== null) {
    lines.push(`  ${offset(election.electedMonoMs - startedMonoMs)}  ${winner} leads`);
  }
  return lines;
}

const TIMELINE_TYPES: ReadonlySet<EventType> = new Set<EventType>([
  'node.started',
  'node.stopping',
  'role.changed',
  'election.started',
  'vote.answered',
  'leader.elected',
  'leader.steppedDown',
  'peer.disconnected',
  'process.stalled',
  'disk.full',
  'disk.room',
]);

/** What has to do with leadership, on all nodes, in order, with the time since the line before. */
export function timelineEvents(events: readonly NodeEvent[]): NodeEvent[] {
  return inOrder(events).filter(({ type }) => TIMELINE_TYPES.has(type));
}

export function timelineLines(events: readonly NodeEvent[], paint: Paint): string[] {
  const lines: string[] = [];
  let before: NodeEvent | null = null;
  for (const event of timelineEvents(events)) {
    lines.push(eventLine(event, before, paint));
    before = event;
  }
  return lines.length > 0 ? lines : ['Nothing is known: the nodes tell of nothing.'];
}

/** One event, with the time since the one before, if there is one. */
export function eventLine(event: NodeEvent, before: NodeEvent | null, paint: Paint): string {
  const sinceMs = before === null ? 0 : monoMs(event) - monoMs(before);
  const since = sinceMs > 0 ? `+${formatDurationMs(sinceMs)}` : '';
  const time = paint('dim', `${clock(event.wallMs)} ${since.padStart(10)}`);
  const text =
    event.type === 'leader.elected' ? paint('green', eventText(event)) : eventText(event);
  return `${time}  T${String(event.term).padEnd(4)} ${event.node.padEnd(5)} ${text}`;
}

function spanOf(ms: number | null): string | null {
  return ms === null ? null : formatDurationMs(ms);
}

function offset(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${formatDurationMs(Math.abs(ms))}`.padStart(10);
}

/** Time of day, UTC, to the millisecond, as log lines and events have it in JSON. */
function clock(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(11, 23);
}
