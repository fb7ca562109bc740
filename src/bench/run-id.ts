/** Names of runs: ULIDs, which sort by the time at which they were made. */
import { randomBytes } from 'node:crypto';

/** Crockford's: without I, L, O and U. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_LETTERS = 10;
const CHANCE_LETTERS = 16;
const PATTERN = new RegExp(`^[${LETTERS}]{${TIME_LETTERS + CHANCE_LETTERS}}$`);

export function newRunId(nowMs = Date.now()): string {
  let time = '';
  let rest = nowMs;
  for (let i = 0; i < TIME_LETTERS; i += 1) {
    time = LETTERS.charAt(rest % LETTERS.length) + time;
    rest = Math.floor(rest / LETTERS.length);
  }
  const chance = [...randomBytes(CHANCE_LETTERS)].map((byte) => LETTERS.charAt(byte & 31));
  return time + chance.join('');
}

export function isRunId(text: string): boolean {
  return PATTERN.test(text);
}
