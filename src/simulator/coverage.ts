/**
 * How often each interesting state was reached: a row of zeros shows a simulator that never gets
 * there, and so proves nothing about it. Rows count what the program says of itself (its events,
 * its messages) and what the simulator did to it.
 */

import type { Profile } from './fault-plan.ts';

/** Counts by the name of a row. */
export type Counts = Readonly<Record<string, number>>;

export interface CoverageRow {
  readonly name: string;
  readonly what: string;
  /** A run over so many seeds (of at least `SECONDS_MIN` each, in a swarm) must have some. */
  readonly fromSeeds: number;
}

interface CoveredRun {
  readonly seconds: number;
  /** Null: drawn. */
  readonly nodes: number | null;
  readonly profile: Profile;
}

/** Shorter seeds than that owe nothing. */
const SECONDS_MIN = 20;

function row(name: string, fromSeeds: number, what: string): CoverageRow {
  return { name, fromSeeds, what };
}

export const COVERAGE_ROWS: readonly CoverageRow[] = [
  row('elections won', 20, 'a candidate became the leader'),
  row('elections lost', 50, 'a candidate did not become the leader of its term'),
  row('leader changes', 20, 'another member leads than before'),
  row('pre-votes refused', 20, 'a node would not vote for the one that asks'),
  row('votes refused', 200, 'a real vote was denied'),
  row('lost leader noticed', 50, 'an election began as the connection to the leader broke'),
  row('check-quorum', 50, 'a leader stepped down as it heard no majority'),
  row('higher term', 20, 'a leader stepped down for a higher term'),
  row('transfers done', 20, 'leadership was handed over on request'),
  row('transfers failed', 50, 'the member that was to take over did not'),
  row('transfers refused', 50, 'it could not take over, or was asked of one who did not lead'),
  row('takeovers', 20, 'a member stood for election as the leader wanted'),
  row('changes committed', 20, 'a change of the members was committed'),
  row('changes refused', 20, 'a leader would not change the members just then'),
  row('changes unknown', 100, 'a leader fell before its change was committed'),
  row('recruits', 20, 'a node was started to join the cluster'),
  row('joint entered', 20, 'a leader appended a joint configuration'),
  row('joint left', 20, 'a leader appended what follows a joint configuration'),
  row('joint inherited', 50, 'another leader left a joint configuration than the one that entered'),
  row('config rollbacks', 200, 'a configuration was cut off, the one before it counts again'),
  row('voters added', 20, 'a change gave votes'),
  row('voters removed', 20, 'a change took votes'),
  row('leaders removed', 20, 'a leader lost its own vote, and went'),
  row('inherited tail', 50, "a new leader's log ended in entries of older terms, not committed"),
  row('truncations', 50, 'a follower cut off entries that conflicted'),
  row('durable truncated', 50, 'entries were cut off that were durable on a minority'),
  row('append rejects', 20, 'a follower lacked what an append builds on'),
  row('sessions opened', 20, 'a client got a session'),
  row('sessions over', 50, 'a write came in a session that had ended'),
  row('writes repeated', 20, 'a write of a session was in the log again, and had no effect'),
  row('commits', 20, 'entries were committed'),
  row('acknowledged writes', 20, 'a client heard ok'),
  row('unknown outcomes', 20, 'a client heard that its write may or may not have happened'),
  row('refused writes', 50, 'a client heard that its write did not happen'),
  row('leader reads', 20, 'a read was served by the leader'),
  row('follower reads', 20, 'a read was served by a follower'),
  row('retained logs', 50, 'a cluster that forgets nothing'),
  row('segments archived', 200, 'a start found a part of the log in the archive'),
  row('leases', 20, 'a leader was allowed to answer reads by a lease'),
  row('lease reads', 20, 'it did'),
  row('leases run out', 50, 'a leader had to ask again, as its lease was over'),
  row('ReadIndex asked', 20, 'a follower asked the leader for an index to read at'),
  row('ReadIndex refused', 20, 'the one who was asked did not lead, or not any more'),
  row('forwards', 20, 'a follower passed commands on to the leader'),
  row('forwards refused', 50, 'they met a node that did not lead'),
  row('expired keys', 20, 'a read found that a key had expired'),
  row('snapshots taken', 20, 'a snapshot of the own state became durable'),
  row('snapshots sent', 200, 'a leader began to send a snapshot'),
  row('snapshots received', 200, 'a snapshot came in whole from the leader'),
  row('snapshots installed', 200, 'a log began anew behind a received snapshot'),
  row('states restored', 20, 'a state machine was loaded from a snapshot'),
  row('histories judged', 50, 'the linearizability checker took the whole history and passed it'),
  row('learners', 500, 'a member that has no vote took part'),
  row('shared machines', 20, 'a leader let followers wait that a majority does not need'),
  row('crashes', 20, 'a process died'),
  row('power cuts', 20, 'a machine died with what it had not synced'),
  row('moments of need', 20, 'a node ended just when it hurt: a write or a snapshot under way'),
  row('torn tails', 50, 'a log ended in writes that were only partly there'),
  row('orderly stops', 100, 'a node was stopped and closed its log'),
  row('recoveries', 20, 'a node opened its log'),
  row('disk errors', 100, 'an operation on the log failed'),
  row('fail-stops', 100, 'a node ended itself as its disk failed'),
  row('full disks', 200, 'a node had no room for its log'),
  row('rot inflicted', 100, 'durable bytes of a log were changed'),
  row('rot found', 100, 'the node noticed and stayed out'),
  row('pauses', 20, 'a process stood still'),
  row('slow disks', 20, 'a disk became slow'),
  row('partitions', 20, 'links were cut'),
  row('one-way cuts', 50, 'links were cut in one direction only'),
  row('resets', 20, 'connections were reset'),
  row('messages dropped', 20, 'a message was lost'),
  row('messages doubled', 20, 'a message came twice'),
  row('messages reordered', 20, 'a message came late'),
];

export function addCounts(total: Record<string, number>, more: Counts): void {
  for (const [name, count] of Object.entries(more)) total[name] = (total[name] ?? 0) + count;
}

/** Rows that should have been reached by so many seeds and were not. */
export function missingRows(
  counts: Counts,
  run: { readonly seeds: number; readonly options: CoveredRun },
): readonly CoverageRow[] {
  const { seconds, nodes, profile } = run.options;
  // One or two members cannot do everything, and a storm has no rotten disks.
  if (seconds < SECONDS_MIN || (nodes !== null && nodes < 3) || profile !== 'swarm') return [];
  return COVERAGE_ROWS.filter(({ name, fromSeeds }) => {
    if (name === 'learners' && nodes === 3) return false;
    return run.seeds >= fromSeeds && (counts[name] ?? 0) === 0;
  });
}
