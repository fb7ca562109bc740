import { describe, expect, test } from 'vitest';
import { eventAt, killEvents } from '../../test/doubles/flight.ts';
import type { EventData, NodeEvent } from '../wire/events.ts';
import { electionsOf } from './elections.ts';

/** n1 leads term 1; then something happens at 10 s and n2 leads term 2. */
function story(
  before: NodeEvent[],
  options: { reason?: EventData['election.started']['reason']; after?: NodeEvent[] } = {},
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
const stalled = (
  delayMs: number,
  cpuMs: number,
  gcMs: number,
  more: Partial<EventData['process.stalled']> = {},
): NodeEvent =>
  eventAt({ s: 12, node: 'n1', term: 2 }, 'process.stalled', { delayMs, cpuMs, gcMs, ...more });
const slowSync = (s: number, durationMs: number): NodeEvent =>
  eventAt({ s, node: 'n1', term: 2 }, 'sync.slow', { durationMs });
const stopping = (s: number): NodeEvent =>
  eventAt({ s, node: 'n1', term: 1 }, 'node.stopping', { reason: 'SIGTERM' });

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
    // It lost its office once before, and got it back a second after.
    expect(story([steppedDown(0, 'higherTerm')]).leaderlessMs).toBeCloseTo(730);
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

  test('electionsOf leaves out who asked for the term before, and then heard the leader after all', () => {
    const asked = { kind: 'preVote', candidate: 'n3', granted: false } as const;
    const found = story([
      eventAt({ s: 7, node: 'n3', term: 2 }, 'election.started', {
        ...{ kind: 'preVote', reason: 'timeout', timeoutMs: 50 },
      }),
      eventAt({ s: 7.01, node: 'n2', term: 2 }, 'vote.answered', {
        ...asked,
        reason: 'leaderAlive',
      }),
      eventAt({ s: 7.5, node: 'n3', term: 1 }, 'leader.known', { leader: 'n1' }),
    ]);
    expect(found.standings.map(({ node }) => node)).toEqual(['n2', 'n2']);
    expect(found.ballots.map(({ candidate }) => candidate)).toEqual(['n2']);
    expect(found.durationMs).toBeCloseTo(30, 0);
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
    ['stop', story([stopping(9.9), lost(9.95)])],
    ['stop', story([stopping(9.9)], { reason: 'transfer' })],
    ['transfer', story([], { reason: 'transfer' })],
    ['slowDisk', story([], { after: [stalled(2600, 20, 0, { syncMs: 2500 })] })],
    ['pause', story([], { after: [stalled(2600, 20, 0, { syncMs: 2500, resumed: true })] })],
    ['pause', story([], { after: [stalled(2600, 20, 0, { syncMs: 300 })] })],
    ['slowDisk', story([], { after: [stalled(2600, 20, 0), slowSync(12.9, 3400)] })],
    ['pause', story([], { after: [stalled(2600, 20, 0, { waitMs: 2500 }), slowSync(12.9, 3400)] })],
    ['pause', story([], { after: [stalled(2600, 20, 0), slowSync(17, 3400)] })],
    ['diskFull', story([steppedDown(9.9, 'diskFull')])],
    ['gc', story([], { after: [stalled(2600, 2500, 2400)] })],
    ['stall', story([], { after: [stalled(2600, 2500, 100)] })],
    ['stall', story([], { after: [stalled(2600, 300, 100, { waitMs: 2200, syncMs: 2500 })] })],
    ['pause', story([], { after: [stalled(2600, 20, 0, { waitMs: 2500 })] })],
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

  test('causeOf does not blame a standstill too short for the silence that was heard', () => {
    const short = story([], {
      after: [
        eventAt({ s: 9.9, node: 'n1', term: 1 }, 'process.stalled', {
          ...{ delayMs: 250, cpuMs: 0, gcMs: 0 },
        }),
        steppedDown(11, 'checkQuorum'),
      ],
    });
    expect(short.cause.class).toBe('partition');
  });

  test('causeOf judges the attempts to replace one leader by the first of them', () => {
    const [, split, won] = electionsOf([
      eventAt({ s: 1, node: 'n1', term: 1 }, 'leader.elected', { votes: ['n1'], durationMs: 3 }),
      eventAt({ s: 10, node: 'n2', term: 2 }, 'election.started', {
        ...{ kind: 'vote', reason: 'timeout', timeoutMs: 700 },
      }),
      eventAt({ s: 10.2, node: 'n1', term: 1 }, 'process.stalled', {
        ...{ delayMs: 900, cpuMs: 880, gcMs: 0 },
      }),
      eventAt({ s: 11.5, node: 'n3', term: 3 }, 'election.started', {
        ...{ kind: 'vote', reason: 'retry', timeoutMs: 700 },
      }),
      eventAt({ s: 11.6, node: 'n3', term: 3 }, 'leader.elected', {
        ...{ votes: ['n3', 'n2'], durationMs: 100 },
      }),
    ]);
    expect(split).toMatchObject({ term: 2, winner: null, cause: { class: 'stall' } });
    expect(won).toMatchObject({ term: 3, winner: 'n3', cause: { class: 'stall', node: 'n1' } });
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
