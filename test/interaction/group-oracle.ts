/**
 * What must hold over a whole group of cores, whatever a single one can see: one leader a term
 * (I1), leaders have all that is committed (I7), committed stays committed (I8) and is durable on a
 * majority (I9), a read sees all that was committed when it was asked (I26).
 */
import type { Batch } from '../../src/node/model/batch.ts';
import type { LogIndex, MemberNumber, Term } from '../../src/node/model/ids.ts';
import { type Membership, outgoingVotersOf, votersOf } from '../../src/node/model/membership.ts';
import type { Raft } from '../../src/node/raft/raft.ts';
import type { ReadState } from '../../src/node/raft/ready.ts';
import { assert } from '../../src/std/assert.ts';

export interface OracleNode {
  readonly number: MemberNumber;
  readonly raft: Raft;
  /** What its disk holds. */
  readonly batches: readonly Batch[];
}

export class GroupOracle {
  readonly #leaderOfTerm = new Map<Term, MemberNumber>();
  readonly #committed = new Map<LogIndex, Term>();
  #committedMax: LogIndex = 0;
  /** What each node believed to be the cluster after its last turn. */
  readonly #memberships = new Map<MemberNumber, Membership>();
  /** Per read under way: the commit index of the whole group when it was asked. */
  readonly #readFloors = new Map<number, LogIndex>();

  readAsked(requestId: number): void {
    this.#readFloors.set(requestId, this.#committedMax);
  }

  readAnswered(read: ReadState): void {
    const floor = this.#readFloors.get(read.requestId);
    assert(floor !== undefined, `read ${read.requestId} was answered twice, or never asked`);
    this.#readFloors.delete(read.requestId);
    assert(read.index === 0 || read.index >= floor, `I26: read at ${read.index}, not ${floor}`);
  }

  /** Called after every turn of `node`. */
  check(node: OracleNode, group: readonly OracleNode[]): void {
    if (node.raft.role === 'leader') this.#checkLeader(node);
    this.#checkCommitted(node.raft);
    const { commitIndex } = node.raft;
    const before = this.#committedMax;
    this.#committedMax = Math.max(before, commitIndex);
    if (commitIndex > before) this.#checkDurable(node, group);
    this.#memberships.set(node.number, node.raft.membership);
  }

  #checkDurable(node: OracleNode, group: readonly OracleNode[]): void {
    const { commitIndex } = node.raft;
    const holders = group.filter((other) => holds(other, node.raft)).map((n) => n.number);
    // A turn may commit and then change the configuration, or the other way round.
    const configurations = [this.#memberships.get(node.number), node.raft.membership];
    assert(
      configurations.some((c) => c !== undefined && isQuorum(c, holders)),
      `I9: entry ${commitIndex} is durable on ${holders.join()} only`,
    );
  }

  #checkLeader({ raft, number }: OracleNode): void {
    if (this.#leaderOfTerm.get(raft.term) === number) return;
    const known = this.#leaderOfTerm.get(raft.term) ?? number;
    assert(known === number, `I1: term ${raft.term} is led by ${known} and ${number}`);
    this.#leaderOfTerm.set(raft.term, number);
    for (const [index, term] of this.#committed) {
      if (index < raft.firstIndex) continue;
      assert(raft.termAt(index) === term, `I7: leader ${number} lacks committed entry ${index}`);
    }
  }

  #checkCommitted(raft: Raft): void {
    for (let index = raft.commitIndex; index >= 1; index -= 1) {
      const term = this.#committed.get(index);
      if (term !== undefined && term === raft.termAt(index)) break;
      assert(term === undefined, `I8: entry ${index} was committed as another one`);
      this.#committed.set(index, raft.termAt(index));
    }
  }
}

/** Whether the members are a majority of a configuration's voters, in a joint one of each half. */
function isQuorum(membership: Membership, members: readonly MemberNumber[]): boolean {
  return [votersOf(membership), outgoingVotersOf(membership)].every((voters) => {
    const held = voters.filter((voter) => members.includes(voter));
    return voters.length === 0 || held.length * 2 > voters.length;
  });
}

/** Whether the disk of `node` holds the newest entry that `raft` committed. */
function holds(node: OracleNode, raft: Raft): boolean {
  const at = node.batches.find((batch) => batch.last >= raft.commitIndex);
  return at !== undefined && at.term === raft.termAt(raft.commitIndex);
}

export function expectNone(number: MemberNumber, broken: readonly string[]): void {
  assert(broken.length === 0, `member ${number}: ${broken.join('; ')}`);
}
