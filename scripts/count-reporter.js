/**
 * A vitest reporter that counts, for the closing line of `npm test`, and tells which files failed.
 * A test file that could not be loaded and an error outside any test count as one failure each:
 * they must not look like success.
 */
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, failures: [] };
    for (const module of modules) {
      const before = counts.failed;
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') counts.passed += 1;
        if (state === 'failed') counts.failed += 1;
      }
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      const failed = counts.failed - before;
      if (failed > 0) counts.failures.push({ file: module.moduleId, failed });
    }
    const file = process.env.RAFTCTL_TEST_COUNTS;
    if (file) writeFileSync(file, JSON.stringify(counts));
  }
}
