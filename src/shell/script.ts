/** The shell on a pipe: a line after the other, nothing asked, nothing remembered. */
import { createInterface } from 'node:readline';
import { EXIT } from '../std/errors.ts';
import type { ShellSession } from './session.ts';

/** @param isStrict ends at the first line that fails. @returns the exit code of the last line. */
export async function runScript(session: ShellSession, isStrict: boolean): Promise<number> {
  const lines = createInterface({ input: process.stdin, terminal: false });
  let exit: number = EXIT.ok;
  for await (const line of lines) {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const ended = await session.run(line);
    if (session.hasLeft) break;
    exit = ended;
    if (isStrict && exit !== EXIT.ok) break;
  }
  lines.close();
  session.close();
  return exit;
}
