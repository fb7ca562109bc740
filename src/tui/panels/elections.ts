/** Who led when, who stood, who voted how, and why the leader was lost. */

import type { Election } from '../../forensics/elections.ts';
import { reasonText } from '../../forensics/event-text.ts';
import { clock, duration, durationMs, NOTHING } from '../figures.ts';
import { filterOf } from '../filter.ts';
import { windowOf } from '../layout.ts';
import type { Sample } from '../sample.ts';
import type { Panel, Scene } from '../scene.ts';
import { type Line, line, padStart, piece } from '../text.ts';

/** Newest first, those that the filter lets through. */
export function electionRows(scene: Scene): Election[] {
  const passes = filterOf(scene.ui.filter);
  return scene.elections
    .filter((e) => passes(`T${e.term} ${e.winner ?? ''} ${e.cause.class} ${e.cause.text}`))
    .reverse();
}

function chosen(scene: Scene): Election | null {
  const rows = electionRows(scene);
  const row = scene.ui.view === 'elections' ? scene.ui.row : 0;
  return rows[Math.min(row, rows.length - 1)] ?? null;
}

export const ELECTIONS_PANEL: Panel = {
  title: '5 Elections',
  note: () => 'newest first',
  rows: (scene) => electionRows(scene).map(({ term }) => String(term)),
  draw: (scene, { height }) => {
    const rows = electionRows(scene);
    if (rows.length === 0) return [line(piece('No election is known yet.', 'dim'))];
    const header = '  TERM  TIME      LEADER  VOTES  TOOK    LEADERLESS  CAUSE';
    const { from, to } = windowOf(rows.length, scene.ui.row, height - 1);
    const body = rows.slice(from, to).map((election, i) => {
      const isChosen = from + i === Math.min(scene.ui.row, rows.length - 1);
      return line(
        piece(isChosen ? `${scene.glyphs.cursor} ` : '  ', 'accent'),
        padStart(String(election.term), 4),
        `  ${clock(election.wallMs)}  `,
        piece((election.winner ?? 'nobody').padEnd(7), election.winner === null ? 'bad' : 'good'),
        ` ${String(election.votes.length).padEnd(5)}  `,
        durationMs(election.durationMs).padEnd(8),
        durationMs(election.leaderlessMs).padEnd(12),
        piece(`${election.cause.class}: `, 'warn'),
        election.cause.text,
      );
    });
    return [line(piece(header, 'dim')), ...body];
  },
};

/** Terms on a time axis, a row a node. */
export const GANTT_PANEL: Panel = {
  title: '5 Terms on a time axis',
  note: ({ glyphs }) => `${glyphs.leader} leads  ${glyphs.candidate} stands  ${glyphs.down} down`,
  draw: (scene, { width, height }) => {
    const ids = scene.now.nodes.map(({ id }) => id);
    const lead = Math.max(3, ...ids.map((id) => id.length)) + 1;
    const seconds = Math.max(5, width - lead);
    const grid = new Map(ids.map((id) => [id, statesOf(scene, id, seconds)]));
    const rows = ids.slice(0, Math.max(1, height - 3)).map((id) => {
      return line(piece(id.padEnd(lead), 'strong'), (grid.get(id) ?? []).join(''));
    });
    const newest = scene.elections.findLast(({ winner }) => winner !== null);
    return [...rows, termsLine(scene, lead, seconds), ...(newest ? sentences(newest) : [])];
  },
};

function statesOf(scene: Scene, id: string, seconds: number): string[] {
  const cells = Array.from({ length: seconds }, () => ' ');
  const last = Math.floor(scene.now.atMs / 1000);
  for (let at = scene.history.length - 1; at >= 0; at -= 1) {
    const sample = scene.history[at] as Sample;
    const column = seconds - 1 - (last - Math.floor(sample.atMs / 1000));
    if (column < 0) break;
    const node = sample.nodes.find((one) => one.id === id);
    if (node === undefined || cells[column] !== ' ') continue;
    cells[column] = shapeOf(scene, node.state, node.status?.role ?? null);
  }
  return cells;
}

function shapeOf({ glyphs }: Scene, state: string, role: string | null): string {
  if (state === 'paused') return glyphs.paused;
  if (state !== 'up') return glyphs.down;
  if (role === 'leader') return glyphs.leader;
  return role === 'candidate' || role === 'preCandidate' ? glyphs.candidate : glyphs.follower;
}

function termsLine(scene: Scene, lead: number, seconds: number): Line {
  return line(piece(' '.repeat(lead) + termMarks(scene, seconds, ''), 'dim'));
}

/** Where terms began, a column a second; of those that would cover one another, the newer. */
export function termMarks(scene: Scene, seconds: number, shape: string): string {
  const cells = Array.from({ length: seconds }, () => ' ');
  const last = Math.floor(scene.now.atMs / 1000);
  let free = seconds;
  for (const { term, wallMs, winner } of scene.elections.toReversed()) {
    if (winner === null) continue;
    const mark = `${shape}T${term}`;
    const column = seconds - 1 - (last - Math.floor(wallMs / 1000));
    const from = Math.min(column, seconds - mark.length);
    if (column < 0 || from < 0 || from + mark.length > free) continue;
    cells.splice(from, mark.length, ...mark);
    free = from - 1;
  }
  return cells.join('');
}

function sentences({
  term,
  winner,
  votes,
  durationMs: tookMs,
  leaderlessMs,
  cause,
}: Election): Line[] {
  const gap = leaderlessMs === null ? '' : `, ${durationMs(leaderlessMs)} without a leader`;
  return [
    line(`T${term} ${winner} elected by ${votes.join(', ')} in ${durationMs(tookMs)}${gap}`),
    line(piece('cause ', 'dim'), piece(cause.text, 'warn')),
  ];
}

/** The chosen election, step by step. */
export const LEDGER_PANEL: Panel = {
  title: '5 Ledger of the chosen election',
  draw: (scene) => {
    const election = chosen(scene);
    return election === null ? [line(piece(NOTHING, 'dim'))] : ledgerLines(election);
  },
};

export function ledgerLines(election: Election): Line[] {
  const { term, startedMonoMs, standings, ballots, cause, previousLeader } = election;
  const steps = [
    ...standings.map((standing) => ({
      atMs: standing.monoMs,
      text: line(
        piece(standing.node, 'strong'),
        standing.kind === 'preVote' ? ' asks whether it would win: ' : ' stands for election: ',
        piece(
          `${reasonText(standing.reason)}, timeout ${Math.round(standing.timeoutMs)} ms`,
          'dim',
        ),
      ),
    })),
    ...ballots.map((ballot) => ({
      atMs: ballot.monoMs,
      text: line(
        piece(ballot.voter, 'strong'),
        ' says ',
        piece(ballot.granted ? 'yes' : 'no', ballot.granted ? 'good' : 'bad'),
        ` to ${ballot.candidate}'s ${ballot.kind === 'preVote' ? 'question' : 'candidacy'}`,
        piece(ballot.granted ? '' : `: ${reasonText(ballot.reason)}`, 'dim'),
      ),
    })),
  ].sort((a, b) => a.atMs - b.atMs);
  const before = previousLeader === null ? '' : `${previousLeader} led before; `;
  const end =
    election.winner === null
      ? [line(piece('nobody won', 'bad'))]
      : [
          stepLine(
            (election.electedMonoMs ?? 0) - startedMonoMs,
            line(
              piece(
                `${election.winner} leads, by the votes of ${election.votes.join(', ')}`,
                'good',
              ),
            ),
          ),
        ];
  return [
    line(piece(`T${term}  `, 'strong'), before, piece(`${cause.class}: ${cause.text}`, 'warn')),
    ...steps.map(({ atMs, text }) => stepLine(atMs - startedMonoMs, text)),
    ...end,
  ];
}

function stepLine(afterMs: number, text: Line): Line {
  const sign = afterMs < 0 ? '-' : '+';
  return [
    piece(padStart(`${sign}${duration(Math.abs(afterMs) * 1000)}`, 8), 'dim'),
    piece('  '),
    ...text,
  ];
}

/** Since when the leader leads; null: not known. */
export function ledSinceMs(scene: Scene, leader: string): number | null {
  const elected = scene.events.findLast((e) => e.type === 'leader.elected' && e.node === leader);
  return elected === undefined ? null : Math.max(0, scene.now.atMs - elected.wallMs);
}
