/** The last lines of several log files in the order of their time stamps. */
import { timeOfLine } from './log-line.ts';
import { fileSize, readFrom } from './node-log.ts';

export interface LogFile {
  readonly id: string;
  readonly path: string;
}

export interface LogLine {
  readonly id: string;
  readonly line: string;
}

export interface LogTail {
  readonly lines: readonly LogLine[];
  /** Where each file ended, for whoever follows it from there. */
  readonly ends: readonly (LogFile & { readonly offset: number })[];
}

/** Looked at in each file, however many lines are wanted. Bytes. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export async function mergedTail(files: readonly LogFile[], lineCount: number): Promise<LogTail> {
  const found: LogLine[] = [];
  const ends: (LogFile & { offset: number })[] = [];
  for (const file of files) {
    const from = Math.max(0, (await fileSize(file.path)) - WINDOW_BYTES);
    const text = await readFrom(file.path, from);
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    ends.push({ ...file, offset: from + Buffer.byteLength(whole) });
    const lines = whole.split('\n').filter((line) => line !== '');
    for (const line of lineCount === 0 ? [] : lines.slice(-lineCount)) {
      found.push({ id: file.id, line });
    }
  }
  return { lines: inOrderOfTime(found), ends };
}

/** Requires: the lines of each node are in their order. */
export function inOrderOfTime(lines: readonly LogLine[]): LogLine[] {
  const latest = new Map<string, number>();
  const stamped = lines.map(({ id, line }) => {
    // A line without a time belongs to the one before it.
    const time = timeOfLine(line) ?? latest.get(id) ?? 0;
    latest.set(id, time);
    return { id, line, time };
  });
  stamped.sort((a, b) => a.time - b.time);
  return stamped.map(({ id, line }) => ({ id, line }));
}
