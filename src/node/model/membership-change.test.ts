import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Prng } from '../../std/prng.ts';
import type { MemberNumber } from './ids.ts';
import {
  decodeMembership,
  everyoneOf,
  foundingBatch,
  highestNumberOf,
  isRemoved,
  type Membership,
  outgoingVotersOf,
  votersOf,
} from './membership.ts';
import { applyChanges, leaveJoint, type MemberChange, stepTowards } from './membership-change.ts';

const CLUSTER = '000102030405060708090a0b0c0d0e0f';

function member(number: MemberNumber, voter = true) {
  const name = `n${number}`;
  return { number, name, voter, peerAddress: `${name}:1`, clientAddress: '', adminAddress: '' };
}

const THREE: Membership = { members: [member(1), member(2), member(3)], leases: false };

function add(name: string, joins = false): MemberChange {
  return {
    type: 'add',
    name,
    joins,
    peerAddress: `${name}:1`,
    clientAddress: '',
    adminAddress: '',
  };
}

function applied(current: Membership, changes: readonly MemberChange[]): Membership {
  const target = applyChanges(current, changes);
  if (typeof target === 'string') throw new Error(target);
  return target;
}

test('applyChanges adds learners with numbers that were never given out before', () => {
  const four = applied(THREE, [add('n4')]);
  expect(four.members.at(-1)).toEqual(member(4, false));
  const gone = applied(four, [{ type: 'remove', member: 4 }]);
  expect(highestNumberOf(gone)).toBe(4);
  expect(applied(gone, [add('n4'), add('n5')]).members.map((m) => m.number)).toEqual([
    ...[1, 2, 3, 5, 6],
  ]);
});

test('applyChanges promotes a joiner for good, and demotes and removes by number', () => {
  const four = applied(THREE, [add('n4', true)]);
  expect(four.members.at(-1)?.joins).toBe(true);
  const target = applied(four, [
    { type: 'promote', member: 4 },
    { type: 'demote', member: 2 },
    { type: 'remove', member: 1 },
  ]);
  expect(target.members).toEqual([member(2, false), member(3), member(4)]);
});

test.each<[string, MemberChange[], string]>([
  ['a stranger', [{ type: 'remove', member: 9 }], 'unknownMember'],
  ['a name that is taken', [add('n2')], 'nameTaken'],
  [
    'an address that is taken',
    [{ ...add('n4'), peerAddress: 'n2:1' } as MemberChange],
    'addressTaken',
  ],
  ['no change at all', [{ type: 'promote', member: 2 }], 'nothingChanges'],
  [
    'there and back',
    [
      { type: 'demote', member: 2 },
      { type: 'promote', member: 2 },
    ],
    'nothingChanges',
  ],
  ['nobody to vote', [1, 2, 3].map((m) => ({ type: 'demote', member: m }) as const), 'noVoter'],
  ['a crowd', Array.from({ length: 40 }, (_, at) => add(`m${at}`)), 'tooMany'],
])('applyChanges refuses %s', (_, changes, fault) => {
  expect(applyChanges(THREE, changes)).toBe(fault);
});

test('stepTowards goes straight when the voters stay, and through a joint step otherwise', () => {
  const learner = applied(THREE, [add('n4')]);
  expect(stepTowards(THREE, learner)).toBe(learner);
  const target = applied(learner, [
    { type: 'promote', member: 4 },
    { type: 'remove', member: 1 },
  ]);
  const joint = stepTowards(learner, target);
  expect(votersOf(joint)).toEqual([2, 3, 4]);
  expect(outgoingVotersOf(joint)).toEqual([1, 2, 3]);
  expect(everyoneOf(joint).map((m) => m.number)).toEqual([2, 3, 4, 1]);
  expect(isRemoved(joint, 1)).toBe(false);
  const final = leaveJoint(joint);
  expect(final).toEqual({ ...target, highestNumber: 4 });
  expect([1, 4, 5].map((number) => isRemoved(final, number))).toEqual([true, false, false]);
});

test('foundingBatch and decodeMembership: a configuration comes back as it was, whatever it is', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const prng = new Prng(seed);
      const some = () =>
        Array.from({ length: prng.between(1, 6) }, (_, at) => ({
          ...member(at + 1, prng.chance(0.7)),
          ...(prng.chance(0.3) ? { joins: true } : {}),
        }));
      const membership: Membership = {
        ...{ members: some(), leases: prng.chance(0.5) },
        ...(prng.chance(0.5) ? { outgoing: some() } : {}),
        ...(prng.chance(0.5) ? { highestNumber: prng.between(1, 99) } : {}),
      };
      expect(decodeMembership(foundingBatch(CLUSTER, membership))).toEqual(membership);
    }),
    { numRuns: 300 },
  );
});
