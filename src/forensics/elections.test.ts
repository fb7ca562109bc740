import { describe, expect, test } from 'vitest';
import { eventAt, killEvents } from '../../test/doubles/flight.ts';
import type { NodeEvent } from '../wire/events.ts';
import { electionsOf } from './elections.ts';

/** n1 leads term 1; then something happens at 10 s and n2 leads term 2. */
function story(
  before: NodeEvent[],
  options: { reason?: 'timeout' | 'leaderConnectionLost' | 'retry'; after?: NodeEvent[] } = {},
) {
  const { reason = 'timeout', after = [] } = options;
  const events = [
    eventAt({ s: 1, node: 'n1', term: 1 }, 'leader.elected', {
      votes: ['n1', 'n2'],
      durationMs: 3,
    }),
    ...before,
    eventAt({ s: 10, node: 'n2', term: 2 }, 'election.started', {
      kind: 'preVote',
      reason,
      timeoutMs: 700,
    }),
    eventAt({ s: 10.01, node: 'n3', term: 2 }, 'vote.answered', {
      ...{ kind: 'preVote', candidate: 'n2', granted: true, reason: 'granted' },
    }),
    eventAt({ s: 10.02, node: 'n2', term: 2 }, 'election.started', {
      kind: 'vote',
      reason,
      timeoutMs: 900,
    }),
    eventAt({ s: 10.03, node: 'n2', term: 2 }, 'leader.elected', {
      votes: ['n2', 'n3'],
      durationMs: 30,
    }),
    ...after,
  ];
  const found = electionsOf(events).find(({ term }) => term === 2);
  if (found === undefined) throw new Error('There is no election of term 2');
  return found;
}

const lost = (s: number): NodeEvent =>
  eventAt({ s, node: 'n2', term: 1 }, 'peer.disconnected', { peer: 'n1' });
const steppedDown = (s: number, reason: string): NodeEvent =>
  eventAt({ s, node: 'n1', term: 1 }, 'leader.steppedDown', { reason });
const stalled = (delayMs: number, cpuMs: number, gcMs: number): NodeEvent =>
  eventAt({ s: 12, node: 'n1', term: 2 }, 'process.stalled', { delayMs, cpuMs, gcMs });

describe('electionsOf', () => {
  test('electionsOf tells who stood, who answered what, who won and how long it took', () => {
    const [first, second] = electionsOf([
      eventAt({ s: 1, node: 'n1', term: 11 }, 'leader.elected', {
        votes: ['n1', 'n3'],
        durationMs: 4,
      }),
      ...killEvents(30),
    ]);
    expect(first).toMatchObject({ term: 11, winner: 'n1', previousLeader: null, durationMs: null });
    expect(second).toMatchObject({
      term: 12,
      winner: 'n2',
      previousLeader: 'n1',
      votes: ['n2', 'n3'],
    });
    expect(second?.standings.map(({ node, kind }) => `${node} ${kind}`)).toEqual([
      'n2 preVote',
      'n2 vote',
    ]);
    expect(second?.ballots.map(({ voter, granted }) => `${voter} ${granted}`)).toEqual([
      'n3 true',
      'n3 true',
    ]);
    expect(second?.durationMs).toBeCloseTo(5);
    expect(second?.leaderlessMs).toBeCloseTo(26);
  });

  test('electionsOf does not mind in which order the nodes were asked', () => {
    const events = killEvents(30);
    expect(electionsOf([...events].reverse())).toEqual(electionsOf(events));
  });

  test('electionsOf counts the time without a leader from the drawn timeout when it fell silent', () => {
    expect(story([]).leaderlessMs).toBeCloseTo(730);
    expect(story([lost(9.9)]).leaderlessMs).toBeCloseTo(130);
  });

  test('electionsOf knows who led from those who followed, when the leader cannot tell any more', () => {
    const events = [
      eventAt({ s: 1, node: 'n3', term: 11 }, 'leader.known', { leader: 'n1' }),
      ...killEvents(30),
    ];
    expect(electionsOf(events)[0]?.previousLeader).toBe('n1');
  });

  test('electionsOf takes the winner from those who followed, and leaves out attempts of another time', () => {
    const asks = (s: number): NodeEvent =>
      eventAt({ s, node: 'n3', term: 12 }, 'election.started', {
        ...{ kind: 'preVote', reason: 'timeout', timeoutMs: 25 },
      });
    const survivors = killEvents(100).filter(({ type }) => type !== 'leader.elected');
    const election = electionsOf([asks(5), ...survivors, asks(500)])[0];
    expect(election).toMatchObject({ term: 12, winner: 'n2', votes: [] });
    expect(election?.startedMonoMs).toBeCloseTo(100_021);
    expect(election?.durationMs).toBeCloseTo(6);
  });

  test('electionsOf keeps an election that nobody won', () => {
    const [election] = electionsOf(killEvents(30).slice(0, 4));
    expect(election).toMatchObject({
      term: 12,
      winner: null,
      durationMs: null,
      leaderlessMs: null,
    });
  });
});

describe('causeOf', () => {
  test.each([
    [
      'stop',
      story([
        eventAt({ s: 9.9, node: 'n1', term: 1 }, 'node.stopping', { reason: 'SIGTERM' }),
        lost(9.95),
      ]),
    ],
    ['diskFull', story([steppedDown(9.9, 'diskFull')])],
    ['gc', story([], { after: [stalled(2600, 2500, 2400)] })],
    ['stall', story([], { after: [stalled(2600, 2500, 100)] })],
    ['pause', story([], { after: [stalled(2600, 20, 0)] })],
    ['kill', story([lost(9.98)], { reason: 'leaderConnectionLost' })],
    [
      'kill',
      story([lost(9.98)], {
        reason: 'leaderConnectionLost',
        after: [
          {
            ...eventAt({ s: 14, node: 'n1', term: 2 }, 'node.started', {
              app: 'kvstore',
              version: '1',
              pid: 7,
            }),
            incarnation: 'new',
          },
        ],
      }),
    ],
    ['partition', story([], { after: [steppedDown(11, 'checkQuorum')] })],
    ['partition', story([], { after: [steppedDown(12, 'higherTerm')] })],
    [
      'partition',
      story([lost(9.98)], {
        reason: 'leaderConnectionLost',
        after: [steppedDown(10.5, 'checkQuorum')],
      }),
    ],
  ])('causeOf calls it %s when the events say so', (expected, election) => {
    expect(election.cause.class).toBe(expected);
    expect(election.cause.node).toBe('n1');
    expect(election.cause.text).toContain('n1');
  });

  test('causeOf does not blame what ended another term of that leader', () => {
    const stop = eventAt({ s: 0.9, node: 'n1', term: 0 }, 'node.stopping', { reason: 'asked' });
    const killed = story([stop, lost(9.98)], { reason: 'leaderConnectionLost' });
    expect(killed.cause.class).toBe('kill');
    const again = eventAt({ s: 12, node: 'n1', term: 3 }, 'leader.elected', {
      votes: ['n1', 'n3'],
      durationMs: 3,
    });
    const later = story([], { after: [again, steppedDown(13, 'diskFull')] });
    expect(later.cause.class).toBe('partition');
  });

  test('causeOf does not blame a pause that was over long before', () => {
    const early = eventAt({ s: 4, node: 'n1', term: 1 }, 'process.stalled', {
      delayMs: 900,
      cpuMs: 0,
      gcMs: 0,
    });
    expect(story([early, lost(9.98)], { reason: 'leaderConnectionLost' }).cause.class).toBe('kill');
  });

  test('causeOf admits that it does not know', () => {
    const [, election] = electionsOf([
      eventAt({ s: 1, node: 'n3', term: 1 }, 'leader.known', { leader: 'n1' }),
      eventAt({ s: 10, node: 'n2', term: 2 }, 'election.started', {
        kind: 'vote',
        reason: 'retry',
        timeoutMs: 9,
      }),
      eventAt({ s: 20, node: 'n2', term: 3 }, 'election.started', {
        kind: 'vote',
        reason: 'retry',
        timeoutMs: 9,
      }),
    ]);
    expect(election?.cause.class).toBe('unknown');
  });
});
