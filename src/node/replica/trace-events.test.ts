import { expect, test } from 'vitest';
import type { EventData, EventType } from '../../wire/events.ts';
import type { Trace } from '../raft/ready.ts';
import { TraceEvents } from './trace-events.ts';

/** Turns traces into events, each at its time; what the elected leaders were told to have taken. */
function durationsMs(...traces: readonly (readonly [number, Trace])[]): number[] {
  const taken: number[] = [];
  const events = new TraceEvents(<T extends EventType>(type: T, _: number, data: EventData[T]) => {
    if (type === 'leader.elected') taken.push((data as EventData['leader.elected']).durationMs);
  });
  for (const [nowMs, trace] of traces) {
    events.take(trace, { term: 2, tickMs: 10, nowMs, nameOf: (member) => `n${member}` });
  }
  return taken;
}

const stands = (kind: 'preVote' | 'vote', reason: 'timeout' | 'transfer'): Trace => {
  return { type: 'electionStarted', term: 2, kind, reason, timeoutTicks: 50 };
};

const WINS: Trace = {
  type: 'roleChanged',
  term: 2,
  from: 'candidate',
  to: 'leader',
  reason: 'won',
  votes: [1, 2],
} as Trace;

test('TraceEvents count an election from the pre-vote on', () => {
  const traces = [
    [1000, stands('preVote', 'timeout')],
    [1004, stands('vote', 'timeout')],
    [1007, WINS],
  ] as const;
  expect(durationsMs(...traces)).toEqual([7]);
});

test('TraceEvents count an election that a leader wished for from its vote on', () => {
  expect(durationsMs([9000, stands('vote', 'transfer')], [9003, WINS])).toEqual([3]);
});
