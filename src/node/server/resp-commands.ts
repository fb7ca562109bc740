/** The RESP commands on keys, and how a request finds its command. */
import type { Bytes } from '../../std/bytes.ts';
import {
  KEY_BYTES_MAX,
  KV_OP,
  KvEncoder,
  NOT_AN_INTEGER,
  parseInt64,
  SET_FLAG,
} from '../../wire/apps/kvstore.ts';
import { RespError } from '../../wire/dialects/resp-reply.ts';
import { isRedisCommand, REDIS_CONTAINERS } from './redis-commands.ts';
import { CLIENT, CONFIG } from './resp-client-commands.ts';
import { commandCommand } from './resp-command-command.ts';
import { INFO } from './resp-info.ts';
import { ECHO, HELLO, PING, QUIT, RESET, SELECT } from './resp-node-commands.ts';
import { type RespCommand, type RespRequest, STARTED } from './resp-session.ts';

const KEY_TOO_LONG = new RespError(`ERR key is longer than ${KEY_BYTES_MAX} bytes`);
const SYNTAX = new RespError('ERR syntax error');
const NOT_INTEGER = new RespError(NOT_AN_INTEGER.text);

/** Proposals are copied, so one encoder serves every connection. */
const encoder = new KvEncoder();

function keyTooLong(request: RespRequest, index: number): boolean {
  return request.argSize(index) > KEY_BYTES_MAX;
}

function addField(request: RespRequest, index: number): void {
  encoder.field(request.bytes, request.starts[index] as number, request.ends[index] as number);
}

function addRest(request: RespRequest, index: number): void {
  encoder.rest(request.bytes, request.starts[index] as number, request.ends[index] as number);
}

const GET: RespCommand = {
  name: 'GET',
  arity: 2,
  kind: 'read',
  flags: ['readonly', 'fast'],
  keys: [1, 1, 1],
  run(session, request) {
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    session.read(request.arg(1));
    return STARTED;
  },
};

/** Options of SET that the next format of commands will know. */
const SET_OPTIONS_MISSING: ReadonlySet<string> = new Set(['EX', 'PX', 'EXAT', 'PXAT', 'KEEPTTL']);

/** @returns SET_FLAG bits, or the refusal. */
function setFlags(request: RespRequest): number | RespError {
  let flags = 0;
  for (let i = 3; i < request.argCount; i += 1) {
    const option = request.arg(i).toUpperCase();
    if (option === 'NX' && (flags & SET_FLAG.xx) === 0) flags |= SET_FLAG.nx;
    else if (option === 'XX' && (flags & SET_FLAG.nx) === 0) flags |= SET_FLAG.xx;
    else if (option === 'GET') flags |= SET_FLAG.get;
    else if (SET_OPTIONS_MISSING.has(option)) {
      if (option !== 'KEEPTTL' && i + 1 === request.argCount) return SYNTAX;
      return new RespError(`ERR SET option '${option}' is not supported by raftctl yet`);
    } else return SYNTAX;
  }
  return flags;
}

const SET: RespCommand = {
  name: 'SET',
  arity: -3,
  kind: 'write',
  flags: ['write', 'denyoom'],
  keys: [1, 1, 1],
  run(session, request) {
    const flags = request.argCount === 3 ? 0 : setFlags(request);
    if (typeof flags !== 'number') return flags;
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    encoder.begin(KV_OP.set);
    encoder.flags(flags);
    addField(request, 1);
    addRest(request, 2);
    session.propose(encoder.view());
    return STARTED;
  },
};

const DEL: RespCommand = {
  name: 'DEL',
  arity: -2,
  kind: 'write',
  flags: ['write'],
  keys: [1, -1, 1],
  run(session, request) {
    encoder.begin(KV_OP.del);
    for (let i = 1; i < request.argCount; i += 1) {
      if (keyTooLong(request, i)) return KEY_TOO_LONG;
      addField(request, i);
    }
    session.propose(encoder.view());
    return STARTED;
  },
};

const INCR: RespCommand = {
  name: 'INCR',
  arity: 2,
  kind: 'write',
  flags: ['write', 'denyoom', 'fast'],
  keys: [1, 1, 1],
  run(session, request) {
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    encoder.begin(KV_OP.incrBy);
    addField(request, 1);
    encoder.restText('1');
    session.propose(encoder.view());
    return STARTED;
  },
};

const INCRBY: RespCommand = {
  name: 'INCRBY',
  arity: 3,
  kind: 'write',
  flags: ['write', 'denyoom', 'fast'],
  keys: [1, 1, 1],
  run(session, request) {
    if (keyTooLong(request, 1)) return KEY_TOO_LONG;
    if (request.argSize(2) > 20 || parseInt64(request.arg(2)) === null) return NOT_INTEGER;
    encoder.begin(KV_OP.incrBy);
    addField(request, 1);
    addRest(request, 2);
    session.propose(encoder.view());
    return STARTED;
  },
};

const MSET: RespCommand = {
  name: 'MSET',
  arity: -3,
  kind: 'write',
  flags: ['write', 'denyoom'],
  keys: [1, -1, 2],
  run(session, request) {
    if (request.argCount % 2 === 0) {
      return new RespError("ERR wrong number of arguments for 'mset' command");
    }
    encoder.begin(KV_OP.mset);
    for (let i = 1; i < request.argCount; i += 2) {
      if (keyTooLong(request, i)) return KEY_TOO_LONG;
      addField(request, i);
      addField(request, i + 1);
    }
    session.propose(encoder.view());
    return STARTED;
  },
};

function readOfKeys(name: string, op: 'mget' | 'exists'): RespCommand {
  return {
    name,
    arity: -2,
    kind: 'read',
    flags: ['readonly', 'fast'],
    keys: [1, -1, 1],
    run(session, request) {
      const keys: string[] = [];
      for (let i = 1; i < request.argCount; i += 1) {
        if (keyTooLong(request, i)) return KEY_TOO_LONG;
        keys.push(request.arg(i));
      }
      session.read({ op, keys });
      return STARTED;
    },
  };
}

const DBSIZE: RespCommand = {
  name: 'DBSIZE',
  arity: 1,
  kind: 'read',
  flags: ['readonly', 'fast'],
  keys: [0, 0, 0],
  run(session) {
    session.read({ op: 'size' });
    return STARTED;
  },
};

const COMMANDS: readonly RespCommand[] = [
  GET,
  SET,
  DEL,
  INCR,
  INCRBY,
  MSET,
  readOfKeys('MGET', 'mget'),
  readOfKeys('EXISTS', 'exists'),
  DBSIZE,
  PING,
  ECHO,
  HELLO,
  QUIT,
  SELECT,
  RESET,
  CLIENT,
  CONFIG,
  INFO,
  commandCommand(() => TABLE),
];

const TABLE: ReadonlyMap<string, RespCommand> = new Map(
  COMMANDS.map((command) => [command.name, command]),
);

/** Names of at most six letters as small integers: found without making a string. */
const PACKED_LETTERS_MAX = 6;
const PACKED: ReadonlyMap<number, RespCommand> = new Map(
  [...TABLE.values()]
    .filter((command) => command.name.length <= PACKED_LETTERS_MAX)
    .map((command) => {
      const bytes = Uint8Array.from(command.name, (c) => c.charCodeAt(0));
      return [packName(bytes, 0, bytes.length), command];
    }),
);

/** Five bits a letter, whatever its case; -1 when it is not letters only. */
function packName(bytes: Uint8Array, start: number, end: number): number {
  let packed = 0;
  for (let i = start; i < end; i += 1) {
    const lower = (bytes[i] as number) | 32;
    if (lower < 97 || lower > 122) return -1;
    packed = (packed << 5) | (lower - 96);
  }
  return packed;
}

/** @returns the command the request names, or Redis's words when it cannot be run. */
export function findCommand(request: RespRequest): RespCommand | RespError {
  const start = request.starts[0] as number;
  const end = request.ends[0] as number;
  const command =
    end - start <= PACKED_LETTERS_MAX
      ? PACKED.get(packName(request.bytes as Bytes, start, end))
      : TABLE.get(request.arg(0).toUpperCase());
  if (command === undefined) return unknownCommand(request);
  const { arity } = command;
  if (arity > 0 ? request.argCount !== arity : request.argCount < -arity) {
    const name = command.name.toLowerCase();
    return new RespError(`ERR wrong number of arguments for '${name}' command`);
  }
  return command;
}

const ECHO_CHARS_MAX = 128;

/** As far as C's `%.128s` prints a string. */
function printed(text: string): string {
  const nul = text.indexOf('\0');
  return (nul < 0 ? text : text.slice(0, nul)).slice(0, ECHO_CHARS_MAX);
}

function unknownCommand(request: RespRequest): RespError {
  const name = request.arg(0);
  const upper = name.toUpperCase();
  if (isRedisCommand(upper)) {
    const inner = REDIS_CONTAINERS.has(upper) && request.argCount > 1 ? ` ${request.arg(1)}` : '';
    return new RespError(`ERR '${upper}${printed(inner)}' is not supported by raftctl yet`);
  }
  let args = '';
  for (let i = 1; i < request.argCount && args.length < ECHO_CHARS_MAX; i += 1) {
    args += `'${printed(request.arg(i)).slice(0, ECHO_CHARS_MAX - args.length)}' `;
  }
  return new RespError(`ERR unknown command '${printed(name)}', with args beginning with: ${args}`);
}
