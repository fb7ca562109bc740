/**
 * Two words of a record that hold three things: where in the log it was changed last (its version,
 * below 2^53) and, in the bits above that, the type of its value (0: bytes).
 */
import type { LogIndex } from '../model/ids.ts';
import { type Cell, type KvArena, WORD, wordAt } from './kv-arena.ts';

const WORD_RANGE = 0x1_0000_0000;
const TYPE_SHIFT = 24;
const HIGH_MASK = 0xff_ffff;

/** Where in the log a record was changed last. */
export function versionAt(arena: KvArena, cell: Cell): LogIndex {
  const words = arena.wordsOf(cell);
  const at = wordAt(cell);
  const low = (words[at + WORD.versionLow] as number) >>> 0;
  return ((words[at + WORD.versionHigh] as number) & HIGH_MASK) * WORD_RANGE + low;
}

/** Leaves the type as it is. */
export function setVersionAt(arena: KvArena, cell: Cell, version: LogIndex): void {
  const words = arena.wordsOf(cell);
  const at = wordAt(cell);
  const type = (words[at + WORD.versionHigh] as number) & ~HIGH_MASK;
  words[at + WORD.versionLow] = version | 0;
  words[at + WORD.versionHigh] = type | Math.floor(version / WORD_RANGE);
}

export function typeAt(arena: KvArena, cell: Cell): number {
  return (arena.wordsOf(cell)[wordAt(cell) + WORD.versionHigh] as number) >>> TYPE_SHIFT;
}

export function setTypeAt(arena: KvArena, cell: Cell, type: number): void {
  const words = arena.wordsOf(cell);
  const at = wordAt(cell) + WORD.versionHigh;
  words[at] = ((words[at] as number) & HIGH_MASK) | (type << TYPE_SHIFT);
}
