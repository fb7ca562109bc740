/** From an answer of the kvstore to a RESP reply. */
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
} from '../../wire/apps/kvstore.ts';
import { scoreText } from '../../wire/apps/score-range.ts';
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
  if (answer instanceof KvScore) return scoreReply(answer.score, resp3);
  if (answer instanceof KvScored) return scoredReply(answer, resp3, bytesMax);
  if (answer instanceof KvMembers) {
    return listReply(
      answer.members,
      `${resp3 ? '~' : '*'}${answer.members.length}`,
      resp3,
      bytesMax,
    );
  }
  if (answer instanceof KvFields) {
    const { length } = answer.texts;
    return listReply(answer.texts, resp3 ? `%${length / 2}` : `*${length}`, resp3, bytesMax);
  }
  return listReply(answer, `*${answer.length}`, resp3, bytesMax);
}

function listReply(
  items: readonly KvAnswer[],
  head: string,
  resp3: boolean,
  bytesMax: number,
): string {
  let text = `${head}\r\n`;
  for (const item of items) {
    text += encodeAnswer(item, resp3, bytesMax);
    if (text.length > bytesMax) return replyTooLong(bytesMax);
  }
  return text;
}

function scoreReply(score: number, resp3: boolean): string {
  return resp3 ? `,${scoreText(score)}\r\n` : bulkReply(scoreText(score));
}

/** RESP3 has pairs where RESP2 has members and scores in turn. */
function scoredReply({ entries }: KvScored, resp3: boolean, bytesMax: number): string {
  let text = `*${resp3 ? entries.length : entries.length * 2}\r\n`;
  for (const { member, score } of entries) {
    text += `${resp3 ? '*2\r\n' : ''}${bulkReply(member)}${scoreReply(score, resp3)}`;
    if (text.length > bytesMax) return replyTooLong(bytesMax);
  }
  return text;
}

export function replyTooLong(bytesMax: number): string {
  return errorReply(`ERR the reply is longer than ${bytesMax} bytes`);
}
