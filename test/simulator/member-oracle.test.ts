/** The oracle of membership changes fires on the smallest state that breaks its promise. */
import { expect, test } from 'vitest';
import { BATCH_KIND, type Batch, sealBatch } from '../../src/node/model/batch.ts';
import { encodeMembership, type Membership } from '../../src/node/model/membership.ts';
import type { RaftSnapshot } from '../../src/node/raft/invariants.ts';
import { Ballots } from '../../src/simulator/ballots.ts';
import { LogPicture } from '../../src/simulator/log-picture.ts';
import { alwaysMeet, isQuorum, MemberOracle } from '../../src/simulator/member-oracle.ts';
import { NodeRecord } from '../../src/simulator/node-record.ts';
import { bytesFrom } from '../../src/std/bytes.ts';

const CLUSTER = '0123456789abcdef0123456789abcdef';

function members(...voters: number[]): Membership['members'] {
  return voters.map((number) => ({
    ...{ number, name: `n${number}`, voter: true },
    ...{ peerAddress: '', clientAddress: '', adminAddress: '' },
  }));
}

const OLD: Membership = { members: members(1, 2, 3), leases: false };
const NEW: Membership = { members: members(3, 4, 5), leases: false };
const JOINT: Membership = { ...NEW, outgoing: OLD.members };

function entry(first: number, term: number, membership: Membership | null): Batch {
  const kind = membership === null ? BATCH_KIND.noop : BATCH_KIND.configuration;
  const payload = membership === null ? bytesFrom('') : encodeMembership(membership);
  return sealBatch({ cluster: CLUSTER, term, first, kind, count: 1, leaderTimeMs: 0, payload });
}

class Scene {
  readonly record = new NodeRecord(1);
  readonly committed = new LogPicture();
  readonly oracle = new MemberOracle({
    ...{ committed: this.committed, maxCommit: 1, record: () => this.record },
  });

  constructor(...log: Batch[]) {
    for (const batch of log) this.record.volatile.append(batch);
    this.committed.append(entry(1, 1, OLD));
  }

  /** The core after a turn; what it believes is what its log says, unless told. */
  turn(change: Partial<RaftSnapshot> = {}): void {
    const newest = this.record.volatile.configurationAt(this.record.volatile.last);
    const { membership, index } = newest ?? { membership: OLD, index: 0 };
    const numbers = (list: Membership['members'] = []): number[] => list.map((m) => m.number);
    this.oracle.turn(1, {
      ...({ self: 1, role: 'follower', term: 2, vote: 1, commitIndex: 1 } as RaftSnapshot),
      ...{ voters: numbers(membership.members), outgoingVoters: numbers(membership.outgoing) },
      ...{ configurationIndex: index, ...change },
    });
  }
}

test('isQuorum asks for a majority of each half', () => {
  expect(isQuorum(OLD, [1, 2])).toBe(true);
  expect(isQuorum(JOINT, [1, 2, 4, 5])).toBe(true);
  expect(isQuorum(JOINT, [1, 2, 4])).toBe(false);
  expect(isQuorum(JOINT, [3, 4, 5])).toBe(false);
});

test('alwaysMeet tells configurations that can decide without each other', () => {
  expect(alwaysMeet(OLD, NEW)).toBe(false);
  expect(alwaysMeet(OLD, JOINT)).toBe(true);
  expect(alwaysMeet(JOINT, NEW)).toBe(true);
  expect(alwaysMeet(OLD, { members: members(1, 2, 3, 4), leases: false })).toBe(true);
  expect(alwaysMeet(OLD, { members: members(1, 2, 3, 4, 5), leases: false })).toBe(false);
});

test('MemberOracle is silent about a sound change', () => {
  const scene = new Scene(entry(1, 1, OLD), entry(2, 2, null), entry(3, 2, JOINT));
  scene.turn({ role: 'leader', commitIndex: 2 });
  expect(scene.oracle.counts).toMatchObject({
    'member changes': 1,
    'joint entered': 1,
    'joint left': 0,
  });
});

test('MemberOracle fires at a belief that is not in the log (I15)', () => {
  const scene = new Scene(entry(1, 1, OLD), entry(2, 2, JOINT));
  expect(() => scene.turn({ outgoingVoters: [] })).toThrow(/I15.*goes by configuration 2/);
  expect(() => scene.turn({ configurationIndex: 1 })).toThrow(/I15/);
});

test('MemberOracle fires at two changes that are not committed (I15)', () => {
  const scene = new Scene(entry(1, 1, OLD), entry(2, 2, JOINT), entry(3, 2, NEW));
  expect(() => scene.turn()).toThrow(/I15.*holds \d configurations/);
});

test('MemberOracle fires at a change before anything of the term is committed (I15)', () => {
  const scene = new Scene(entry(1, 1, OLD), entry(2, 2, null), entry(3, 2, JOINT));
  expect(() => scene.turn({ role: 'leader' })).toThrow(/I15.*with nothing of it committed/);
});

test('MemberOracle fires at a change whose quorums need not meet the last ones (I15)', () => {
  const scene = new Scene(entry(1, 1, OLD), entry(2, 2, null), entry(3, 2, NEW));
  expect(() => scene.turn({ role: 'leader', commitIndex: 2 })).toThrow(/I15.*need not meet/);
});

test('Ballots fires at a leader that one half did not elect (I16)', () => {
  const { record } = new Scene(entry(1, 1, OLD), entry(2, 1, JOINT), entry(3, 2, null));
  const ballots = new Ballots();
  const votes = (member: number): void => {
    const voter = new NodeRecord(member);
    voter.durableHard = { term: 2, vote: 1 };
    ballots.votes(voter, 2, 1);
  };
  votes(4);
  votes(5);
  expect(() => ballots.elected(record, 2)).toThrow(/I16.*with votes of n4 n5 n1/);
  votes(2);
  expect(() => ballots.elected(record, 2)).not.toThrow();
});

test('MemberOracle fires at one that stands or leads without a vote (I17)', () => {
  const scene = new Scene(entry(1, 1, NEW), entry(2, 2, null));
  expect(() => scene.turn({ role: 'preCandidate' })).toThrow(/I17.*n1 is a preCandidate/);
});

test('MemberOracle lets one stand whose removal may not be committed (thesis 4.2.2)', () => {
  const scene = new Scene(entry(1, 1, JOINT), entry(2, 2, NEW));
  scene.turn({ role: 'preCandidate' });
  expect(() => scene.turn({ role: 'preCandidate', commitIndex: 2 })).toThrow(/I17/);
});

test('MemberOracle fires at a snapshot with a configuration of later (I18)', () => {
  const later = entry(3, 2, JOINT);
  const scene = new Scene(entry(1, 1, OLD), entry(2, 2, null), later);
  expect(() => scene.oracle.taken(1, { index: 2, configuration: later })).toThrow(/I18/);
  scene.oracle.taken(1, { index: 3, configuration: later });
});
