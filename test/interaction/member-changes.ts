/** Changes of the membership for tests: one by name, or any at random. */
import type { MemberNumber } from '../../src/node/model/ids.ts';
import { highestNumberOf, type Membership } from '../../src/node/model/membership.ts';
import type { MemberChange } from '../../src/node/model/membership-change.ts';
import type { Prng } from '../../src/std/prng.ts';

/** A new learner; its number is the next free one. */
export function addition(name: string, joins = false): MemberChange {
  return {
    ...{ type: 'add', name, joins },
    ...{ peerAddress: name, clientAddress: name, adminAddress: name },
  };
}

/** One to three changes that touch different members. New ones get numbers up to `numbersMax`. */
export function randomChanges(
  prng: Prng,
  membership: Membership,
  numbersMax: MemberNumber,
): MemberChange[] {
  const changes: MemberChange[] = [];
  const left = [...membership.members];
  let next = highestNumberOf(membership) + 1;
  for (let count = prng.between(1, 3); count > 0; count -= 1) {
    const type = prng.pick(['add', 'add', 'promote', 'promote', 'demote', 'remove'] as const);
    if (type === 'add') {
      if (next > numbersMax) continue;
      changes.push(addition(`n${next}`, prng.chance(0.5)));
      next += 1;
    } else if (left.length > 0) {
      const [member] = left.splice(prng.between(0, left.length - 1), 1);
      if (member !== undefined) changes.push({ type, member: member.number });
    }
  }
  return changes;
}
