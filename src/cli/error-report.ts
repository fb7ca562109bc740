/**
 * The one place where an error becomes an exit code and a message, the same in both modes: plain
 * text on stderr, or one JSON object on stdout.
 */
import { EXIT, RaftctlError, systemCode } from '../std/errors.ts';
import type { Paint } from '../std/paint.ts';
import { plainUsage, usageHint, usageMessage } from './usage-text.ts';

export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly exit: number;
}

/** What the caller sees of an error. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof RaftctlError) {
    // NB: oclif writes into an error that is thrown while it parses a flag.
    const isParsed = error.code === 'USAGE' && error.message.startsWith('Parsing --');
    const message = isParsed ? plainUsage(error.message) : error.message;
    return { code: error.code, message, hint: error.hint, exit: error.exitCode };
  }
  if (!(error instanceof Error)) {
    return { code: 'INTERNAL', message: String(error), hint: null, exit: EXIT.failure };
  }
  const exit = oclifExit(error);
  if (exit !== null) return usageReport(error, exit);
  const system = systemCode(error);
  if (system !== null) {
    return { code: 'INTERNAL', message: error.message, hint: null, exit: EXIT.failure };
  }
  const detail = process.env['DEBUG'] ? (error.stack ?? error.message) : error.message;
  const hint = 'This is a bug in raftctl. Run again with DEBUG=1 and report what it prints';
  return { code: 'INTERNAL', message: detail, hint, exit: EXIT.failure };
}

/** Lines for stderr. */
export function reportLines(report: ErrorReport, paint: Paint): string[] {
  const first = `${paint('red', 'Error:')} ${report.message} ${paint('dim', `[${report.code}]`)}`;
  return report.hint === null ? [first] : [first, `${paint('cyan', 'Hint:')}  ${report.hint}`];
}

/** The object that `--json` prints instead of a result. */
export function reportJson(report: ErrorReport): { readonly error: ErrorReport } {
  return { error: report };
}

/**
 * Said by the process when nobody reads what it prints any more. NB: not SIGPIPE: whoever listens
 * to that one hears of every connection that breaks while something is written to it.
 */
export const OUTPUT_CLOSED = 'raftctl:outputClosed';

/** Whether the error only means that nobody reads our output any more (`raftctl ... | head`). */
export function isBrokenPipe(error: unknown): boolean {
  return systemCode(error) === 'EPIPE';
}

/** Exit code that oclif put on its error (bad flags and arguments), or null: not from oclif. */
function oclifExit(error: Error): number | null {
  if (!('oclif' in error)) return null;
  const marks = error.oclif;
  if (typeof marks !== 'object' || marks === null || !('exit' in marks)) return null;
  return typeof marks.exit === 'number' ? marks.exit : EXIT.usage;
}

function usageReport(error: Error, exit: number): ErrorReport {
  return { code: 'USAGE', message: usageMessage(error), hint: usageHint(error), exit };
}
