/**
 * What ssh starts on another machine: reads one request, the first line of stdin, and prints one
 * answer. What follows logs prints lines until stdin ends, as it does when ssh is gone.
 */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { RaftctlError, tellError } from '../std/errors.ts';
import { act } from './hand.ts';
import type { HandAnswer, HandRequest } from './hand-request.ts';

const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));

const gone = new AbortController();

function firstLine(): Promise<string> {
  const input = createInterface({ input: process.stdin });
  return new Promise((resolve) => {
    input.once('line', resolve);
    input.once('close', () => {
      gone.abort();
      resolve('');
    });
  });
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function answer(): Promise<HandAnswer> {
  try {
    const request = JSON.parse(await firstLine()) as HandRequest;
    // Whoever asks for anything else has nothing more to say, and waits.
    return { answer: await act(request, ENTRY, { print, signal: gone.signal }) };
  } catch (error) {
    if (error instanceof RaftctlError) return { error: tellError(error) };
    const message = error instanceof Error ? error.message : String(error);
    return { error: { code: 'INTERNAL', message, hint: null } };
  }
}

print(await answer());
process.stdin.unref?.();
// Nodes that were started go on; nothing here waits for them.
process.exitCode = 0;
