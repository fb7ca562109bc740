import { expect, it } from 'vitest';
import { decodeMembership, foundingBatch } from './membership.ts';

const CLUSTER = 'ab'.repeat(16);
const member = (number: number) => ({
  ...{ number, name: `n${number}`, voter: true },
  ...{ peerAddress: 'h:1', clientAddress: 'h:2', adminAddress: 'h:3' },
});

it('foundingBatch is the same for members in any order, and carries what the cluster promises', () => {
  const members = [member(1), member(2)];
  const promises = { leases: false, retain: 'all' } as const;
  const batch = foundingBatch(CLUSTER, { members, ...promises });
  const other = foundingBatch(CLUSTER, { members: [...members].reverse(), ...promises });
  expect(batch.bytes.equals(other.bytes)).toBe(true);
  expect(decodeMembership(batch)).toEqual({ members, ...promises });
  const leases = { leases: true, promiseMs: 500 };
  expect(decodeMembership(foundingBatch(CLUSTER, { members, ...leases }))).toEqual({
    ...{ members, ...leases },
  });
});
