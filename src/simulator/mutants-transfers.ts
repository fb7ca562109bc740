/** Planted bugs of leadership handed over on request. */
import { code, type Mutant, mutant } from './mutant.ts';

const TRANSFER = 'node/raft/transfer.js';
const ELECTION = 'node/raft/election.js';

export const TRANSFER_MUTANTS: readonly Mutant[] = [
  mutant('M30c', 'safety', 'a leader that hands over answers reads without asking anybody', [
    'node/raft/read-index.js',
    'index: s.commitIndex, round: lead.round });',
    'index: s.commitIndex, round: lead.transfer === null ? lead.round : 0 });',
  ]),
  {
    ...{ id: 'M51b', kind: 'safety' },
    bug: 'what is proposed while leadership is handed over is appended',
    patches: [
      {
        file: 'node/raft/raft.js',
        find: 'if (s.leadership.transfer !== null)',
        replace: 'if (s.nowMs < 0)',
      },
      {
        file: 'node/replica/pump.js',
        find: 'if (!proposals.waiting || raft.transferTarget !== 0)',
        replace: 'if (!proposals.waiting)',
      },
    ],
  },
  mutant('M51a', 'liveness', 'a member that lacks a part of the log is asked to take over', [
    TRANSFER,
    'if (transfer.asked || progressOf(lead, target)?.matchIndex !== lastIndex)',
    'if (transfer.asked)',
  ]),
  mutant('M51c', 'liveness', 'a transfer of leadership is never given up', [
    TRANSFER,
    "if (s.nowMs >= transfer.giveUpAtMs)\n        return 'timeout';",
    '',
  ]),
  {
    ...{ id: 'M51d', kind: 'liveness' },
    bug: 'who is asked to take over asks the others first, and they refuse',
    patches: [
      { file: TRANSFER, find: 'takeOver(s);', replace: 'startPreVote(s);' },
      { file: TRANSFER, find: 'import { takeOver }', replace: 'import { startPreVote }' },
    ],
  },
  mutant(
    'M51f',
    'safety',
    'a vote of a transfer is given by one who has voted in that term',
    [
      ELECTION,
      'if (s.hardState.vote !== 0 && s.hardState.vote !== message.from)',
      "if (message.type !== 'transferVote' && s.hardState.vote !== 0 && s.hardState.vote !== message.from)",
    ],
    { profile: 'storm' },
  ),
  mutant('M51g', 'safety', 'whoever is asked to take over leads at once, without being elected', [
    ELECTION,
    's.takeOverTerm = s.term + 1;\n    startVote(s);',
    's.takeOverTerm = s.term + 1;\n    becomeCandidate(s);\n    becomeLeader(s, [s.self]);',
  ]),
  mutant(
    'M51h',
    'safety',
    'the leader that asked for it goes over into the new term as its leader',
    [
      ELECTION,
      "becomeFollower(s, { term: message.term, leader: 0, reason: 'higherTerm' });\n    }\n    const refusal = voteRefusal(s, message);",
      code(
        "if (s.role === 'leader') s.setHardState({ term: message.term, vote: s.self });",
        "else becomeFollower(s, { term: message.term, leader: 0, reason: 'higherTerm' });",
        '}',
        'const refusal = voteRefusal(s, message);',
      ),
    ],
  ),
  mutant(
    'M51j',
    'safety',
    'a forward that comes during a transfer is refused, and kept all the same',
    [
      'node/replica/proposals.js',
      'this.#arrived.push(forward);',
      'this.#arrived.push(forward);\n        if (this.#raft.transferTarget !== 0)\n            this.#refuse(forward);',
    ],
  ),
];
