/**
 * Changes the members of the simulated cluster as an operator would: asks whoever leads, for one to
 * three changes at once, and recruits a spare node for every new member.
 */
import type { MemberNumber } from '../node/model/ids.ts';
import { highestNumberOf, type Membership, votersOf } from '../node/model/membership.ts';
import type { MemberChange } from '../node/model/membership-change.ts';
import type { PeerAddress } from '../node/ports/network.ts';
import { Prng } from '../std/prng.ts';
import type { SimNode } from './sim-node.ts';

/** Fewer voters than this are left only now and then. */
const VOTERS_MIN = 3;
const BELOW_CHANCE = 0.15;

export class MemberNemesis {
  /** By number, the spare ones last. */
  readonly #nodes: readonly SimNode[];
  /** By the names of coverage.ts. */
  readonly counts = {
    'changes committed': 0,
    'changes refused': 0,
    'changes unknown': 0,
    recruits: 0,
  };

  constructor(nodes: readonly SimNode[]) {
    this.#nodes = nodes;
  }

  change(draw: number): void {
    const prng = new Prng(draw);
    const nodes = this.#nodes;
    const serving = nodes.find((node) => node.leads)?.serving;
    if (serving === null || serving === undefined) return;
    const { process, replica } = serving;
    const { membership } = replica.raft;
    const changes = drawChanges(prng, membership, nodes.length);
    if (changes.length === 0) return;
    const contacts = membership.members.map((m) => ({
      ...{ member: m.number, peerAddress: m.peerAddress },
    }));
    this.#recruit(changes, highestNumberOf(membership), contacts);
    process.post(0, () =>
      replica.changeMembers(changes, (outcome) => {
        if (outcome.type === 'committed') this.counts['changes committed'] += 1;
        else if (outcome.type === 'refused') this.counts['changes refused'] += 1;
        else this.counts['changes unknown'] += 1;
      }),
    );
  }

  /** The new members' nodes start before anybody has heard of them. */
  #recruit(
    changes: readonly MemberChange[],
    highest: MemberNumber,
    contacts: readonly PeerAddress[],
  ): void {
    const added = changes.filter((change) => change.type === 'add').length;
    for (const node of this.#nodes.slice(highest, highest + added)) {
      this.counts.recruits += 1;
      node.recruit(contacts);
    }
  }
}

/** One to three changes that touch different members; new ones get numbers up to `numbersMax`. */
function drawChanges(prng: Prng, membership: Membership, numbersMax: MemberNumber): MemberChange[] {
  const changes: MemberChange[] = [];
  const left = [...membership.members];
  let voters = votersOf(membership).length;
  let next = highestNumberOf(membership) + 1;
  for (let count = prng.between(1, 3); count > 0; count -= 1) {
    const type = prng.pick(['add', 'promote', 'promote', 'demote', 'remove', 'remove'] as const);
    if (type === 'add') {
      if (next > numbersMax) continue;
      changes.push(addition(next, prng.chance(0.6)));
      next += 1;
      continue;
    }
    const fitting = left.filter((m) => m.voter !== (type === 'promote'));
    if (fitting.length === 0) continue;
    const member = prng.pick(fitting);
    if (type === 'promote') voters += 1;
    else if (voters > VOTERS_MIN || prng.chance(BELOW_CHANCE)) voters -= 1;
    else continue;
    left.splice(left.indexOf(member), 1);
    changes.push({ type, member: member.number });
  }
  return changes;
}

function addition(number: MemberNumber, joins: boolean): MemberChange {
  const name = `n${number}`;
  const addresses = { peerAddress: `sim:${number}`, clientAddress: '', adminAddress: '' };
  return { type: 'add', name, joins, ...addresses };
}
