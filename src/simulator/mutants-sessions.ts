/** Planted bugs of client sessions. */
import { type Mutant, mutant } from './mutant.ts';

const MACHINE = 'node/apps/session-machine.js';
const TABLE = 'node/apps/session-table.js';

export const SESSION_MUTANTS: readonly Mutant[] = [
  mutant('M37a', 'safety', 'what was done in sessions is not in snapshots', [
    MACHINE,
    'const frozen = { timeMs: this.#timeMs, sessions: this.#table.freeze() };',
    'const frozen = { timeMs: this.#timeMs, sessions: [] };',
  ]),
  {
    ...{ id: 'M37b', kind: 'safety' },
    bug: 'repetitions are recognised by the node that takes them, not where the log is applied',
    patches: [
      { file: TABLE, find: 'if (answer !== undefined)', replace: 'if (answer === NaN)' },
      {
        file: 'node/replica/replica.js',
        find: 'this.#proposalCount += 1;',
        replace:
          'this.#proposalCount += 1;\n        const taken = (this.taken ??= new Set());\n' +
          "        const name = tag === null ? '' : tag.session + ' ' + tag.sequence;\n" +
          '        if (tag !== null && tag.sequence > 0 && taken.has(name))\n' +
          "            return waiter.settle('unknown', null);\n        taken.add(name);",
      },
    ],
  },
  mutant('M37c', 'safety', 'sessions end by a clock of each replica', [
    MACHINE,
    'this.#timeMs = Math.max(this.#timeMs, context.leaderTimeMs);',
    'this.#timeMs = Date.now();',
  ]),
  mutant('M37d', 'safety', 'what comes in a session that has ended is done', [
    TABLE,
    'if (found === undefined)\n            return EXPIRED;',
    'if (found === undefined)\n            return FRESH;',
  ]),
  mutant('M37e', 'safety', 'a repetition is answered by what its command would answer now', [
    MACHINE,
    'this.#answers.decode(known.answer)',
    'null',
  ]),
];
