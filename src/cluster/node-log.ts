/** A node's log file as people and commands need it: its last words, and its lines as they come. */
import { open, stat } from 'node:fs/promises';
import { ERROR_CODES, type ErrorCode } from '../std/errors.ts';

/** Why a node ended, by its own account. */
export interface LastWords {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
}

/** Enough for the last lines, whatever the file's size. Bytes. */
const TAIL_BYTES = 32 * 1024;

export async function fileSize(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

/** The fatal error at the end of a log, if that is how it ends; `from`: where this life began. */
export async function lastWords(path: string, from = 0): Promise<LastWords | null> {
  const lines = (await readFrom(path, Math.max(from, (await fileSize(path)) - TAIL_BYTES))).split(
    '\n',
  );
  for (const line of lines.reverse()) {
    const words = parseLastWords(line);
    if (words !== null) return words;
    // Only the error itself may be followed by anything, such as a second, shorter copy of it.
    if (line.trim() !== '') return null;
  }
  return null;
}

/** The last lines of a log that are not JSON: what the runtime says when a process breaks down. */
export async function lastPlainLines(path: string, from: number): Promise<string | null> {
  const text = await readFrom(path, Math.max(from, (await fileSize(path)) - TAIL_BYTES));
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('{'));
  return lines.length === 0 ? null : lines.slice(-6).join('\n');
}

function parseLastWords(line: string): LastWords | null {
  if (!line.startsWith('{')) return null;
  try {
    const value = JSON.parse(line) as {
      code?: unknown;
      message?: unknown;
      msg?: unknown;
      hint?: unknown;
    };
    const code = ERROR_CODES.find((known) => known === value.code);
    const message = value.message ?? value.msg;
    if (code === undefined || typeof message !== 'string') return null;
    return { code, message, hint: typeof value.hint === 'string' ? value.hint : null };
  } catch {
    return null;
  }
}

export async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const length = Math.max(0, size - offset);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
