/** Planted bugs of reads, of what clients are told, and of applying. */
import { code, type Mutant, mutant } from './mutant.ts';

const READ_INDEX = 'node/raft/read-index.js';
const AWAITED = 'node/replica/awaited.js';
const APPLIER = 'node/replica/applier.js';

export const CLIENT_MUTANTS: readonly Mutant[] = [
  mutant('M27', 'safety', 'a command is answered by its index, whatever was committed there', [
    AWAITED,
    'if (head.first === first && head.term === term)',
    'if (head.first === first)',
  ]),
  mutant('M29', 'safety', 'a new leader answers reads before it has committed in its own term', [
    READ_INDEX,
    'return s.leadership !== null && s.commitIndex >= s.leadership.noopIndex;',
    'return s.leadership !== null;',
  ]),
  mutant('M30a', 'safety', 'a leader answers reads without asking whether it still leads', [
    READ_INDEX,
    'index: s.commitIndex, round: lead.round });',
    'index: s.commitIndex, round: 0 });',
  ]),
  {
    // The same as a user would see it: whatever knows the committed order looks away.
    ...{ id: 'M30d', kind: 'safety' },
    bug: 'as M30a, where only clients look on',
    patches: [
      {
        file: READ_INDEX,
        find: 'index: s.commitIndex, round: lead.round });',
        replace: 'index: s.commitIndex, round: 0 });',
      },
      {
        file: 'simulator/history.js',
        find: 'read(member, input) {',
        replace: 'read(member, input) { return;',
      },
      {
        file: 'simulator/world.js',
        find: 'init.seed % JUDGED_EVERY === 0',
        replace: 'true',
      },
    ],
  },
  mutant('M30b', 'safety', 'a read is served before what it must see is applied', [
    'node/replica/reads.js',
    'const ready = this.#confirmed.filter((c) => c.index <= appliedIndex);',
    'const ready = this.#confirmed;',
  ]),
  mutant(
    'M31',
    'safety',
    'an answer to a question of an earlier life is taken for a new one',
    [
      READ_INDEX,
      'lead.pendingReads = lead.pendingReads.filter((read) => read.from !== member);',
      '',
    ],
    { profile: 'power', directed: 'test/paper/read-index.test.ts' },
  ),
  mutant('M33', 'safety', "a leader dates commands by its own wall clock, not a majority's", [
    'node/replica/cluster-clock.js',
    'const low = known[known.length - quorum];',
    'const low = known[known.length - 1];',
  ]),
  mutant('M36a', 'safety', 'an outcome that is not known is told as a refusal', [
    AWAITED,
    '#giveUpForwarded(which) {',
    code(
      '#giveUpForwarded(which) {',
      'for (const f of this.#forwarded.filter(which)) f.waiters.forEach((w, i) => {',
      "if (w !== null) { this.#commands -= 1; w.settle('noLeader', null); f.waiters[i] = null; }",
      '});',
    ),
  ]),
  {
    ...{ id: 'M36b', kind: 'safety' },
    bug: 'what was forwarded over a link that broke is forwarded again',
    patches: [
      {
        file: 'node/replica/intake.js',
        find: 'awaited.linkLost(input.member);',
        replace: code(
          'for (let f = awaited.lostOne(input.member); f !== null; f = awaited.lostOne(input.member))',
          'parts.proposals.forwardRefused({ from: f.to, firstSequence: f.firstSequence });',
        ),
      },
      {
        file: AWAITED,
        find: 'linkLost(member) {',
        replace: code(
          'lostOne(to) {',
          'const isLost = (f) => f.to === to && f.records !== null && !f.waiters.includes(null);',
          'return this.#forwarded.find(isLost) ?? null;',
          '}',
          'linkLost(member) {',
        ),
      },
    ],
  },
  mutant('M38', 'safety', 'each replica decides by a clock of its own what has expired', [
    'node/apps/kvstore-table.js',
    'deadlineMs <= this.nowMs',
    'deadlineMs <= Date.now()',
  ]),
  mutant('M39', 'safety', 'entries are applied before they are committed', [
    APPLIER,
    'while (this.#appliedIndex < raft.commitIndex) {',
    'while (this.#appliedIndex < raft.lastIndex) {',
  ]),
  mutant('M40a', 'safety', 'who waits too long is told that it was done', [
    AWAITED,
    "for (const waiter of appended.waiters)\n            waiter.settle('unknown', null);",
    "for (const waiter of appended.waiters)\n            waiter.settle('ok', null);",
  ]),
  mutant('M40b', 'liveness', 'who waits for a forward that was lost waits for ever', [
    AWAITED,
    '#giveUpForwarded(which) {',
    '#giveUpForwarded(which) {\n        return;',
  ]),
  mutant('M56b', 'safety', 'a restart adopts the index of a snapshot whose state it never loaded', [
    APPLIER,
    'this.#restoreDue = init.snapshots.newest !== null;',
    'this.#restoreDue = false; this.#appliedIndex = init.snapshots.newest?.meta.index ?? 0;',
  ]),
  mutant('M56c', 'safety', 'a received snapshot leaves the old state in place', [
    APPLIER,
    'if (!state.finish()) {',
    'if (false) {',
  ]),
  mutant('M56d', 'safety', 'a snapshot does not say when keys expire', [
    'node/apps/kvstore-snapshot.js',
    'if (deadlineMs > 0)',
    'if (deadlineMs < 0)',
  ]),
  mutant('M57', 'safety', 'keys that were due when a snapshot was taken come back', [
    'node/apps/kvstore-snapshot.js',
    'this.#table.nowMs = readU64(bytes, 0);',
    '',
  ]),
];
