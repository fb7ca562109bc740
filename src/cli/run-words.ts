/** Runs the words of one command, and says what went wrong: for the program and for the shell. */
import type { Config } from '@oclif/core';
import { paintFor } from './colour.ts';
import { refuseUnknown, tooMuch } from './did-you-mean.ts';
import { isBrokenPipe, reportJson, reportLines, reportOf } from './error-report.ts';
import { jsonText } from './json-text.ts';

/** Leaves the exit code in `process.exitCode`. @throws {RaftctlError} UNKNOWN_COMMAND, USAGE */
export async function runWords(argv: readonly string[], config: Config): Promise<void> {
  const ids = config.commandIDs;
  refuseUnknown(argv, ids);
  const { run } = await import('@oclif/core/run');
  try {
    await run([...argv], config);
  } catch (error) {
    const typed = error instanceof Error ? NOT_FOUND.exec(error.message)?.[1] : undefined;
    throw (typed === undefined ? null : tooMuch(typed.split(':'), ids)) ?? error;
  }
}

/** How oclif says that words are no command: joined. */
const NOT_FOUND = /^command (\S+) not found$/;

/** Prints what `runWords` threw, and sets the exit code it leads to. */
export function reportFailure(error: unknown, argv: readonly string[]): void {
  if (isBrokenPipe(error)) return;
  if (isQuietExit(error)) {
    process.exitCode = error.oclif.exit;
    return;
  }
  const report = reportOf(error);
  process.exitCode = report.exit;
  if (argv.includes('--json')) {
    process.stdout.write(jsonText(reportJson(report)));
    return;
  }
  const paint = paintFor(process.stderr, argv.includes('--no-color'));
  process.stderr.write(`${reportLines(report, paint).join('\n')}\n`);
}

/** oclif ends help and some flags by throwing an error that only carries the exit code. */
function isQuietExit(error: unknown): error is { oclif: { exit: number } } {
  return error instanceof Error && 'code' in error && error.code === 'EEXIT';
}
