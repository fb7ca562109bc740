import { expect, test } from 'vitest';
import { RaftctlError } from '../std/errors.ts';
import { PLAIN } from '../std/paint.ts';
import { isBrokenPipe, reportJson, reportLines, reportOf } from './error-report.ts';

test('reportOf() gives code, hint and exit code of the catalogue', () => {
  const error = new RaftctlError('NO_LEADER', { message: 'Nobody leads', hint: 'Wait' });
  const report = reportOf(error);
  expect(report).toEqual({ code: 'NO_LEADER', message: 'Nobody leads', hint: 'Wait', exit: 3 });
  expect(reportJson(report)).toEqual({ error: report });
  expect(reportLines(report, PLAIN)).toEqual(['Error: Nobody leads [NO_LEADER]', 'Hint:  Wait']);
});

test("reportOf() keeps oclif's message for bad flags and drops the rest", () => {
  const error = Object.assign(
    new Error(
      'The following errors occurred:\n  Missing 1 required arg\nSee more help with --help',
    ),
    { oclif: { exit: 2 }, parse: { input: 'ten kilobytes' } },
  );
  expect(reportOf(error)).toMatchObject({
    code: 'USAGE',
    message: 'Missing 1 required arg',
    exit: 2,
  });
});

test('reportOf() calls anything else a bug', () => {
  expect(reportOf(new TypeError('x is not a function'))).toMatchObject({
    code: 'INTERNAL',
    exit: 1,
    hint: expect.stringContaining('bug'),
  });
  expect(reportOf('thrown text')).toMatchObject({ code: 'INTERNAL', message: 'thrown text' });
});

test('isBrokenPipe() knows only EPIPE', () => {
  expect(isBrokenPipe(Object.assign(new Error('write'), { code: 'EPIPE' }))).toBe(true);
  expect(isBrokenPipe(Object.assign(new Error('write'), { code: 'EIO' }))).toBe(false);
});
