/** From an answer of the kvstore to a RESP reply. */
import { KV_ABORTED, KV_OK, type KvAnswer, KvError, KvWord } from '../../wire/apps/kvstore.ts';
import { bulkReply, errorReply, nullReply, OK_REPLY } from '../../wire/dialects/resp-reply.ts';

/** @param bytesMax a longer reply is refused: it could be longer than any string may be. */
export function encodeAnswer(answer: unknown, resp3: boolean, bytesMax: number): string {
  if (answer === KV_OK) return OK_REPLY;
  if (typeof answer === 'string') return bulkReply(answer);
  if (answer === null) return nullReply(resp3);
  return encodeRare(answer as Exclude<KvAnswer, null | string | typeof KV_OK>, resp3, bytesMax);
}

function encodeRare(
  answer: Exclude<KvAnswer, null | string | typeof KV_OK>,
  resp3: boolean,
  bytesMax: number,
): string {
  if (typeof answer === 'number' || typeof answer === 'bigint') return `:${answer}\r\n`;
  if (answer === KV_ABORTED) return resp3 ? '_\r\n' : '*-1\r\n';
  if (answer instanceof KvError) return errorReply(answer.text);
  if (answer instanceof KvWord) return `+${answer.text}\r\n`;
  let text = `*${answer.length}\r\n`;
  for (const item of answer) {
    text += encodeAnswer(item, resp3, bytesMax);
    if (text.length > bytesMax) return replyTooLong(bytesMax);
  }
  return text;
}

export function replyTooLong(bytesMax: number): string {
  return errorReply(`ERR the reply is longer than ${bytesMax} bytes`);
}
