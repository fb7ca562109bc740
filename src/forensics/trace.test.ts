import { describe, expect, test } from 'vitest';
import type { NodeTrace, TraceMark } from '../wire/traces.ts';
import { requestTrace } from './trace.ts';
import type { NodeClock, TraceInput } from './trace-story.ts';
import { traceLines } from './trace-text.ts';

/** The client's clock when it sends. */
const SENT = 1000;

function node(id: string, marks: readonly TraceMark[], more: Partial<NodeTrace> = {}): NodeTrace {
  const facts = { cluster: 'demo', term: 4, leader: 'n2', monoMs: SENT + 50, dropped: 0 };
  return { ...facts, id, batch: null, marks, ...more };
}

function mark(ms: number, what: TraceMark['what'], more: Partial<TraceMark> = {}): TraceMark {
  return { monoMs: SENT + ms, what, ...more };
}

const append = (ms: number, what: 'send' | 'receive', peer: string): TraceMark =>
  mark(ms, what, { message: 'append', peer, index: 9, round: 1, isTraced: true });
const reply = (ms: number, what: 'send' | 'receive', peer: string, index = 9): TraceMark =>
  mark(ms, what, { message: 'appendReply', peer, index });

function input(traces: readonly NodeTrace[], more: Partial<TraceInput> = {}): TraceInput {
  const clocks: NodeClock[] = traces.map(({ id }) => {
    return { node: id, offsetMs: 0, uncertaintyMs: 0.1 };
  });
  return {
    ...{ kind: 'write', cluster: 'demo', via: 'n2', voters: ['n1', 'n2', 'n3'], traces, clocks },
    ...{ sentMonoMs: SENT, answeredMonoMs: SENT + 5 },
    ...more,
  };
}

const WRITTEN = [
  node('n1', [
    append(1.2, 'receive', 'n2'),
    mark(1.9, 'sync', { tookMs: 0.6 }),
    reply(2, 'send', 'n2'),
  ]),
  node(
    'n2',
    [
      mark(0.5, 'sync', { tookMs: 3 }),
      append(1, 'send', 'n1'),
      append(1, 'send', 'n3'),
      reply(1.1, 'receive', 'n1', 8),
      reply(2.3, 'receive', 'n1'),
      mark(3, 'turn', { index: 9 }),
      mark(4, 'sync', { tookMs: 3.1 }),
      reply(7, 'receive', 'n3'),
    ],
    { batch: { first: 7, last: 9 } },
  ),
  node('n3', [
    append(1.5, 'receive', 'n2'),
    mark(6, 'sync', { tookMs: 4 }),
    reply(6.5, 'send', 'n2'),
  ]),
];

function told(trace: ReturnType<typeof requestTrace>): string[] {
  return trace.steps.map(({ step, node: from, to, fromMs, toMs }) => {
    return `${step} ${from}${to === null ? '' : `>${to}`} ${fromMs}-${toMs}`;
  });
}

describe('requestTrace', () => {
  test('requestTrace follows a write to the majority and back, and on to who was late', () => {
    const trace = requestTrace(input(WRITTEN));
    expect(trace).toMatchObject({ leader: 'n2', first: 7, last: 9, totalMs: 5, decidedBy: 'n2' });
    expect(told(trace)).toEqual([
      'request client>n2 0-0.9',
      'sync n2 0.9-4',
      'quorum n2 0.9-4',
      'append n2>n1 1-1.2',
      'append n2>n3 1-1.5',
      'sync n1 1.2-1.9',
      'sync n3 1.5-6',
      'acknowledge n1>n2 2-2.3',
      'answer n2>client 3-5',
      'apply n2 4-4',
      'acknowledge n3>n2 6.5-7',
    ]);
  });

  test('requestTrace follows a write that another node forwards', () => {
    const forwarded = (ms: number, what: 'send' | 'receive', peer: string): TraceMark =>
      mark(ms, what, { message: 'forward', peer, isTraced: true });
    const [n1, n2, n3] = WRITTEN as [NodeTrace, NodeTrace, NodeTrace];
    const late = node('n1', [
      forwarded(0.3, 'send', 'n2'),
      ...n1.marks,
      mark(4.4, 'turn', { index: 9 }),
    ]);
    const leader = { ...n2, marks: [forwarded(0.6, 'receive', 'n1'), ...n2.marks] };
    const trace = requestTrace(input([late, leader, n3], { via: 'n1' }));
    expect(told(trace)).toEqual(
      expect.arrayContaining([
        'request client>n1 0-0.3',
        'forward n1>n2 0.3-0.6',
        'queue n2 0.6-0.9',
        'news n2>n1 4-4.4',
        'answer n1>client 4.4-5',
      ]),
    );
  });

  test('requestTrace brings the clock of another machine to that of the client', () => {
    const [n1, n2, n3] = WRITTEN as [NodeTrace, NodeTrace, NodeTrace];
    const ahead = { ...n1, marks: n1.marks.map((m) => ({ ...m, monoMs: m.monoMs + 70_000 })) };
    const { clocks, ...rest } = input([ahead, n2, n3]);
    const own = clocks.map((clock) =>
      clock.node === 'n1' ? { ...clock, offsetMs: 70_000 } : clock,
    );
    const trace = requestTrace({ ...rest, clocks: own });
    expect(told(trace)).toEqual(told(requestTrace(input(WRITTEN))));
    expect(traceLines(trace, (_, text) => text)).toContain(
      'Note: n1 has a clock of its own; its times are good to 0.100 ms',
    );
  });

  test('requestTrace takes the last question answered in time for that of a read', () => {
    const ask = (ms: number, what: 'send' | 'receive', peer: string, round: number): TraceMark =>
      mark(ms, what, { message: 'heartbeat', peer, round });
    const echo = (ms: number, what: 'send' | 'receive', peer: string, round: number): TraceMark =>
      mark(ms, what, { message: 'heartbeatReply', peer, round });
    const traces = [
      node('n1', [ask(1.3, 'receive', 'n2', 6), echo(1.4, 'send', 'n2', 6)]),
      node('n2', [
        ask(0.2, 'send', 'n1', 5),
        ask(1, 'send', 'n1', 6),
        ask(1, 'send', 'n3', 6),
        echo(1.8, 'receive', 'n1', 6),
        ask(4, 'send', 'n1', 7),
        echo(5.5, 'receive', 'n1', 7),
      ]),
      node('n3', []),
    ];
    const trace = requestTrace(input(traces, { kind: 'read' }));
    expect(trace).toMatchObject({ first: null, decidedBy: 'n1' });
    expect(told(trace)).toEqual([
      'request client>n2 0-1',
      'ask n2>n1 1-1.3',
      'quorum n2 1-1.8',
      'echo n1>n2 1.4-1.8',
      'answer n2>client 1.8-5',
    ]);
  });

  test('requestTrace admits what was not seen', () => {
    const unseen = requestTrace(input([node('n2', [])]));
    expect(unseen.notes).toEqual([
      'the leader did not see it go past: it may have changed meanwhile',
    ]);
    const leaderless = requestTrace(input([node('n1', [])]));
    expect(leaderless).toMatchObject({ leader: 'n2', steps: [], totalMs: 5 });
    const leased = requestTrace(input([node('n2', [])], { kind: 'read' }));
    expect(leased.notes).toEqual(['no majority was asked for it: a lease, or a cluster of one']);
    const crowded = requestTrace(input([node('n2', [], { dropped: 3 })]));
    expect(crowded.notes).toContain('n2 saw more than it could keep');
  });
});
