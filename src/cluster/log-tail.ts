/** The last lines of several log files in the order of their time stamps. */
import { timeOfLine } from './log-line.ts';
import { fileSize, readFrom } from './node-log.ts';

export interface LogFile {
  readonly id: string;
  readonly path: string;
}

export interface LogTail {
  readonly lines: readonly { readonly id: string; readonly line: string }[];
  /** Where each file ended, for whoever follows it from there. */
  readonly ends: readonly (LogFile & { readonly offset: number })[];
}

/** Looked at in each file, however many lines are wanted. Bytes. */
const WINDOW_BYTES = 4 * 1024 * 1024;

export async function mergedTail(files: readonly LogFile[], lineCount: number): Promise<LogTail> {
  const stamped: { id: string; line: string; time: number }[] = [];
  const ends: (LogFile & { offset: number })[] = [];
  for (const file of files) {
    const from = Math.max(0, (await fileSize(file.path)) - WINDOW_BYTES);
    const text = await readFrom(file.path, from);
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    ends.push({ ...file, offset: from + Buffer.byteLength(whole) });
    const lines = whole.split('\n').filter((line) => line !== '');
    let time = 0;
    for (const line of lineCount === 0 ? [] : lines.slice(-lineCount)) {
      // A line without a time belongs to the one before it.
      time = timeOfLine(line) ?? time;
      stamped.push({ id: file.id, line, time });
    }
  }
  stamped.sort((a, b) => a.time - b.time);
  return { lines: stamped.map(({ id, line }) => ({ id, line })), ends };
}
