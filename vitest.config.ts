import { defineConfig } from 'vitest/config';

/** Tests that start processes: clusters, commands, the scripts themselves. */
const PROCESS_TESTS = ['test/acceptance/**/*.test.ts'];

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
          // One file at a time, after the unit tests: each starts a cluster, and there are two cores.
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
