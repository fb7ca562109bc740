/** Planted bugs of changes of the membership. */
import { type Mutant, mutant } from './mutant.ts';

const RECONFIGURE = 'node/raft/reconfigure.js';
const ROLES = 'node/raft/roles.js';

export const MEMBER_MUTANTS: readonly Mutant[] = [
  mutant('M41', 'safety', 'a leader changes the members before it has committed in its own term', [
    RECONFIGURE,
    "    if (!isServing(s))\n        return refused('notServing');",
    '',
  ]),
  mutant('M42a', 'safety', 'a change of members begins while another is not committed', [
    RECONFIGURE,
    "    if (isChanging(s))\n        return refused('changePending');",
    "    if (s.outgoingVoters.length > 0)\n        return refused('changePending');",
  ]),
  mutant('M42b', 'safety', 'a new configuration counts once it is committed, not from the log on', [
    ROLES,
    '    s.refreshVoters();\n',
    '    if (s.log.configurationIndex <= s.commitIndex) s.refreshVoters();\n',
  ]),
  mutant('M43a', 'safety', 'in a joint configuration the new half alone commits', [
    'node/raft/commit.js',
    'jointValue(incoming, outgoing)',
    'jointValue(incoming, [])',
  ]),
  mutant('M43b', 'safety', 'in a joint configuration the new half alone elects a leader', [
    'node/raft/election.js',
    '    if (s.outgoingVoters.length === 0)\n        return outcome;',
    '    return outcome;',
  ]),
  mutant('M44a', 'liveness', 'only the leader that entered a joint configuration leaves it', [
    RECONFIGURE,
    'if (!isServing(s) || s.diskFull || lead.transfer !== null)',
    'if (!isServing(s) || s.diskFull || s.log.termAt(s.log.configurationIndex) !== s.term)',
  ]),
  mutant('M44b', 'safety', 'a joint configuration is left while it is not committed', [
    RECONFIGURE,
    'if (!lead.changeOpen || s.log.configurationIndex > s.commitIndex)',
    'if (!lead.changeOpen)',
  ]),
  mutant(
    'M45',
    'safety',
    'a configuration that is cut off goes on to count',
    [
      'node/raft/follower.js',
      "    s.trace.push({ type: 'truncated', from: first, lastIndex });\n    configurationChanged(s);",
      "    s.trace.push({ type: 'truncated', from: first, lastIndex });",
    ],
    { profile: 'storm' },
  ),
  mutant('M46', 'safety', 'a snapshot carries the newest configuration, not that of its entry', [
    'node/replica/compaction.js',
    'raft.configurationAt(index)',
    'raft.configurationAt(raft.lastIndex)',
  ]),
  mutant('M47a', 'liveness', 'a leader that is removed leads for ever', [
    RECONFIGURE,
    'lead.resigns = !s.isVoter;',
    'lead.resigns = false;',
  ]),
  mutant('M47b', 'safety', 'a leader that is removed counts itself in place of a voter', [
    'node/raft/commit.js',
    'const own = voter === s.self;',
    'const own = voter === s.self || (!s.isVoter && voter === voters[0]);',
  ]),
  mutant('M47c', 'safety', 'a change of members goes on while leadership is handed over', [
    RECONFIGURE,
    'if (!isServing(s) || s.diskFull || lead.transfer !== null)',
    'if (!isServing(s) || s.diskFull)',
  ]),
  mutant('M47d', 'liveness', 'a leader that is removed leads until another takes over', [
    RECONFIGURE,
    'if (lead.transfer !== null && !lead.transfer.asked)\n        return;',
    'lead.offered = false;\n    if (s.nowMs > 0)\n        return;',
  ]),
  mutant('M50', 'liveness', "an added member's address reaches nobody", [
    'node/replica/members.js',
    'network.reach([...this.#reached.values()], highestNumberOf(membership));',
    'network.reach([...this.#reached.values()].slice(0, 3));',
  ]),
];
