/** Which tests CI runs a second time, and what that makes of the result. */
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const { afterRepeat, filesToRepeat } = await import(join(ROOT, 'scripts/tests/second-chance.js'));

const failure = (file: string, failed = 1) => ({ file: join(ROOT, file), failed });
const one = failure('test/acceptance/doctor.test.ts');

test.each([
  [{ passed: 9, failed: 1, failures: [one] }, ['test/acceptance/doctor.test.ts']],
  // All is well; an error outside of any file; a unit test; too many files.
  [{ passed: 9, failed: 0, failures: [] }, []],
  [{ passed: 9, failed: 2, failures: [one] }, []],
  [{ passed: 9, failed: 2, failures: [one, failure('src/std/bytes.test.ts')] }, []],
  [{ passed: 9, failed: 4, failures: [one, one, one, one] }, []],
])('%j: %j are run again', (counts, files) => {
  expect(filesToRepeat(counts, ROOT)).toEqual(files);
});

test('what passes the second time has passed, what fails again or does not run has not', () => {
  const first = { passed: 90, failed: 2 };
  expect(afterRepeat(first, { passed: 7, failed: 0 })).toEqual({ passed: 92, failed: 0 });
  expect(afterRepeat(first, { passed: 6, failed: 1 })).toEqual({ passed: 91, failed: 1 });
  expect(afterRepeat(first, { passed: 0, failed: 1 })).toEqual({ passed: 90, failed: 2 });
});
