/** Entries of older systems' logs, as lines for people and as rows of JSON. */
import { bytesFrom } from '../std/bytes.ts';
import { escapedBytes, type JsonBytes, jsonBytes } from './binary-text.ts';

export interface TextEntry {
  readonly index: number;
  /** Null: not known. */
  readonly term: number | null;
  readonly op: string;
  /** Latin1; so is the value. Null: there is none. */
  readonly key: string | null;
  readonly value: string | null;
}

export function entryLine({ index, term, op, key, value }: TextEntry): string {
  const texts = [key, value].flatMap((text) =>
    text === null ? [] : [escapedBytes(bytesFrom(text, 'latin1'))],
  );
  return [index, term ?? '-', op, ...texts].join('  ');
}

export type EntryRow = Omit<TextEntry, 'key' | 'value'> & {
  readonly key: JsonBytes | null;
  readonly value: JsonBytes | null;
};

export function entryRow({ key, value, ...entry }: TextEntry): EntryRow {
  const bytesOf = (text: string | null): JsonBytes | null =>
    text === null ? null : jsonBytes(bytesFrom(text, 'latin1'));
  return { ...entry, key: bytesOf(key), value: bytesOf(value) };
}
