/** From an answer of the kvstore to a RESP reply. */
import { KV_OK, KvError } from '../../wire/apps/kvstore.ts';
import {
  bulkReply,
  encodeReply,
  errorReply,
  nullReply,
  OK_REPLY,
  type RespValue,
} from '../../wire/dialects/resp-reply.ts';

/** @param bytesMax a longer reply is refused: it could be longer than any string may be. */
export function encodeAnswer(answer: unknown, resp3: boolean, bytesMax: number): string {
  if (answer === KV_OK) return OK_REPLY;
  if (typeof answer === 'string') return bulkReply(answer);
  if (answer === null) return nullReply(resp3);
  if (answer instanceof KvError) return errorReply(answer.text);
  if (Array.isArray(answer)) {
    let size = 0;
    for (const item of answer as readonly (string | null)[])
      size += item === null ? 5 : item.length;
    if (size > bytesMax) return errorReply(`ERR the reply is longer than ${bytesMax} bytes`);
  }
  return encodeReply(answer as RespValue, resp3);
}
