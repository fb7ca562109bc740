/** Runs the words of one command, and says what went wrong: for the program and for the shell. */
import type { Config } from '@oclif/core';
import { RaftctlError } from '../std/errors.ts';
import { paintFor } from './colour.ts';
import { nearestCommand, unknownCommand } from './did-you-mean.ts';
import { isBrokenPipe, reportJson, reportLines, reportOf } from './error-report.ts';
import { jsonText } from './json-text.ts';

/** Leaves the exit code in `process.exitCode`. @throws {RaftctlError} UNKNOWN_COMMAND */
export async function runWords(argv: readonly string[], config: Config): Promise<void> {
  const ids = config.commandIDs;
  const unknown = unknownCommand(argv, ids);
  if (unknown !== null) {
    const nearest = nearestCommand(unknown, ids);
    throw new RaftctlError('UNKNOWN_COMMAND', {
      message: `Unknown command: raftctl ${unknown}`,
      hint:
        nearest === null
          ? 'Run: raftctl help'
          : `Did you mean: raftctl ${nearest}? All commands: raftctl help`,
    });
  }
  const { run } = await import('@oclif/core/run');
  await run([...argv], config);
}

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
