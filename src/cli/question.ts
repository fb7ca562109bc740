/** Asks a person for one line. */
import { createInterface } from 'node:readline';
import { RaftctlError } from '../std/errors.ts';

export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
}

/**
 * @returns the answer without blanks around it; null: none (Ctrl-D).
 * @throws {RaftctlError} INTERRUPTED by Ctrl-C
 */
export async function ask(
  question: string,
  terminal: Terminal = { input: process.stdin, output: process.stderr },
): Promise<string | null> {
  const prompt = createInterface({ ...terminal, terminal: true });
  try {
    return await new Promise<string | null>((resolve, reject) => {
      prompt.once('SIGINT', () => {
        reject(new RaftctlError('INTERRUPTED', { message: 'Interrupted; nothing was done' }));
      });
      prompt.once('close', () => resolve(null));
      prompt.question(question, (line) => resolve(line.trim()));
    }).catch((error: unknown) => {
      terminal.output.write('\n');
      throw error;
    });
  } finally {
    prompt.close();
  }
}
