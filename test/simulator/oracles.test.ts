/** Each oracle fires on the smallest sequence of events that breaks its promise, and only then. */
import { describe, expect, test } from 'vitest';
import { batchOf, context, FOUNDING, oracleOf, Scene } from '../doubles/oracle-scene.ts';

describe('Oracles', () => {
  test('Oracles let a proper election, commit and read pass', () => {
    const scene = new Scene();
    const operation = scene.operation('a');
    expect(
      oracleOf(() => {
        scene.durable(1, 2, 1);
        scene.send({ type: 'vote', from: 1, to: 2, term: 2, lastIndex: 1, lastTerm: 1 });
        scene.durable(2, 2, 1);
        scene.send({ type: 'voteReply', from: 2, to: 1, term: 2, granted: true });
        scene.turn(1, { role: 'leader' });
        scene.write(1, 2, 1, batchOf(2, 2, 'a'));
        scene.durable(2, 2, 1, batchOf(2, 2, 'a'));
        scene.durable(3, 2, 0, batchOf(2, 2, 'a'));
        scene.send({ type: 'appendReply', from: 2, to: 1, term: 2, matchIndex: 2 });
        scene.turn(1, { commitIndex: 2, matchIndex: 2 });
        scene.history.applies(1, 'a', context(2, 2));
        scene.history.settled(operation, 1, 'ok');
        scene.history.read(1, { key: 'k', value: 'a', committedAtStart: 2 });
        scene.history.checkAcknowledged();
      }),
    ).toBeNull();
  });

  test('Oracles see two leaders of one term (I1)', () => {
    const scene = new Scene();
    scene.durable(1, 2, 1);
    scene.durable(2, 2, 2);
    scene.durable(3, 2, 1);
    scene.vote(3, 1, 2);
    scene.turn(1, { role: 'leader' });
    expect(oracleOf(() => scene.turn(2, { role: 'leader' }))).toBe('I1 election safety');
  });

  test('Oracles see a leader that a majority did not vote for (I1)', () => {
    const scene = new Scene();
    scene.durable(1, 2, 1);
    expect(oracleOf(() => scene.turn(1, { role: 'leader' }))).toBe('I1 election safety');
  });

  test('Oracles see an append of a node that does not lead (I1)', () => {
    const scene = new Scene();
    scene.durable(1, 2, 1);
    expect(
      oracleOf(() =>
        scene.send({ type: 'heartbeat', from: 1, to: 3, term: 2, commitIndex: 1, round: 0 }),
      ),
    ).toBe('I1 election safety');
  });

  test.each([
    [1, 1, 'I7 leader completeness'],
    [2, 2, null],
    [1, 3, null],
  ])(
    'Oracles see a vote for an older log than the own (I7): (%i, %i)',
    (lastIndex, lastTerm, fired) => {
      const scene = new Scene();
      scene.durable(2, 2, 0, batchOf(2, 2));
      scene.durable(1, 3, 1);
      scene.send({ type: 'vote', from: 1, to: 2, term: 3, lastIndex, lastTerm });
      expect(oracleOf(() => scene.write(2, 3, 1))).toBe(fired);
    },
  );

  test('Oracles see an append of a term that another leads (I1)', () => {
    const scene = new Scene();
    scene.durable(1, 2, 1);
    scene.durable(2, 2, 2);
    scene.durable(3, 2, 1);
    scene.vote(3, 1, 2);
    scene.turn(1, { role: 'leader' });
    expect(
      oracleOf(() =>
        scene.send({ type: 'heartbeat', from: 2, to: 3, term: 2, commitIndex: 1, round: 0 }),
      ),
    ).toBe('I1 election safety');
  });

  test('Oracles see a second vote in a term, also over a crash (I2)', () => {
    const scene = new Scene();
    scene.durable(3, 2, 1);
    scene.send({ type: 'voteReply', from: 3, to: 1, term: 2, granted: true });
    expect(oracleOf(() => scene.write(3, 2, 2))).toBe('I2 one vote per term');
    const crashed = new Scene();
    crashed.durable(3, 2, 1);
    crashed.send({ type: 'voteReply', from: 3, to: 1, term: 2, granted: true });
    Object.assign(crashed.oracles.record(3), { volatileHard: { term: 2, vote: 0 } });
    crashed.durable(3, 2, 2);
    expect(
      oracleOf(() => crashed.send({ type: 'voteReply', from: 3, to: 2, term: 2, granted: true })),
    ).toBe('I2 one vote per term');
  });

  test('Oracles see a vote that leaves before it is durable (I3)', () => {
    const scene = new Scene();
    scene.write(3, 2, 1);
    expect(
      oracleOf(() => scene.send({ type: 'voteReply', from: 3, to: 1, term: 2, granted: true })),
    ).toBe('I3 persist before reply');
  });

  test('Oracles see a candidate whose own vote is not durable (I3)', () => {
    const scene = new Scene();
    scene.durable(1, 2, 0);
    expect(
      oracleOf(() =>
        scene.send({ type: 'vote', from: 1, to: 2, term: 2, lastIndex: 1, lastTerm: 1 }),
      ),
    ).toBe('I3 persist before reply');
  });

  test('Oracles see a term that falls, in a core and over a crash (I4)', () => {
    const scene = new Scene();
    scene.turn(1, { term: 3 });
    expect(oracleOf(() => scene.turn(1, { term: 2 }))).toBe('I4 term monotone');
    scene.durable(2, 2, 0);
    scene.send({ type: 'heartbeatReply', from: 2, to: 1, term: 2, round: 0 });
    scene.oracles.record(2).durableHard = { term: 1, vote: 0 };
    expect(oracleOf(() => scene.boot(2, { term: 1, vote: 0 }, [FOUNDING]))).toBe(
      'I4 term monotone',
    );
  });

  test('Oracles see logs that differ below an equal entry (I6)', () => {
    const scene = new Scene();
    scene.write(1, 3, 0, batchOf(2, 2, 'a'), batchOf(3, 3));
    expect(oracleOf(() => scene.write(2, 3, 0, batchOf(2, 2, 'b'), batchOf(3, 3)))).toBe(
      'I6 log matching',
    );
  });

  test('Oracles see a core that holds more than it gave to its log (I6)', () => {
    const scene = new Scene();
    expect(oracleOf(() => scene.turn(1, { lastIndex: 5 }))).toBe('I6 log matching');
  });

  test('Oracles see a leader without what was committed before its term (I7)', () => {
    const scene = new Scene();
    scene.durable(3, 2, 3);
    scene.durable(2, 2, 3);
    scene.vote(2, 3, 2);
    for (const member of [1, 2]) scene.durable(member, 3, 1, batchOf(2, 3));
    scene.vote(2, 1, 3);
    scene.turn(1, { role: 'leader' });
    scene.turn(1, { commitIndex: 2 });
    scene.turn(3, { role: 'leader' }); // Of term 2, by votes that were long under way.
    for (const member of [2, 3]) scene.durable(member, 4, 3);
    scene.vote(2, 3, 4);
    scene.turn(3, { role: 'candidate' });
    expect(oracleOf(() => scene.turn(3, { role: 'leader' }))).toBe('I7 leader completeness');
  });

  test('Oracles see another entry committed at an index (I8)', () => {
    const scene = new Scene();
    scene.replicated();
    scene.turn(1, { commitIndex: 2 });
    scene.durable(3, 3, 0, batchOf(2, 3));
    expect(oracleOf(() => scene.turn(3, { commitIndex: 2 }))).toBe('I8 state machine safety');
  });

  test('Oracles see a commit that no quorum holds durably (I9)', () => {
    const scene = new Scene();
    scene.write(1, 2, 1, batchOf(2, 2));
    scene.durable(2, 2, 1, batchOf(2, 2));
    expect(oracleOf(() => scene.turn(1, { role: 'leader', commitIndex: 2 }))).toBe(
      'I9 committed is durable',
    );
  });

  test('Oracles see an acknowledgement of what is not durable (I9)', () => {
    const scene = new Scene();
    scene.durable(2, 2, 0);
    scene.write(2, 2, 0, batchOf(2, 2));
    expect(
      oracleOf(() => scene.send({ type: 'appendReply', from: 2, to: 1, term: 2, matchIndex: 2 })),
    ).toBe('I9 committed is durable');
  });

  test('Oracles see an old term committed by counting (I11)', () => {
    const scene = new Scene();
    for (const member of [1, 2, 3]) scene.durable(member, 2, 0, batchOf(2, 2));
    scene.turn(1);
    for (const member of [1, 2, 3]) scene.durable(member, 3, 1);
    scene.vote(3, 1, 3);
    scene.turn(1, { role: 'leader' });
    expect(oracleOf(() => scene.turn(1, { commitIndex: 2 }))).toBe('I11 current-term rule');
  });

  test('Oracles see a commit index that falls or passes the log (I12)', () => {
    const scene = new Scene();
    scene.replicated();
    scene.turn(1, { commitIndex: 2 });
    expect(oracleOf(() => scene.turn(1, { commitIndex: 1 }))).toBe('I12 commit monotone');
    expect(oracleOf(() => scene.turn(2, { commitIndex: 9 }))).toBe('I12 commit monotone');
  });

  test('Oracles see a follower counted for what it does not hold (I13)', () => {
    const scene = new Scene();
    for (const member of [1, 2]) scene.durable(member, 2, 1, batchOf(2, 2));
    scene.durable(3, 2, 1);
    scene.vote(2, 1, 2);
    expect(oracleOf(() => scene.turn(1, { role: 'leader', matchIndex: 2 }))).toBe(
      'I13 match accuracy',
    );
  });

  test('Oracles see a gap in a log (I19)', () => {
    const scene = new Scene();
    expect(oracleOf(() => scene.write(1, 2, 0, batchOf(3, 2)))).toBe('I19 log shape');
  });

  test('Oracles see a recovery that lost, invented or forgot something (I20)', () => {
    const lost = new Scene();
    lost.durable(1, 2, 0, batchOf(2, 2));
    expect(oracleOf(() => lost.boot(1, { term: 2, vote: 0 }, [FOUNDING]))).toBe('I20 recovery');
    const invented = new Scene();
    const tail = [FOUNDING, batchOf(2, 1)];
    expect(oracleOf(() => invented.boot(1, { term: 1, vote: 0 }, tail))).toBe('I20 recovery');
    const forgot = new Scene();
    forgot.durable(1, 2, 3);
    expect(oracleOf(() => forgot.boot(1, { term: 1, vote: 0 }, [FOUNDING]))).toBe('I20 recovery');
  });

  test('Oracles let a recovery find part of what was under way', () => {
    const scene = new Scene();
    scene.write(1, 2, 0, batchOf(2, 2));
    scene.write(1, 2, 3, batchOf(3, 2));
    expect(
      oracleOf(() => scene.boot(1, { term: 2, vote: 0 }, [FOUNDING, batchOf(2, 2)])),
    ).toBeNull();
  });
});
