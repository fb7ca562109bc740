import { describe, expect, test } from 'vitest';
import type { Member, Membership } from './model/membership.ts';
import { electable, type FoundNode, planRecovery } from './recovery-plan.ts';

function member(number: number, voter = true): Member {
  const port = 11_000 + number;
  const address = `127.0.0.1:${port}`;
  const addresses = { peerAddress: address, clientAddress: address, adminAddress: address };
  return { number, name: `n${number}`, voter, ...addresses };
}

function config(voters: readonly number[], more: Partial<Membership> = {}): Membership {
  return { members: voters.map((number) => member(number)), leases: false, ...more };
}

/** @param end term and index of its last entry. */
function found(
  number: number,
  [lastTerm, lastIndex]: readonly [number, number],
  membership: Membership,
): FoundNode {
  const hardState = { term: lastTerm + 1, vote: 0 };
  const own = member(number, false);
  const end = { lastTerm, lastIndex, lastTimeMs: 0 };
  return { id: `n${number}`, number, own, hardState, ...end, membership };
}

const FIVE = config([1, 2, 3, 4, 5]);

function idsOf(nodes: readonly FoundNode[]): readonly string[] {
  return nodes.map(({ id }) => id);
}

describe('electable()', () => {
  test('a majority of the voters elects whoever has the latest log among them', () => {
    const nodes = [found(1, [2, 9], FIVE), found(2, [3, 5], FIVE), found(3, [3, 4], FIVE)];
    expect(idsOf(electable(nodes))).toEqual(['n2']);
  });

  test('two of five elect nobody, and two of four neither', () => {
    expect(electable([found(1, [2, 9], FIVE), found(2, [2, 9], FIVE)])).toEqual([]);
    const four = config([1, 2, 3, 4]);
    expect(electable([found(1, [2, 9], four), found(2, [2, 9], four)])).toEqual([]);
  });

  test('a learner neither votes nor leads', () => {
    const membership = { ...FIVE, members: [...FIVE.members.slice(0, 3), member(4, false)] };
    expect(electable([found(1, [2, 9], membership), found(4, [2, 9], membership)])).toEqual([]);
  });

  test('a joint configuration needs a majority of both halves', () => {
    const joint = config([1, 4, 5], { outgoing: config([1, 2, 3]).members });
    const two = [found(1, [2, 9], joint), found(2, [2, 9], joint)];
    expect(electable(two)).toEqual([]);
    expect(idsOf(electable([...two, found(4, [2, 9], joint)]))).toEqual(['n1', 'n2', 'n4']);
  });

  test('members that know nothing yet of a change that is not committed may still undo it', () => {
    const joint = config([1, 4, 5], { outgoing: config([1, 2, 3]).members });
    const before = config([1, 2, 3]);
    const nodes = [found(1, [2, 9], joint), found(2, [2, 8], before), found(3, [2, 8], before)];
    expect(idsOf(electable(nodes))).toEqual(['n2', 'n3']);
  });
});

describe('planRecovery()', () => {
  test('takes the log that ends in the latest term, however short it is', () => {
    const { plan } = planRecovery([found(1, [2, 90], FIVE), found(2, [3, 5], FIVE)]);
    expect(plan).toMatchObject({ source: 'n2', lastIndex: 5, lastTerm: 3, index: 6, term: 5 });
  });

  test('the survivors are the members; numbers of the lost are never given out again', () => {
    const nodes = [found(1, [2, 9], FIVE), found(2, [2, 9], FIVE)];
    const { membership, plan } = planRecovery(nodes);
    expect(membership).toEqual({ ...config([1, 2]), highestNumber: 5 });
    expect(plan.lost.map(({ id }) => id)).toEqual(['n3', 'n4', 'n5']);
    expect(plan).toMatchObject({ votersBefore: 5, votersAfter: 2, lastWriteMs: null });
    // Afterwards the others cannot outvote the one that has the new entry, nor lead without it.
    const after = { ...(nodes[0] as FoundNode), lastTerm: plan.term, lastIndex: plan.index };
    const next = [{ ...after, membership }, nodes[1] as FoundNode];
    expect(idsOf(electable(next))).toEqual(['n1']);
  });

  test('leases and retain stay what they were, and a joint configuration is left', () => {
    const joint = config([1, 4, 5], {
      ...{ outgoing: config([1, 2, 3]).members, leases: true, retain: 'all', highestNumber: 7 },
    });
    const { membership } = planRecovery([found(2, [2, 9], joint), found(4, [1, 9], joint)]);
    expect(membership).toEqual(config([2, 4], { leases: true, retain: 'all', highestNumber: 7 }));
  });

  test('a learner gets a vote only when its log is the one that goes on', () => {
    const learners = { ...FIVE, members: [...FIVE.members.slice(0, 3), member(4, false)] };
    const votersOf = (nodes: readonly FoundNode[]) =>
      planRecovery(nodes)
        .plan.survivors.filter(({ voter }) => voter)
        .map(({ id }) => id);
    expect(votersOf([found(1, [2, 9], learners), found(4, [2, 8], learners)])).toEqual(['n1']);
    expect(votersOf([found(1, [2, 8], learners), found(4, [2, 9], learners)])).toEqual([
      'n1',
      'n4',
    ]);
  });

  test('says that nothing acknowledged is lost when each majority has a survivor in it', () => {
    const four = config([1, 2, 3, 4]);
    const loss = (membership: Membership, numbers: readonly number[]) =>
      planRecovery(numbers.map((n) => found(n, [2, 9], membership))).plan.mayLose;
    expect(loss(four, [1, 2])).toBe(false);
    expect(loss(four, [1])).toBe(true);
    expect(loss(config([1, 2]), [1])).toBe(false);
    expect(loss(FIVE, [1, 2])).toBe(true);
  });
});
