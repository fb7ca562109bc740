/**
 * In CI, tests that start processes get a second chance, each file alone: beside other clusters on
 * two cores an election now and then takes longer than a test allows. It is said which they were,
 * so that the cause is looked for; what is really broken fails again, and many files at once get
 * no second chance at all.
 */
import { join, relative, sep } from 'node:path';

const FILES_MAX = 3;
const PROCESS_TESTS = join('test', 'acceptance') + sep;

/**
 * @param {{ passed: number, failed: number, failures: { file: string, failed: number }[] }} counts
 * @returns {string[]} the files to run again; none: the result stands.
 */
export function filesToRepeat(counts, root) {
  const files = counts.failures.map(({ file }) => relative(root, file));
  const inFiles = counts.failures.reduce((sum, { failed }) => sum + failed, 0);
  const isAll = inFiles === counts.failed && counts.failed > 0;
  const areFew = files.length > 0 && files.length <= FILES_MAX;
  return isAll && areFew && files.every((file) => file.startsWith(PROCESS_TESTS)) ? files : [];
}

/** The result with what the repetition gave in the place of what had failed. */
export function afterRepeat(first, again) {
  const { passed, failed } = first;
  if (again.passed === 0) return { passed, failed };
  return { passed: passed + Math.max(0, failed - again.failed), failed: again.failed };
}
