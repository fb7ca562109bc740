/** The words of a line, by the rules of Redis's own inline commands. */
import { Buffer } from 'node:buffer';
import { splitInline } from '../wire/dialects/resp-inline.ts';

/** @returns null when the quotes do not balance. */
export function wordsOf(line: string): Buffer[] | null {
  const bytes = Buffer.from(line, 'utf8');
  const starts: number[] = [];
  const ends: number[] = [];
  const split = splitInline(bytes, 0, bytes.length, starts, ends);
  if (split === null) return null;
  const words: Buffer[] = [];
  for (let i = 0; i < split.count; i += 1) {
    words.push(Buffer.from(split.bytes.subarray(starts[i], ends[i])));
  }
  return words;
}
