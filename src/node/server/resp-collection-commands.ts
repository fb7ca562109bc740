/** The RESP commands on sets and sorted sets; hashes and lists, which RESTORE brings, are read. */
import { KV_OP, type KvReadOp, ZADD_FLAG } from '../../wire/apps/kvstore.ts';
import { parseScore, scoreEnd } from '../../wire/apps/score-range.ts';
import { RespError } from '../../wire/dialects/resp-reply.ts';
import {
  addField,
  encoder,
  integersOf,
  KEY_TOO_LONG,
  keyTooLong,
  SYNTAX,
} from './resp-arguments.ts';
import { type RespCommand, type RespRequest, STARTED } from './resp-session.ts';
import { rangeOf } from './resp-string-commands.ts';

const ONE_KEY = [1, 1, 1] as const;
const NOT_A_FLOAT = new RespError('ERR value is not a valid float');
const BAD_RANGE = new RespError('ERR min or max is not a float');

/** A key and members. */
function ofMembers(
  name: string,
  op: typeof KV_OP.sadd | typeof KV_OP.srem | typeof KV_OP.zrem,
): RespCommand {
  return {
    name,
    arity: -3,
    kind: 'write',
    triable: true,
    flags: op === KV_OP.sadd ? ['write', 'denyoom', 'fast'] : ['write', 'fast'],
    keys: ONE_KEY,
    run(session, request) {
      if (keyTooLong(request, 1)) return KEY_TOO_LONG;
      encoder.begin(op);
      for (let i = 1; i < request.argCount; i += 1) addField(request, i);
      session.tryOrPropose(encoder.view());
      return STARTED;
    },
  };
}

const ZADD_OPTIONS: Readonly<Record<string, number>> = {
  NX: ZADD_FLAG.nx,
  XX: ZADD_FLAG.xx,
  GT: ZADD_FLAG.gt,
  LT: ZADD_FLAG.lt,
  CH: ZADD_FLAG.ch,
  INCR: ZADD_FLAG.incr,
};

const ZADD: RespCommand = {
  name: 'ZADD',
  arity: -4,
  kind: 'write',
  triable: true,
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  run(session, request) {
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    let flags = 0;
    let at = 2;
    for (; at < request.argCount; at += 1) {
      const option =
        request.argSize(at) > 4 ? undefined : ZADD_OPTIONS[request.arg(at).toUpperCase()];
      if (option === undefined) break;
      flags |= option;
    }
    const refusal = zaddRefusal(flags, request.argCount - at);
    if (refusal !== null) return refusal;
    encoder.begin(KV_OP.zadd);
    encoder.flags(flags);
    addField(request, 1);
    for (; at < request.argCount; at += 2) {
      const score = parseScore(request.arg(at));
      if (score === null) return NOT_A_FLOAT;
      encoder.number(score);
      addField(request, at + 1);
    }
    session.tryOrPropose(encoder.view());
    return STARTED;
  },
};

function zaddRefusal(flags: number, words: number): RespError | null {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const { nx, xx, gt, lt, incr } = ZADD_FLAG;
  if (words === 0 || words % 2 !== 0) return SYNTAX;
  if (has(nx) && has(xx)) {
    return new RespError('ERR XX and NX options at the same time are not compatible');
  }
  if ((has(gt) && (has(nx) || has(lt))) || (has(lt) && has(nx))) {
    return new RespError('ERR GT, LT, and/or NX options at the same time are not compatible');
  }
  if (has(incr) && words > 2) {
    return new RespError('ERR INCR option supports a single increment-element pair');
  }
  return null;
}

/** @param members how many arguments follow the key. */
function reading(name: string, op: KvReadOp, members: 0 | 1): RespCommand {
  return {
    name,
    arity: 2 + members,
    kind: 'read',
    flags: op === 'smembers' || op === 'hgetall' ? ['readonly'] : ['readonly', 'fast'],
    keys: ONE_KEY,
    run(session, request) {
      if (keyTooLong(request, 1)) return KEY_TOO_LONG;
      const keys = members === 0 ? [request.arg(1)] : [request.arg(1), request.arg(2)];
      session.read({ op, keys });
      return STARTED;
    },
  };
}

const ZCOUNT: RespCommand = {
  name: 'ZCOUNT',
  arity: 4,
  kind: 'read',
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  run(session, request) {
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    const low = request.arg(2);
    const high = request.arg(3);
    if (scoreEnd(low) === null || scoreEnd(high) === null) return BAD_RANGE;
    session.read({ op: 'zcount', keys: [request.arg(1), '', low, high] });
    return STARTED;
  },
};

interface RangeOptions {
  byScore: boolean;
  reverse: boolean;
  scores: boolean;
  /** Offset and count; null: all. */
  limit: readonly [number, number] | null;
}

/** @param all whether ZRANGE's own options are known, or WITHSCORES and LIMIT alone. */
function rangeOptions(request: RespRequest, first: number, all: boolean): RangeOptions | RespError {
  const options: RangeOptions = { byScore: false, reverse: false, scores: false, limit: null };
  for (let i = first; i < request.argCount; i += 1) {
    const option = request.arg(i).toUpperCase();
    if (option === 'WITHSCORES') options.scores = true;
    else if (all && option === 'REV') options.reverse = true;
    else if (all && option === 'BYSCORE') options.byScore = true;
    else if (all && option === 'BYLEX') {
      return new RespError("ERR 'ZRANGE BYLEX' is not supported by raftctl yet");
    } else if (option === 'LIMIT' && i + 2 < request.argCount) {
      const limit = integersOf(request, i + 1);
      if (limit instanceof RespError) return limit;
      options.limit = limit;
      i += 2;
    } else return SYNTAX;
  }
  return options;
}

const ZRANGE: RespCommand = {
  name: 'ZRANGE',
  arity: -4,
  kind: 'read',
  flags: ['readonly'],
  keys: ONE_KEY,
  run(session, request) {
    const options = rangeOptions(request, 4, true);
    if (options instanceof RespError) return options;
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    const form = `${options.scores ? 's' : ''}${options.reverse ? 'r' : ''}`;
    if (options.byScore) {
      const ends = [request.arg(2), request.arg(3)];
      if (options.reverse) ends.reverse();
      return readByScore(session, [request.arg(1), form, ...ends], options.limit);
    }
    if (options.limit !== null) {
      return new RespError(
        'ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX',
      );
    }
    const ends = integersOf(request, 2);
    if (ends instanceof RespError) return ends;
    const [x, y] = ends;
    session.read({ op: 'zrange', keys: [request.arg(1), form], x, y });
    return STARTED;
  },
};

function readByScore(
  session: Parameters<RespCommand['run']>[0],
  keys: readonly string[],
  limit: readonly [number, number] | null,
): RespError | typeof STARTED {
  const [, , low = '', high = ''] = keys;
  if (scoreEnd(low) === null || scoreEnd(high) === null) return BAD_RANGE;
  const [x, y] = limit ?? [0, -1];
  session.read({ op: 'zrangeByScore', keys, x, y });
  return STARTED;
}

const ZRANGEBYSCORE: RespCommand = {
  name: 'ZRANGEBYSCORE',
  arity: -4,
  kind: 'read',
  flags: ['readonly'],
  keys: ONE_KEY,
  run(session, request) {
    const options = rangeOptions(request, 4, false);
    if (options instanceof RespError) return options;
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    const keys = [request.arg(1), options.scores ? 's' : '', request.arg(2), request.arg(3)];
    return readByScore(session, keys, options.limit);
  },
};

export const COLLECTION_COMMANDS: readonly RespCommand[] = [
  ofMembers('SADD', KV_OP.sadd),
  ofMembers('SREM', KV_OP.srem),
  reading('SMEMBERS', 'smembers', 0),
  reading('SCARD', 'scard', 0),
  reading('SISMEMBER', 'sismember', 1),
  ZADD,
  ofMembers('ZREM', KV_OP.zrem),
  reading('ZCARD', 'zcard', 0),
  reading('ZSCORE', 'zscore', 1),
  ZCOUNT,
  ZRANGE,
  ZRANGEBYSCORE,
  reading('HGETALL', 'hgetall', 0),
  reading('HGET', 'hget', 1),
  reading('HLEN', 'hlen', 0),
  reading('LLEN', 'llen', 0),
  rangeOf('LRANGE', 'lrange'),
];
