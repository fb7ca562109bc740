/** The RESP commands on values. */
import { parseInt64 } from '../../wire/apps/int64.ts';
import { KV_OP, type KvReadOp } from '../../wire/apps/kvstore.ts';
import { RespError } from '../../wire/dialects/resp-reply.ts';
import {
  addField,
  addRest,
  encoder,
  integerOf,
  integersOf,
  KEY_TOO_LONG,
  keysFrom,
  keyTooLong,
  NOT_INTEGER,
  wrongCount,
} from './resp-arguments.ts';
import { type RespCommand, type RespRequest, type RespSession, STARTED } from './resp-session.ts';

const ONE_KEY = [1, 1, 1] as const;
const FAST_WRITE = ['write', 'denyoom', 'fast'];

const GET: RespCommand = {
  name: 'GET',
  arity: 2,
  kind: 'read',
  flags: ['readonly', 'fast'],
  keys: ONE_KEY,
  run(session, request) {
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    session.read(request.arg(1));
    return STARTED;
  },
};

const SETNX: RespCommand = {
  name: 'SETNX',
  arity: 3,
  kind: 'write',
  flags: FAST_WRITE,
  keys: ONE_KEY,
  run(session, request) {
    return proposePairs(session, request, KV_OP.msetnx);
  },
};

const GETDEL: RespCommand = {
  name: 'GETDEL',
  arity: 2,
  kind: 'write',
  flags: ['write', 'fast'],
  keys: ONE_KEY,
  run(session, request) {
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    encoder.begin(KV_OP.getDel);
    addRest(request, 1);
    session.propose(encoder.view());
    return STARTED;
  },
};

function proposePairs(
  session: RespSession,
  request: RespRequest,
  op: typeof KV_OP.mset | typeof KV_OP.msetnx,
): RespError | typeof STARTED {
  encoder.begin(op);
  for (let i = 1; i < request.argCount; i += 2) {
    if (keyTooLong(request, i)) return KEY_TOO_LONG;
    addField(request, i);
    addField(request, i + 1);
  }
  session.propose(encoder.view());
  return STARTED;
}

function pairs(name: string, op: typeof KV_OP.mset | typeof KV_OP.msetnx): RespCommand {
  return {
    name,
    arity: -3,
    kind: 'write',
    flags: ['write', 'denyoom'],
    keys: [1, -1, 2],
    run(session, request) {
      return request.argCount % 2 === 0 ? wrongCount(name) : proposePairs(session, request, op);
    },
  };
}

/** INCR and its like. @param step by how much, null: the second argument says it. */
function counter(name: string, step: '1' | '-1' | null, sign: 1 | -1): RespCommand {
  return {
    name,
    arity: step === null ? 3 : 2,
    kind: 'write',
    flags: FAST_WRITE,
    keys: ONE_KEY,
    run(session, request) {
      if (keyTooLong(request, 1)) return KEY_TOO_LONG;
      const delta = step ?? deltaOf(request, sign);
      if (delta instanceof RespError) return delta;
      encoder.begin(KV_OP.incrBy);
      addField(request, 1);
      encoder.restText(delta);
      session.propose(encoder.view());
      return STARTED;
    },
  };
}

const CANNOT_NEGATE = new RespError('ERR decrement would overflow');
const INT64_MIN_TEXT = '-9223372036854775808';

function deltaOf(request: RespRequest, sign: 1 | -1): string | RespError {
  if (request.argSize(2) > INT64_MIN_TEXT.length) return NOT_INTEGER;
  const text = request.arg(2);
  const delta = parseInt64(text);
  if (delta === null) return NOT_INTEGER;
  if (sign === 1) return text;
  return text === INT64_MIN_TEXT ? CANNOT_NEGATE : String(-BigInt(delta));
}

/** A key and bytes for it. */
function withBytes(name: string, op: typeof KV_OP.append | typeof KV_OP.incrByFloat): RespCommand {
  return {
    name,
    arity: 3,
    kind: 'write',
    flags: FAST_WRITE,
    keys: ONE_KEY,
    run(session, request) {
      if (keyTooLong(request, 1)) return KEY_TOO_LONG;
      encoder.begin(op);
      addField(request, 1);
      addRest(request, 2);
      session.propose(encoder.view());
      return STARTED;
    },
  };
}

const SETRANGE: RespCommand = {
  name: 'SETRANGE',
  arity: 4,
  kind: 'write',
  flags: ['write', 'denyoom'],
  keys: ONE_KEY,
  run(session, request) {
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    const offset = integerOf(request, 2);
    if (typeof offset !== 'number') return offset;
    if (offset < 0) return new RespError('ERR offset is out of range');
    encoder.begin(KV_OP.setRange);
    encoder.number(offset);
    addField(request, 1);
    addRest(request, 3);
    session.propose(encoder.view());
    return STARTED;
  },
};

/** Of a value that has places: from one to another. */
export function rangeOf(name: string, op: 'getRange' | 'lrange' = 'getRange'): RespCommand {
  return {
    name,
    arity: 4,
    kind: 'read',
    flags: ['readonly'],
    keys: ONE_KEY,
    run(session, request) {
      if (keyTooLong(request, 1)) return KEY_TOO_LONG;
      const ends = integersOf(request, 2);
      if (ends instanceof RespError) return ends;
      const [x, y] = ends;
      session.read({ op, keys: [request.arg(1)], x, y });
      return STARTED;
    },
  };
}

function readOfKeys(name: string, op: KvReadOp, arity: number): RespCommand {
  return {
    name,
    arity,
    kind: 'read',
    flags: ['readonly', 'fast'],
    keys: [1, arity > 0 ? 1 : -1, 1],
    run(session, request) {
      const keys = keysFrom(request, 1);
      if (keys instanceof RespError) return keys;
      session.read({ op, keys });
      return STARTED;
    },
  };
}

export const STRING_COMMANDS: readonly RespCommand[] = [
  GET,
  SETNX,
  GETDEL,
  pairs('MSET', KV_OP.mset),
  pairs('MSETNX', KV_OP.msetnx),
  counter('INCR', '1', 1),
  counter('DECR', '-1', 1),
  counter('INCRBY', null, 1),
  counter('DECRBY', null, -1),
  withBytes('APPEND', KV_OP.append),
  withBytes('INCRBYFLOAT', KV_OP.incrByFloat),
  SETRANGE,
  rangeOf('GETRANGE'),
  rangeOf('SUBSTR'),
  readOfKeys('STRLEN', 'strlen', 2),
  readOfKeys('MGET', 'mget', -2),
  readOfKeys('EXISTS', 'exists', -2),
  readOfKeys('TOUCH', 'exists', -2),
  readOfKeys('TYPE', 'type', 2),
];
