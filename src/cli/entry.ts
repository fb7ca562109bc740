/** The script that starts this program, for processes that we start ourselves. */
import { join } from 'node:path';

/** @param root folder of the installed package. */
export function entryOf(root: string): string {
  return join(root, 'bin', 'run.js');
}
