import { defineConfig } from 'vitest/config';

const pathOf = (name: string) => `test/acceptance/${name}.test.ts`;

/** Tests that start processes: clusters, commands, the scripts themselves. */
const PROCESS_TESTS = ['test/acceptance/**/*.test.ts'];
/** Of those: what a busy machine could make fail, or what makes it busy; at most two at a time. */
const FEW = [
  ...['garbage', 'killed-nodes', 'lease-reads', 'linearizability', 'member-cycles'],
  ...['older-rest', 'other-clients', 'own-writes', 'rolling-restart', 'snapshots', 'top'],
].map(pathOf);
/** Older systems, other machines, other engines, many keys: `npm run test:more`. */
const MORE = [
  ...['older-*', 'chatroom', 'diskstorage', 'experiment', 'loggers', 'loggers-*'],
  ...['bench-agents', 'deploy', 'etcd', 'hosts', 'hosts-*', 'million-keys', 'node-run'],
].map(pathOf);
/** And what looks at how long something takes. */
const ALONE = [
  ...['bench', 'durability-order', 'expiry', 'failed-sync', 'fleet-profile', 'leadership'],
  'silent-leader',
].map(pathOf);
/** What this machine has no programs for (scripts/tests/needed-programs.js). */
const LEFT_OUT = (process.env.RAFTCTL_TEST_EXCLUDE ?? '').split(' ').filter((file) => file !== '');
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
          exclude: [...PROCESS_TESTS, ...LEFT_OUT],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'process',
          include: PROCESS_TESTS,
          exclude: [...FEW, ...ALONE, ...MORE, ...LEFT_OUT],
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
          name: 'process-few',
          include: FEW,
          exclude: LEFT_OUT,
          maxWorkers: isFull ? 1 : 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'process-alone',
          include: ALONE,
          exclude: LEFT_OUT,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'more',
          include: MORE,
          exclude: [...FEW, ...LEFT_OUT],
          maxWorkers: isFull ? 1 : 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
