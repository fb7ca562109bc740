/** Changes that are no bugs: an oracle that flags one of them is too strict. */
import { code, type Mutant, mutant } from './mutant.ts';

export const CONTROL_MUTANTS: readonly Mutant[] = [
  mutant('C1', 'control', 'after a reject the leader goes back by one', [
    'node/raft/leader.js',
    'progress.backTo(Math.min(meeting, message.prevIndex - 1));',
    'progress.backTo(Math.max(Math.min(meeting, message.prevIndex - 1), s.log.cachedBatch(message.prevIndex)?.first - 1 || 0));',
  ]),
  mutant('C2', 'control', 'one batch a message', [
    'node/raft/log.js',
    'while (at < this.#batches.length && found.length < countMax) {',
    'while (at < this.#batches.length && found.length < Math.max(countMax === Infinity ? 1e9 : 1, 1)) {',
  ]),
  mutant('C3', 'control', 'one message under way to each follower', [
    'node/raft/inflights.js',
    'return this.#batches >= this.#batchesMax || this.#bytes >= this.#bytesMax;',
    'return this.#count > 0;',
  ]),
  mutant('C4', 'control', 'twice as many heartbeats', [
    'node/raft/leader.js',
    'if (lead.heartbeatElapsedTicks >= s.config.heartbeatTicks)',
    'if (lead.heartbeatElapsedTicks * 2 >= s.config.heartbeatTicks)',
  ]),
  mutant('C5', 'control', 'snapshots all the time', [
    'node/replica/compaction.js',
    'if (since < this.#config.snapshotLogBytes)',
    'if (since < 1024)',
  ]),
  mutant('C6', 'control', 'the log is synced twice', [
    'node/wal/file-log.js',
    'file.write(group.chunks(), this.#end.offset, sync, (error) => this.#groupDone(error));',
    code(
      'file.write(group.chunks(), this.#end.offset, sync, (error) => {',
      'if (error !== null) this.#groupDone(error); else file.sync((again) => this.#groupDone(again));',
      '});',
    ),
  ]),
  mutant('C7', 'control', 'votes are sent twice', [
    'node/raft/outbox.js',
    'free.push(message);',
    "free.push(message); if (message.type === 'voteReply') free.push(message);",
  ]),
  mutant('C8', 'control', 'a new leader appends a second entry of its own', [
    'node/raft/roles.js',
    'payload: NO_BYTES,\n    }));',
    code(
      'payload: NO_BYTES,\n    }));',
      'appendToOwnLog(s, sealBatch({',
      'cluster: s.cluster, term: s.term, first: s.log.lastIndex + 1, kind: BATCH_KIND.noop,',
      'count: 1, leaderTimeMs: s.log.lastTimeMs, payload: NO_BYTES,',
      '}));',
    ),
  ]),
];
