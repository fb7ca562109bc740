import { expect, test } from 'vitest';
import { eventAt } from '../../test/doubles/flight.ts';
import type { NodeEvent } from '../wire/events.ts';
import { SafetyMonitor } from './safety.ts';

const elected = (s: number, node: string, term: number): NodeEvent =>
  eventAt({ s, node, term }, 'leader.elected', { votes: ['n1', 'n2'], durationMs: 3 });
const follows = (s: number, node: string, term: number, leader: string | null): NodeEvent =>
  eventAt({ s, node, term }, 'leader.known', { leader });
const votes = (s: number, node: string, term: number, candidate: string, granted = true) =>
  eventAt({ s, node, term }, 'vote.answered', {
    ...{ kind: 'vote', candidate, granted, reason: granted ? 'granted' : 'alreadyVoted' },
  });
const stands = (s: number, node: string, term: number, kind: 'vote' | 'preVote' = 'vote') =>
  eventAt({ s, node, term }, 'election.started', { kind, reason: 'timeout', timeoutMs: 700 });
const applied = (s: number, node: string, commitIndex: number, chainHash: string): NodeEvent =>
  eventAt({ s, node, term: 2 }, 'commit.advanced', { commitIndex, chainHash });
const cuts = (s: number, node: string, term: number, fromIndex: number): NodeEvent =>
  eventAt({ s, node, term }, 'log.truncated', { fromIndex, lastIndex: 99 });
const inLife = (event: NodeEvent, incarnation: string): NodeEvent => ({ ...event, incarnation });

function rulesBroken(events: readonly NodeEvent[]): string[] {
  const monitor = new SafetyMonitor();
  const found = events.flatMap((event) => monitor.take(event));
  expect(monitor.count).toBe(events.length);
  for (const violation of found) expect(violation.events).toHaveLength(2);
  return found.map(({ rule, text }) => `${rule}: ${text}`);
}

test.each<[string, NodeEvent[], string]>([
  [
    'two leaders of one term',
    [elected(1, 'n1', 2), elected(2, 'n2', 2)],
    'electionSafety: term 2 has two leaders: n1 and n2',
  ],
  [
    'a follower of somebody else in that term',
    [follows(1, 'n3', 2, 'n1'), elected(2, 'n2', 2)],
    'electionSafety: term 2 has two leaders: n1 and n2',
  ],
  [
    'two votes in one term',
    [votes(1, 'n3', 2, 'n1'), inLife(votes(2, 'n3', 2, 'n2'), 'n3-2')],
    'oneVote: n3 voted for n1 and for n2 in term 2',
  ],
  [
    'a candidate that also votes for another',
    [stands(1, 'n3', 2), votes(2, 'n3', 2, 'n1')],
    'oneVote: n3 voted for n3 and for n1 in term 2',
  ],
  [
    'less applied than before',
    [applied(1, 'n1', 9, 'aa'), applied(2, 'n1', 8, 'bb')],
    'commitMonotone: n1 had applied 9, and then only 8',
  ],
  [
    'other entries up to one index',
    [applied(1, 'n1', 9, 'aa'), applied(2, 'n2', 9, 'bb')],
    'equalState: n1 and n2 applied 9 entries, not the same ones: chain aa and bb',
  ],
  [
    'a cut into what was applied',
    [applied(1, 'n1', 9, 'aa'), cuts(2, 'n1', 3, 9)],
    'committedKept: n1 cut its log from 9, and had applied 9',
  ],
  [
    'a leader that cuts its own log',
    [elected(1, 'n1', 2), cuts(2, 'n1', 2, 5)],
    'committedKept: n1 cut its log from 5 in term 2, which it leads',
  ],
])('SafetyMonitor finds %s', (_what, events, expected) => {
  expect(rulesBroken(events)).toEqual([expected]);
});

test.each<[string, NodeEvent[]]>([
  ['leaders of different terms', [elected(1, 'n1', 2), elected(2, 'n2', 3)]],
  [
    'the same leader, told by many',
    [elected(1, 'n1', 2), follows(2, 'n2', 2, 'n1'), follows(3, 'n3', 2, null)],
  ],
  [
    'a vote told twice, and one refused',
    [votes(1, 'n3', 2, 'n1'), votes(2, 'n3', 2, 'n1'), votes(3, 'n3', 2, 'n2', false)],
  ],
  ['pre-votes for many', [stands(1, 'n3', 2, 'preVote'), votes(2, 'n3', 2, 'n1')]],
  [
    'more applied, and equal chains',
    [applied(1, 'n1', 8, 'aa'), applied(2, 'n1', 9, 'bb'), applied(3, 'n2', 9, 'bb')],
  ],
  [
    'less applied in another life',
    [applied(1, 'n1', 9, 'aa'), inLife(applied(2, 'n1', 8, 'bb'), 'n1-2')],
  ],
  ['a cut behind what was applied', [applied(1, 'n1', 9, 'aa'), cuts(2, 'n1', 3, 10)]],
  ['a cut in the term of another', [elected(1, 'n1', 2), cuts(2, 'n1', 3, 5)]],
  ['what others have applied meanwhile', [applied(1, 'n2', 50, 'aa'), cuts(2, 'n1', 3, 10)]],
  [
    'a cut by who leads by the word of others only',
    [follows(1, 'n3', 2, 'n1'), cuts(2, 'n1', 2, 5)],
  ],
])('SafetyMonitor does not mind %s', (_what, events) => {
  expect(rulesBroken(events)).toEqual([]);
});
