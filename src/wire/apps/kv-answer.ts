/** Answers of the kvstore as bytes: kept for clients that ask again, also in snapshots. Pure. */
import { allocBytes, type Bytes, bytesFrom, concatBytes } from '../../std/bytes.ts';
import { KV_ABORTED, KV_OK, type KvAnswer, KvError, KvWord } from './kvstore.ts';

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
} as const;

const OK = Uint8Array.of(KIND.ok);
const NIL = Uint8Array.of(KIND.nil);

export function encodeKvAnswer(answer: KvAnswer): Uint8Array {
  if (answer === KV_OK) return OK;
  if (answer === null) return NIL;
  if (answer === KV_ABORTED) return Uint8Array.of(KIND.aborted);
  if (typeof answer === 'string') return withText(KIND.text, answer);
  if (typeof answer === 'number') {
    const bytes = allocBytes(9);
    bytes[0] = KIND.number;
    bytes.writeDoubleLE(answer, 1);
    return bytes;
  }
  if (typeof answer === 'bigint') return withText(KIND.big, String(answer));
  if (answer instanceof KvWord) return withText(KIND.word, answer.text);
  if (answer instanceof KvError) return withText(KIND.error, answer.text);
  const parts = (answer as readonly KvAnswer[]).map(encodeKvAnswer);
  const head = allocBytes(5);
  head[0] = KIND.list;
  head.writeUInt32LE(parts.length, 1);
  const all: Uint8Array[] = [head];
  for (const part of parts) {
    const length = allocBytes(4);
    length.writeUInt32LE(part.length, 0);
    all.push(length, part);
  }
  return concatBytes(all);
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
    case KIND.big:
      return BigInt(text());
    case KIND.word:
      return new KvWord(text());
    case KIND.error:
      return new KvError(text());
    default:
      return decodeList(bytes);
  }
}

function decodeList(bytes: Bytes): KvAnswer {
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
