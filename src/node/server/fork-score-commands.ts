/** The commands of hraftd's fork on sorted sets: scores are whole numbers. */
import { parseInt64 } from '../../wire/apps/int64.ts';
import { KV_OP, KvScore, KvScored } from '../../wire/apps/kvstore.ts';
import { errorReply } from '../../wire/dialects/resp-reply.ts';
import { BAD_PARAM, command, failure, INTEGER, listOf, NOT_INTEGER } from './fork-command.ts';
import { addField, encoder, integerOf } from './resp-arguments.ts';
import { type RespCommand, type RespRequest, STARTED } from './resp-session.ts';

const NO_SCORE = errorReply('ERROR zset score miss');

export function zadd(reply: (answer: unknown) => string): RespCommand {
  return command('ZADD', {
    ...{ arguments: 3, kind: 'write', triable: true, parts: [1, 3] },
    run(session, request) {
      const score = wholeScore(request, 2);
      if (score === null) return NOT_INTEGER;
      encoder.begin(KV_OP.zadd);
      encoder.flags(0);
      addField(request, 1);
      encoder.number(score);
      addField(request, 3);
      session.tryOrProposeApart(encoder.view(), reply);
      return STARTED;
    },
  });
}

/** A signed 64-bit integer; from 2^53 on the nearest number that is exact. */
function wholeScore(request: RespRequest, index: number): number | null {
  const value = request.argSize(index) > 20 ? null : parseInt64(request.arg(index));
  return value === null ? null : Number(value);
}

const ZSCORE = command('ZSCORE', {
  ...{ arguments: 2, kind: 'read', parts: [1, 2] },
  run(session, request) {
    const query = { op: 'zscore' as const, keys: [request.arg(1), request.arg(2)] };
    session.readApart(query, scoreReply);
    return STARTED;
  },
});

function scoreReply(answer: unknown): string {
  return answer instanceof KvScore ? INTEGER(answer.score) : (failure(answer) ?? NO_SCORE);
}

/** `-inf` only below and `+inf` only above, as the fork has it. */
function endOf(request: RespRequest, index: number, infinite: '-inf' | '+inf'): string | null {
  const text = request.arg(index);
  if (text.toLowerCase() === infinite) return text;
  const digits = text.startsWith('(') ? text.slice(1) : text;
  return parseInt64(digits) === null ? null : text;
}

const ZCOUNT = command('ZCOUNT', {
  ...{ arguments: 3, kind: 'read', parts: [1] },
  run(session, request) {
    const low = endOf(request, 2, '-inf');
    const high = endOf(request, 3, '+inf');
    if (low === null || high === null) return NOT_INTEGER;
    if (boundOf(low) > boundOf(high)) return BAD_PARAM;
    const query = { op: 'zcount' as const, keys: [request.arg(1), '', low, high] };
    session.readApart(query, INTEGER);
    return STARTED;
  },
});

function boundOf(end: string): number {
  if (/inf$/i.test(end)) return end.startsWith('-') ? Number.NEGATIVE_INFINITY : Infinity;
  return Number(end.replace('(', ''));
}

/** Members, or members and whole scores in turn. */
function rangeReply(answer: unknown): string {
  if (answer instanceof KvScored) {
    return listOf(answer.entries.flatMap(({ member, score }) => [member, String(score)]));
  }
  return failure(answer) ?? listOf(answer as readonly string[]);
}

const ZRANGE = command('ZRANGE', {
  ...{ arguments: 3, kind: 'read', parts: [1] },
  run(session, request) {
    const x = integerOf(request, 2);
    const y = integerOf(request, 3);
    if (typeof x !== 'number' || typeof y !== 'number') return NOT_INTEGER;
    const isScored = request.argCount > 4 && request.arg(4).toUpperCase() === 'WITHSCORES';
    if (request.argCount > 4 && !isScored) return BAD_PARAM;
    const query = { op: 'zrange' as const, keys: [request.arg(1), isScored ? 's' : ''], x, y };
    session.readApart(query, rangeReply);
    return STARTED;
  },
});

const ZRANGEBYSCORE = command('ZRANGEBYSCORE', {
  ...{ arguments: 3, kind: 'read', parts: [1] },
  run(session, request) {
    const low = endOf(request, 2, '-inf');
    const high = endOf(request, 3, '+inf');
    if (low === null || high === null) return NOT_INTEGER;
    let at = 4;
    const isScored = at < request.argCount && request.arg(at).toUpperCase() === 'WITHSCORES';
    if (isScored) at += 1;
    let limit: readonly [number, number] = [0, -1];
    if (at < request.argCount) {
      if (request.arg(at).toUpperCase() !== 'LIMIT' || at + 2 >= request.argCount) return BAD_PARAM;
      const offset = integerOf(request, at + 1);
      const count = integerOf(request, at + 2);
      if (typeof offset !== 'number' || typeof count !== 'number') return NOT_INTEGER;
      if (offset < 0) return BAD_PARAM;
      limit = [offset, count];
    }
    const keys = [request.arg(1), isScored ? 's' : '', low, high];
    session.readApart({ op: 'zrangeByScore', keys, x: limit[0], y: limit[1] }, rangeReply);
    return STARTED;
  },
});

export const SCORE_COMMANDS: readonly RespCommand[] = [ZCOUNT, ZRANGE, ZRANGEBYSCORE, ZSCORE];
