/** The RESP commands that concern the connection only; replies and errors are Redis's own. */
import { RespError, RespStatus, type RespValue } from '../../wire/dialects/resp-reply.ts';
import type { RespCommand, RespRequest, RespSession } from './resp-session.ts';
import { endTransaction } from './resp-transaction-commands.ts';

/** Clients look at it to learn which commands and replies to expect. */
export const REDIS_VERSION = '7.0.15';

export const OK = new RespStatus('OK');
const NO_KEYS = [0, 0, 0] as const;
const INT_MAX = 0x7fff_ffff;
const CONNECTION_FLAGS = ['noscript', 'loading', 'stale', 'fast'];

export const PING: RespCommand = {
  name: 'PING',
  arity: -1,
  kind: 'local',
  flags: ['fast'],
  keys: NO_KEYS,
  run(_session, request) {
    if (request.argCount === 1) return new RespStatus('PONG');
    if (request.argCount === 2) return request.arg(1);
    return new RespError("ERR wrong number of arguments for 'ping' command");
  },
};

export const ECHO: RespCommand = {
  name: 'ECHO',
  arity: 2,
  kind: 'local',
  flags: ['fast'],
  keys: NO_KEYS,
  run: (_session, request) => request.arg(1),
};

export const QUIT: RespCommand = {
  name: 'QUIT',
  arity: -1,
  kind: 'local',
  flags: [...CONNECTION_FLAGS],
  keys: NO_KEYS,
  run(session) {
    session.quit();
    return OK;
  },
};

export const RESET: RespCommand = {
  name: 'RESET',
  arity: 1,
  kind: 'local',
  flags: CONNECTION_FLAGS,
  keys: NO_KEYS,
  run(session) {
    endTransaction(session);
    session.resp3 = false;
    session.name = '';
    return new RespStatus('RESET');
  },
};

const INTEGER = /^(?:0|-?[1-9][0-9]{0,18})$/;

export const SELECT: RespCommand = {
  name: 'SELECT',
  arity: 2,
  kind: 'local',
  flags: ['loading', 'stale', 'fast'],
  keys: NO_KEYS,
  run(_session, request) {
    const text = request.arg(1);
    if (!INTEGER.test(text)) return new RespError('ERR value is not an integer or out of range');
    const index = Number(text);
    if (index > INT_MAX || index < -INT_MAX - 1) {
      return new RespError(
        `ERR value is out of range, value must between ${-INT_MAX - 1} and ${INT_MAX}`,
      );
    }
    return index === 0 ? OK : new RespError('ERR DB index is out of range');
  },
};

/** Printable ASCII without the blank, as Redis asks of names. */
export function isClientName(name: string): boolean {
  return /^[!-~]*$/.test(name);
}

export const BAD_NAME = new RespError(
  'ERR Client names cannot contain spaces, newlines or special characters.',
);

export const HELLO: RespCommand = {
  name: 'HELLO',
  arity: -1,
  kind: 'local',
  flags: CONNECTION_FLAGS,
  keys: NO_KEYS,
  run(session, request) {
    if (request.argCount > 1) {
      const text = request.arg(1);
      if (!INTEGER.test(text)) {
        return new RespError('ERR Protocol version is not an integer or out of range');
      }
      if (text !== '2' && text !== '3')
        return new RespError('NOPROTO unsupported protocol version');
      const name = helloName(request);
      if (name instanceof RespError) return name;
      if (name !== null) session.name = name;
      session.resp3 = text === '3';
    }
    return helloReply(session);
  },
};

/** @returns the name that SETNAME gives, null when there is none. */
function helloName(request: RespRequest): string | null | RespError {
  let name: string | null = null;
  for (let i = 2; i < request.argCount; i += 1) {
    const option = request.arg(i);
    const upper = option.toUpperCase();
    if (upper === 'AUTH' && i + 2 < request.argCount) {
      return new RespError("ERR HELLO option 'AUTH' is not supported by raftctl yet");
    }
    if (upper !== 'SETNAME' || i + 1 >= request.argCount) {
      return new RespError(`ERR Syntax error in HELLO option '${option}'`);
    }
    i += 1;
    name = request.arg(i);
    if (!isClientName(name)) return BAD_NAME;
  }
  return name;
}

function helloReply(session: RespSession): ReadonlyMap<string, RespValue> {
  return new Map<string, RespValue>([
    ['server', 'redis'],
    ['version', REDIS_VERSION],
    ['proto', session.resp3 ? 3 : 2],
    ['id', session.id],
    ['mode', 'standalone'],
    // Every node takes writes (followers forward), so to a client none is a replica.
    ['role', 'master'],
    ['modules', []],
  ]);
}
