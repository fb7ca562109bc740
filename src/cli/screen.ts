/** What the terminal of this call can do. */
import { RaftctlError } from '../std/errors.ts';

/** Whether a person sits before a screen that can be drawn on. */
export function isScreen(): boolean {
  const { stdin, stdout } = process;
  return stdin.isTTY === true && stdout.isTTY === true && process.env['TERM'] !== 'dumb';
}

/** Whether the locale can show more than ASCII. */
export function isUtf8(): boolean {
  const { env } = process;
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale);
}

/** Like `120x30`; left out, that of the terminal. @throws {RaftctlError} USAGE */
export function sizeOf(text: string | undefined): { width: number; height: number } {
  const { columns = 80, rows = 24 } = process.stdout;
  if (text === undefined) return { width: columns, height: rows };
  const match = /^(\d{2,3})x(\d{2,3})$/.exec(text);
  if (match !== null) return { width: Number(match[1]), height: Number(match[2]) };
  throw new RaftctlError('USAGE', {
    message: `Cannot read ${JSON.stringify(text)} as a size: it is not like 120x30`,
  });
}
