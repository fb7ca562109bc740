/** The RESP commands that set, change and tell deadlines. Deadlines are kept in cluster time. */
import { EXPIRE_FLAG, KV_OP, SET_FLAG, TIME_FLAG, TTL_FORM } from '../../wire/apps/kvstore.ts';
import { RespError } from '../../wire/dialects/resp-reply.ts';
import {
  addField,
  addRest,
  encoder,
  KEY_TOO_LONG,
  keyTooLong,
  SYNTAX,
  type TimeForm,
  timeOf,
} from './resp-arguments.ts';
import { type RespCommand, type RespRequest, STARTED } from './resp-session.ts';

const ONE_KEY = [1, 1, 1] as const;
const WRITE = ['write', 'denyoom'];
const FAST_WRITE = ['write', 'fast'];

/** Options that bring a time. */
const TIME_OPTIONS: ReadonlyMap<string, { seconds: boolean; absolute: boolean }> = new Map([
  ['EX', { seconds: true, absolute: false }],
  ['PX', { seconds: false, absolute: false }],
  ['EXAT', { seconds: true, absolute: true }],
  ['PXAT', { seconds: false, absolute: true }],
]);

interface Options {
  flags: number;
  /** Which of TIME_OPTIONS was given, and where its time stands. */
  timeOption: string;
  timeAt: number;
  persist: boolean;
}

/** Options of SET and GETEX as Redis reads them: an option may be repeated, not contradicted. */
function optionsFrom(request: RespRequest, first: number, name: 'SET' | 'GETEX'): Options | null {
  const options: Options = { flags: 0, timeOption: '', timeAt: 0, persist: false };
  for (let i = first; i < request.argCount; i += 1) {
    const option = request.arg(i).toUpperCase();
    if (TIME_OPTIONS.has(option)) {
      const kept = (options.flags & SET_FLAG.keepTtl) !== 0 || options.persist;
      const other = options.timeOption !== '' && options.timeOption !== option;
      if (kept || other || i + 1 === request.argCount) return null;
      options.timeOption = option;
      options.timeAt = i + 1;
      i += 1;
    } else if (!(name === 'SET' ? takeSetOption : takePersist)(option, options)) {
      return null;
    }
  }
  return options;
}

function takePersist(option: string, options: Options): boolean {
  options.persist = true;
  return option === 'PERSIST' && options.timeOption === '';
}

function takeSetOption(option: string, options: Options): boolean {
  const { flags } = options;
  switch (option) {
    case 'NX':
      options.flags |= SET_FLAG.nx;
      return (flags & SET_FLAG.xx) === 0;
    case 'XX':
      options.flags |= SET_FLAG.xx;
      return (flags & SET_FLAG.nx) === 0;
    case 'GET':
      options.flags |= SET_FLAG.get;
      return true;
    case 'KEEPTTL':
      options.flags |= SET_FLAG.keepTtl;
      return options.timeOption === '';
    default:
      return false;
  }
}

/** @returns the time an option brought; null: there is none. */
function timeFrom(request: RespRequest, options: Options, name: string): number | null | RespError {
  const form = TIME_OPTIONS.get(options.timeOption);
  if (form === undefined) return null;
  options.flags |= form.absolute ? TIME_FLAG.deadline : TIME_FLAG.ttl;
  return timeOf(request, options.timeAt, { name, ...form, positive: true });
}

const SET: RespCommand = {
  name: 'SET',
  arity: -3,
  kind: 'write',
  flags: WRITE,
  keys: ONE_KEY,
  run(session, request) {
    let flags = 0;
    let timeMs: number | null = null;
    if (request.argCount > 3) {
      const options = optionsFrom(request, 3, 'SET');
      if (options === null) return SYNTAX;
      const time = timeFrom(request, options, 'SET');
      if (time instanceof RespError) return time;
      flags = options.flags;
      timeMs = time;
    }
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    encoder.begin(KV_OP.set);
    encoder.flags(flags);
    if (timeMs !== null) encoder.number(timeMs);
    addField(request, 1);
    addRest(request, 2);
    session.propose(encoder.view());
    return STARTED;
  },
};

const GETSET: RespCommand = {
  name: 'GETSET',
  arity: 3,
  kind: 'write',
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  run(session, request) {
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    encoder.begin(KV_OP.set);
    encoder.flags(SET_FLAG.get);
    addField(request, 1);
    addRest(request, 2);
    session.propose(encoder.view());
    return STARTED;
  },
};

function setFor(name: string, seconds: boolean): RespCommand {
  const form: TimeForm = { name, seconds, absolute: false, positive: true };
  return {
    name,
    arity: 4,
    kind: 'write',
    flags: WRITE,
    keys: ONE_KEY,
    run(session, request) {
      const timeMs = timeOf(request, 2, form);
      if (typeof timeMs !== 'number') return timeMs;
      if (keyTooLong(request, 1)) return KEY_TOO_LONG;
      encoder.begin(KV_OP.set);
      encoder.flags(SET_FLAG.ttl);
      encoder.number(timeMs);
      addField(request, 1);
      addRest(request, 3);
      session.propose(encoder.view());
      return STARTED;
    },
  };
}

const GETEX: RespCommand = {
  name: 'GETEX',
  arity: -2,
  kind: 'write',
  flags: FAST_WRITE,
  keys: ONE_KEY,
  run(session, request) {
    const options = optionsFrom(request, 2, 'GETEX');
    if (options === null) return SYNTAX;
    const timeMs = timeFrom(request, options, 'GETEX');
    if (timeMs instanceof RespError) return timeMs;
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    if (request.argCount === 2) {
      session.read(request.arg(1));
      return STARTED;
    }
    encoder.begin(KV_OP.getEx);
    encoder.flags(options.flags);
    encoder.number(timeMs ?? 0);
    addRest(request, 1);
    session.propose(encoder.view());
    return STARTED;
  },
};

const CONDITIONS: ReadonlyMap<string, number> = new Map([
  ['NX', EXPIRE_FLAG.nx],
  ['XX', EXPIRE_FLAG.xx],
  ['GT', EXPIRE_FLAG.gt],
  ['LT', EXPIRE_FLAG.lt],
]);
const NX_WITH_OTHERS = new RespError(
  'ERR NX and XX, GT or LT options at the same time are not compatible',
);
const GT_WITH_LT = new RespError('ERR GT and LT options at the same time are not compatible');

function conditionsOf(request: RespRequest): number | RespError {
  let flags = 0;
  for (let i = 3; i < request.argCount; i += 1) {
    const flag = CONDITIONS.get(request.arg(i).toUpperCase());
    if (flag === undefined) return new RespError(`ERR Unsupported option ${request.arg(i)}`);
    flags |= flag;
  }
  if ((flags & EXPIRE_FLAG.nx) !== 0 && flags !== EXPIRE_FLAG.nx) return NX_WITH_OTHERS;
  const both = EXPIRE_FLAG.gt | EXPIRE_FLAG.lt;
  return (flags & both) === both ? GT_WITH_LT : flags;
}

function expire(
  name: string,
  { seconds, absolute }: Pick<TimeForm, 'seconds' | 'absolute'>,
): RespCommand {
  const form: TimeForm = { name, seconds, absolute, positive: false };
  return {
    name,
    arity: -3,
    kind: 'write',
    flags: FAST_WRITE,
    keys: ONE_KEY,
    run(session, request) {
      const conditions = conditionsOf(request);
      if (typeof conditions !== 'number') return conditions;
      const timeMs = timeOf(request, 2, form);
      if (typeof timeMs !== 'number') return timeMs;
      if (keyTooLong(request, 1)) return KEY_TOO_LONG;
      encoder.begin(KV_OP.expire);
      encoder.flags(conditions | (absolute ? EXPIRE_FLAG.deadline : EXPIRE_FLAG.ttl));
      encoder.number(timeMs);
      addRest(request, 1);
      session.propose(encoder.view());
      return STARTED;
    },
  };
}

const PERSIST: RespCommand = {
  name: 'PERSIST',
  arity: 2,
  kind: 'write',
  flags: FAST_WRITE,
  keys: ONE_KEY,
  run(session, request) {
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    encoder.begin(KV_OP.persist);
    addRest(request, 1);
    session.propose(encoder.view());
    return STARTED;
  },
};

function timeLeft(name: string, form: number): RespCommand {
  return {
    name,
    arity: 2,
    kind: 'read',
    flags: ['readonly', 'fast'],
    keys: ONE_KEY,
    run(session, request) {
      if (keyTooLong(request, 1)) return KEY_TOO_LONG;
      session.read({ op: 'ttl', keys: [request.arg(1)], x: session.clusterTimeMs, y: form });
      return STARTED;
    },
  };
}

export const EXPIRY_COMMANDS: readonly RespCommand[] = [
  SET,
  GETSET,
  setFor('SETEX', true),
  setFor('PSETEX', false),
  GETEX,
  expire('EXPIRE', { seconds: true, absolute: false }),
  expire('PEXPIRE', { seconds: false, absolute: false }),
  expire('EXPIREAT', { seconds: true, absolute: true }),
  expire('PEXPIREAT', { seconds: false, absolute: true }),
  PERSIST,
  timeLeft('TTL', TTL_FORM.seconds),
  timeLeft('PTTL', TTL_FORM.ms),
  timeLeft('EXPIRETIME', TTL_FORM.deadlineSeconds),
  timeLeft('PEXPIRETIME', TTL_FORM.deadlineMs),
];
