/** What was typed before: a file of mode 0600, the newest line last. */
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const HISTORY_LINES_MAX = 1000;

/** Newest first, as the line editor wants it. What cannot be read is an empty past. */
export function loadHistory(path: string): string[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return lines
      .filter((line) => line !== '')
      .reverse()
      .slice(0, HISTORY_LINES_MAX);
  } catch {
    return [];
  }
}

/** @returns whether it could be kept. */
export function saveHistory(path: string, newestFirst: readonly string[]): boolean {
  const lines = newestFirst.slice(0, HISTORY_LINES_MAX).reverse();
  const fresh = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(fresh, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    chmodSync(fresh, 0o600);
    renameSync(fresh, path);
    return true;
  } catch {
    return false;
  }
}

export function historyFile(stateDirectory: string): string {
  return join(stateDirectory, 'shell_history');
}
