import { defineConfig } from 'vitest/config';

/** Tests that start processes: clusters, commands, the scripts themselves. */
const PROCESS_TESTS = ['test/acceptance/**/*.test.ts'];
/** Of those: what looks at how long something takes, or loads all there is. */
const ALONE = [
  ...['bench', 'durability-order', 'expiry', 'failed-sync', 'garbage', 'killed-nodes'],
  ...[
    'lease-reads',
    'leadership',
    'linearizability',
    'member-cycles',
    'million-keys',
    'other-clients',
  ],
  ...['older-rest', 'own-writes', 'rolling-restart', 'silent-leader', 'snapshots', 'top'],
].map((name) => `test/acceptance/${name}.test.ts`);
/** With whole counts everything runs alone. */
const isFull = process.env.RAFTCTL_ACCEPTANCE === 'full';

export default defineConfig({
  test: {
    // `@oclif/test` and the commands' own tests read what a command prints.
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
          exclude: PROCESS_TESTS,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'process',
          include: PROCESS_TESTS,
          exclude: ALONE,
          // After the unit tests; each file has ports of its own.
          maxWorkers: isFull ? 1 : 3,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'process-alone',
          include: ALONE,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
