/** What a person has written may be refused, with a code; nothing else may be thrown. */
import { RaftctlError } from '../../dist/std/errors.js';

export function refusedOr(task) {
  try {
    task();
  } catch (error) {
    if (!(error instanceof RaftctlError)) throw error;
  }
}
