/** Answers of the kvstore as bytes: kept for clients that ask again, also in snapshots. Pure. */
import { allocBytes, type Bytes, bytesFrom, concatBytes } from '../../std/bytes.ts';
import {
  KV_ABORTED,
  KV_OK,
  type KvAnswer,
  KvError,
  KvFields,
  KvMembers,
  KvScore,
  KvScored,
  KvWord,
} from './kvstore.ts';

const KIND = {
  ok: 0,
  aborted: 1,
  nil: 2,
  text: 3,
  number: 4,
  big: 5,
  list: 6,
  word: 7,
  error: 8,
  members: 9,
  fields: 10,
  score: 11,
  scored: 12,
} as const;

const OK = Uint8Array.of(KIND.ok);
const NIL = Uint8Array.of(KIND.nil);

export function encodeKvAnswer(answer: KvAnswer): Uint8Array {
  if (answer === KV_OK) return OK;
  if (answer === null) return NIL;
  if (answer === KV_ABORTED) return Uint8Array.of(KIND.aborted);
  if (typeof answer === 'string') return withText(KIND.text, answer);
  if (typeof answer === 'number') return withNumber(KIND.number, answer);
  if (typeof answer === 'bigint') return withText(KIND.big, String(answer));
  if (answer instanceof KvWord) return withText(KIND.word, answer.text);
  if (answer instanceof KvError) return withText(KIND.error, answer.text);
  if (answer instanceof KvMembers) return withParts(KIND.members, answer.members);
  if (answer instanceof KvFields) return withParts(KIND.fields, answer.texts);
  if (answer instanceof KvScore) return withNumber(KIND.score, answer.score);
  if (answer instanceof KvScored) {
    return withParts(
      KIND.scored,
      answer.entries.flatMap(({ member, score }) => [member, score]),
    );
  }
  return withParts(KIND.list, answer);
}

/** Requires: bytes that `encodeKvAnswer` made. */
export function decodeKvAnswer(encoded: Uint8Array): KvAnswer {
  const bytes = concatBytes([encoded]);
  const text = (): string => bytes.toString('latin1', 1);
  switch (bytes[0]) {
    case KIND.ok:
      return KV_OK;
    case KIND.aborted:
      return KV_ABORTED;
    case KIND.nil:
      return null;
    case KIND.text:
      return text();
    case KIND.number:
      return bytes.readDoubleLE(1);
    case KIND.score:
      return new KvScore(bytes.readDoubleLE(1));
    case KIND.big:
      return BigInt(text());
    case KIND.word:
      return new KvWord(text());
    case KIND.error:
      return new KvError(text());
    case KIND.members:
      return new KvMembers(decodeParts(bytes) as readonly string[]);
    case KIND.fields:
      return new KvFields(decodeParts(bytes) as readonly string[]);
    case KIND.scored:
      return new KvScored(pairsOf(decodeParts(bytes)));
    default:
      return decodeParts(bytes);
  }
}

function pairsOf(parts: readonly KvAnswer[]): KvScored['entries'] {
  const entries: { readonly member: string; readonly score: number }[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    entries.push({ member: parts[at] as string, score: parts[at + 1] as number });
  }
  return entries;
}

function decodeParts(bytes: Bytes): readonly KvAnswer[] {
  const count = bytes.readUInt32LE(1);
  const answers: KvAnswer[] = [];
  for (let at = 5; answers.length < count; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    answers.push(decodeKvAnswer(bytes.subarray(at + 4, end)));
    at = end;
  }
  return answers;
}

function withText(kind: number, text: string): Uint8Array {
  return concatBytes([Uint8Array.of(kind), bytesFrom(text, 'latin1')]);
}

function withNumber(kind: number, value: number): Uint8Array {
  const bytes = allocBytes(9);
  bytes[0] = kind;
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

function withParts(kind: number, parts: readonly KvAnswer[]): Uint8Array {
  const head = allocBytes(5);
  head[0] = kind;
  head.writeUInt32LE(parts.length, 1);
  const all: Uint8Array[] = [head];
  for (const part of parts) {
    const bytes = encodeKvAnswer(part);
    const length = allocBytes(4);
    length.writeUInt32LE(bytes.length, 0);
    all.push(length, bytes);
  }
  return concatBytes(all);
}
