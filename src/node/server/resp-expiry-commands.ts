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
import { type RespCommand, type RespRequest, type RespSession, STARTED } from './resp-session.ts';

const ONE_KEY = [1, 1, 1] as const;
const WRITE = ['write', 'denyoom'];
const FAST_WRITE = ['write', 'fast'];

type TimeKind = Pick<TimeForm, 'seconds' | 'absolute'>;

/** How a time is given: as options of SET and GETEX, and by commands that take nothing else. */
const EX: TimeKind = { seconds: true, absolute: false };
const PX: TimeKind = { seconds: false, absolute: false };
const EXAT: TimeKind = { seconds: true, absolute: true };
const PXAT: TimeKind = { seconds: false, absolute: true };
const TIME_OPTIONS: ReadonlyMap<string, TimeKind> = new Map(Object.entries({ EX, PX, EXAT, PXAT }));

function timeFlagOf({ absolute }: TimeKind): number {
  return absolute ? TIME_FLAG.deadline : TIME_FLAG.ttl;
}

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
  options.flags |= timeFlagOf(form);
  return timeOf(request, options.timeAt, { name, ...form, positive: true });
}

/** SET and all that is SET by another name. NB: numbers, not an object: it runs for every SET. */
function proposeSet(
  session: RespSession,
  request: RespRequest,
  flags: number,
  timeMs: number | null,
  valueAt: number,
): RespError | typeof STARTED {
  if (keyTooLong(request, 1)) return KEY_TOO_LONG;
  encoder.begin(KV_OP.set);
  encoder.flags(flags);
  if (timeMs !== null) encoder.number(timeMs);
  addField(request, 1);
  addRest(request, valueAt);
  session.propose(encoder.view());
  return STARTED;
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
    return proposeSet(session, request, flags, timeMs, 2);
  },
};

const GETSET: RespCommand = {
  name: 'GETSET',
  arity: 3,
  kind: 'write',
  flags: ['write', 'denyoom', 'fast'],
  keys: ONE_KEY,
  run(session, request) {
    return proposeSet(session, request, SET_FLAG.get, null, 2);
  },
};

function setFor(name: string, kind: TimeKind): RespCommand {
  const form: TimeForm = { name, ...kind, positive: true };
  const flags = timeFlagOf(kind);
  return {
    name,
    arity: 4,
    kind: 'write',
    flags: WRITE,
    keys: ONE_KEY,
    run(session, request) {
      const timeMs = timeOf(request, 2, form);
      if (typeof timeMs !== 'number') return timeMs;
      return proposeSet(session, request, flags, timeMs, 3);
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

function expire(name: string, kind: TimeKind): RespCommand {
  const form: TimeForm = { name, ...kind, positive: false };
  const timeFlag = timeFlagOf(kind);
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
      encoder.flags(conditions | timeFlag);
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
  setFor('SETEX', EX),
  setFor('PSETEX', PX),
  GETEX,
  expire('EXPIRE', EX),
  expire('PEXPIRE', PX),
  expire('EXPIREAT', EXAT),
  expire('PEXPIREAT', PXAT),
  PERSIST,
  timeLeft('TTL', TTL_FORM.seconds),
  timeLeft('PTTL', TTL_FORM.ms),
  timeLeft('EXPIRETIME', TTL_FORM.deadlineSeconds),
  timeLeft('PEXPIRETIME', TTL_FORM.deadlineMs),
];
