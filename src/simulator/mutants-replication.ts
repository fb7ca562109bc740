/** Planted bugs of replication, commit and snapshots in the core. */
import { code, type Mutant, mutant } from './mutant.ts';

const FOLLOWER = 'node/raft/follower.js';
const COMMIT = 'node/raft/commit.js';
const PROGRESS = 'node/raft/progress.js';
const STORM_OF_FIVE = { profile: 'storm', nodes: 5 } as const;
const SNAPSHOTS = 'node/raft/snapshots.js';

export const REPLICATION_MUTANTS: readonly Mutant[] = [
  mutant('M13', 'safety', 'an entry of an older term is committed by counting (figure 8)', [
    COMMIT,
    'if (s.log.termAt(shared) !== s.term)',
    'if (s.log.termAt(shared) > s.term)',
  ]),
  mutant('M14b', 'liveness', 'a new leader appends no entry of its own', [
    'node/raft/roles.js',
    'appendToOwnLog(s, sealBatch({',
    'void (({',
  ]),
  mutant('M15', 'safety', 'a late append that matches cuts off what came after it', [
    FOLLOWER,
    "assert(batch.last <= log.lastIndex, 'a batch is held whole or not at all');",
    'if (batch.last < log.lastIndex) { log.truncateFrom(batch.last + 1); s.durability.truncatedFrom(batch.last + 1); }',
  ]),
  mutant(
    'M16',
    'safety',
    'a conflicting entry is overwritten in place and the stale tail behind it is kept',
    [
      FOLLOWER,
      'if (batch.first <= log.lastIndex)\n            truncate(s, batch.first);\n        log.append(batch);',
      code(
        'const stale = log.collect(batch.last + 1, 1e9, 1e9);',
        'if (batch.first <= log.lastIndex) truncate(s, batch.first);',
        'log.append(batch);',
        'for (const b of stale) if (b.first === log.lastIndex + 1) log.append(b);',
      ),
    ],
    STORM_OF_FIVE,
  ),
  mutant(
    'M16b',
    'safety',
    'what was cut off the log still counts as durable',
    [FOLLOWER, 's.durability.truncatedFrom(first);', ''],
    STORM_OF_FIVE,
  ),
  mutant(
    'M17a',
    'safety',
    'an append commits all that the follower has',
    [
      FOLLOWER,
      'commitThrough(s, Math.min(message.commitIndex, verified));',
      'commitThrough(s, Math.min(message.commitIndex, s.log.lastIndex));',
    ],
    STORM_OF_FIVE,
  ),
  {
    // Leader and follower each see to it: only without both is it a bug.
    ...{ id: 'M17b', kind: 'safety', ...STORM_OF_FIVE },
    bug: 'a heartbeat commits all that the follower has',
    patches: [
      {
        file: FOLLOWER,
        find: 'commitThrough(s, Math.min(message.commitIndex, s.following.verifiedIndex));',
        replace: 'commitThrough(s, Math.min(message.commitIndex, s.log.lastIndex));',
      },
      {
        file: 'node/raft/replication.js',
        find: 'const commitIndex = Math.min(s.commitIndex, progress.matchIndex);',
        replace: 'const { commitIndex } = s;',
      },
    ],
  },
  mutant('M18a', 'safety', 'the commit index goes back with a late message', [
    FOLLOWER,
    'if (index <= s.commitIndex)',
    'if (index === s.commitIndex)',
  ]),
  mutant(
    'M18b',
    'safety',
    'a late acknowledgement takes back what was acknowledged',
    [PROGRESS, 'if (index > this.matchIndex) {', 'if (index !== this.matchIndex) {'],
    STORM_OF_FIVE,
  ),
  mutant('M18c', 'safety', 'a follower that lives is taken to have all that was sent to it', [
    'node/raft/leader.js',
    'if (progress.windowIsLost()) {',
    "if (progress.mode === 'replicate') progress.acknowledge(progress.nextIndex - 1);\n if (progress.windowIsLost()) {",
  ]),
  mutant(
    'M19a',
    'safety',
    'the term before an append is not compared',
    [
      FOLLOWER,
      'if (!log.holds(message.prevIndex, message.prevTerm)) {',
      'if (message.prevIndex > log.lastIndex) {',
    ],
    STORM_OF_FIVE,
  ),
  mutant(
    'M19b',
    'safety',
    'what a snapshot holds is taken for a conflict',
    [FOLLOWER, 'if (batch.first <= log.baseIndex) {', 'if (batch.first < 0) {'],
    { profile: 'lag' },
  ),
  mutant(
    'M20',
    'safety',
    'an append of a leader that was replaced is accepted',
    [
      'node/raft/step.js',
      'if (message.term < s.term)',
      "if (message.term < s.term && message.type !== 'append')",
    ],
    STORM_OF_FIVE,
  ),
  mutant('M21', 'safety', 'a batch that does not fit into a message is left out', [
    'node/raft/log.js',
    'if (found.length > 0 && bytes > bytesMax)\n                break;',
    'if (found.length > 0 && bytes > bytesMax) { bytes -= batch.bytes.length; at += 1; continue; }',
  ]),
  mutant('M23', 'safety', 'the leader counts itself before its own sync', [
    COMMIT,
    'own ? s.durability.durableIndex :',
    'own ? s.log.lastIndex :',
  ]),
  mutant('M24', 'safety', 'a follower acknowledges before its sync', [
    FOLLOWER,
    'Math.min(following.verifiedIndex, s.durability.durableIndex)',
    'following.verifiedIndex',
  ]),
  mutant('M28a', 'liveness', 'what was sent is sent again and again', [
    PROGRESS,
    'this.inflights.add(last, batchCount, bytes);\n        this.nextIndex = last + 1;',
    'this.inflights.add(last, batchCount, bytes);',
  ]),
  mutant('M28b', 'liveness', 'a probe that was lost is never repeated', [
    'node/raft/leader.js',
    'progress.probeSent = false;',
    '',
  ]),
  mutant('M28c', 'liveness', 'a window that was lost is never sent again', [
    PROGRESS,
    'return waits && this.ackIdleTicks >= this.ackIdleTicksMax;',
    "return this.mode === 'snapshot' && waits && this.ackIdleTicks >= this.ackIdleTicksMax;",
  ]),
  mutant('M28d', 'liveness', 'the search for what fits into a message never ends', [
    'node/raft/log.js',
    'if (found.length > 0 && bytes > bytesMax)\n                break;',
    'if (found.length > 0 && bytes > bytesMax) { bytes -= batch.bytes.length; continue; }',
  ]),
  {
    // Looked at when it comes, and again when it is whole: the second look is enough.
    ...{ id: 'M52', kind: 'safety', profile: 'lag' },
    bug: 'a snapshot that is older than the log is installed',
    patches: [
      {
        file: SNAPSHOTS,
        find: 'if (index <= s.commitIndex || s.log.termAt(index) === indexTerm) {',
        replace: 'if (index < 0) {',
      },
      {
        file: SNAPSHOTS,
        find: 'if (index <= s.commitIndex || s.log.termAt(index) === term) {',
        replace: 'if (index < 0) {',
      },
    ],
  },
  mutant(
    'M53',
    'safety',
    'a log that is long enough is taken to hold what a snapshot holds',
    [
      SNAPSHOTS,
      'if (index <= s.commitIndex || s.log.termAt(index) === indexTerm) {',
      'if (index <= s.log.lastIndex) {',
    ],
    { profile: 'lag' },
  ),
  {
    // A file of mixed parts has no right checksum: without that alone nothing is amiss.
    ...{ id: 'M54', kind: 'safety', profile: 'lag' },
    bug: 'parts of a snapshot are taken in any order, and its file is not looked at',
    patches: [
      {
        file: SNAPSHOTS,
        find: 'data.length === 0 || offset !== receiving.offset',
        replace: 'data.length === 0',
      },
      {
        file: 'node/wal/snapshot-reader.js',
        find: 'return trailer instanceof SnapshotFault ? trailer : { ...header, trailer };',
        replace: 'return { ...header, trailer: { digest: new Uint8Array(32), ...trailer } };',
      },
    ],
  },
  mutant('M58', 'liveness', 'a follower whose answer to a snapshot was lost is left waiting', [
    'node/raft/leader.js',
    "else if (progress.mode === 'snapshot')\n            progress.askAgain();",
    '',
  ]),
];
