/** Planted bugs of elections and terms. */
import { code, type Mutant, mutant } from './mutant.ts';

const ELECTION = 'node/raft/election.js';
const ROLES = 'node/raft/roles.js';
const TIMER = 'node/raft/election-timer.js';
const STORM_OF_FIVE = { profile: 'storm', nodes: 5 } as const;

export const ELECTION_MUTANTS: readonly Mutant[] = [
  mutant('M01a', 'safety', 'a vote or a term leaves the node before it is durable', [
    'node/raft/outbox.js',
    'if (version <= durableHardVersion) {',
    'if (version >= 0) {',
  ]),
  mutant('M01b', 'safety', 'term and vote are two writes: the vote comes with the next one', [
    'node/raft/durability.js',
    'hardState: hardChanged ? hardState : null, batches }',
    'hardState: hardChanged ? { term: hardState.term, vote: 0 } : null, batches }',
  ]),
  mutant('M02', 'safety', 'stepping down within a term clears the vote cast in it', [
    ROLES,
    "setRole(s, s.isVoter ? 'follower' : 'learner', next.reason);",
    "s.setHardState({ term: s.term, vote: 0 }); setRole(s, s.isVoter ? 'follower' : 'learner', next.reason);",
  ]),
  mutant(
    'M03',
    'safety',
    'a vote that arrives twice is counted twice',
    [
      ELECTION,
      's.votes.set(message.from, message.granted);',
      's.votes.set(s.voters.find((voter) => !s.votes.has(voter)) ?? message.from, message.granted);',
    ],
    STORM_OF_FIVE,
  ),
  mutant(
    'M04',
    'safety',
    'a vote for an older term is counted in this one',
    [
      'node/raft/step.js',
      'if (message.term < s.term)',
      "if (message.term < s.term && message.type !== 'voteReply')",
    ],
    STORM_OF_FIVE,
  ),
  mutant(
    'M05a',
    'safety',
    'whose log is newer is judged by its length only',
    [
      ELECTION,
      'return message.lastTerm > s.log.lastTerm;',
      'return message.lastIndex >= s.log.lastIndex;',
    ],
    STORM_OF_FIVE,
  ),
  mutant(
    'M05b',
    'safety',
    'a vote needs no more than what is committed here',
    [
      ELECTION,
      'return message.lastIndex >= s.log.lastIndex;',
      'return message.lastIndex >= s.commitIndex;',
    ],
    STORM_OF_FIVE,
  ),
  mutant('M06a', 'liveness', 'a pre-vote raises the term of those that are asked', [
    ELECTION,
    'const refusal = preVoteRefusal(s, message);',
    code(
      'if (message.term > s.term)',
      "becomeFollower(s, { term: message.term, leader: 0, reason: 'higherTerm' });",
      'const refusal = preVoteRefusal(s, message);',
    ),
  ]),
  mutant('M06b', 'liveness', 'a pre-vote is granted while a leader is heard', [
    ELECTION,
    "if (leaderIsAlive(s))\n        return 'leaderAlive';",
    '',
  ]),
  mutant('M08', 'liveness', 'a leader that hears nobody goes on leading', [
    'node/raft/leader.js',
    'return heard >= quorumSize(voters.length);',
    'return true;',
  ]),
  mutant(
    'M09a',
    'safety',
    'a learner stands for election',
    [
      ROLES,
      'if (configurationIndex <= s.commitIndex)\n        return false;',
      'if (configurationIndex <= s.commitIndex)\n        return true;',
    ],
    { nodes: 5 },
  ),
  mutant('M10', 'liveness', 'election timeouts are all the same', [
    TIMER,
    'return s.prng.between(s.config.electionTimeoutTicksMin, s.config.electionTimeoutTicksMax);',
    'return s.config.electionTimeoutTicksMin;',
  ]),
  mutant('M10b', 'liveness', 'election timeouts come from chance that no seed decides', [
    TIMER,
    'return s.prng.between(s.config.electionTimeoutTicksMin, s.config.electionTimeoutTicksMax);',
    code(
      'const { electionTimeoutTicksMin: min, electionTimeoutTicksMax: max } = s.config;',
      'return min + Math.floor(Math.random() * (max - min + 1));',
    ),
  ]),
  mutant('M11', 'safety', 'what waited in an older term leaves with the new one', [
    'node/raft/outbox.js',
    'const message = this.#messages[i];',
    'const message = { ...this.#messages[i], term: Math.max(term, this.#messages[i].term) };',
  ]),
  mutant('M12', 'liveness', 'a higher term in a reply is ignored', [
    'node/raft/step.js',
    'if (message.term > s.term) {',
    "if (message.term > s.term && message.type.endsWith('eply')) return;\n            if (message.term > s.term) {",
  ]),
  mutant('M26a', 'safety', 'half of the voters are a majority', [
    'node/raft/quorum.js',
    'return Math.floor(voterCount / 2) + 1;',
    'return Math.max(1, voterCount >> 1);',
  ]),
  mutant(
    'M26b',
    'safety',
    'learners are counted as voters',
    [
      'node/raft/state.js',
      'this.voters = votersOf(membership);',
      'this.voters = membership.members.map((m) => m.number);',
    ],
    { nodes: 5 },
  ),
];
