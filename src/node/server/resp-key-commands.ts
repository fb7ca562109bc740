/** The RESP commands on keys as such: removing, renaming, walking over them. */
import { KEY_BYTES_MAX, KV_OP } from '../../wire/apps/kvstore.ts';
import { RespError } from '../../wire/dialects/resp-reply.ts';
import {
  addField,
  addRest,
  encoder,
  integerOf,
  KEY_TOO_LONG,
  keyTooLong,
  SYNTAX,
} from './resp-arguments.ts';
import { type RespCommand, type RespRequest, STARTED } from './resp-session.ts';

const NO_KEYS = [0, 0, 0] as const;
const TWO_KEYS = [1, 2, 1] as const;
const PATTERN_TOO_LONG = new RespError(`ERR pattern is longer than ${KEY_BYTES_MAX} bytes`);

function removal(name: string): RespCommand {
  return {
    name,
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
}

function renaming(name: string, onlyAbsent: boolean): RespCommand {
  return {
    name,
    arity: 3,
    kind: 'write',
    flags: ['write'],
    keys: TWO_KEYS,
    run(session, request) {
      if (keyTooLong(request, 1) || keyTooLong(request, 2)) return KEY_TOO_LONG;
      encoder.begin(KV_OP.rename);
      encoder.flags(onlyAbsent ? 1 : 0);
      addField(request, 1);
      addRest(request, 2);
      session.propose(encoder.view());
      return STARTED;
    },
  };
}

const COPY: RespCommand = {
  name: 'COPY',
  arity: -3,
  kind: 'write',
  flags: ['write', 'denyoom'],
  keys: TWO_KEYS,
  run(session, request) {
    const replaces = copyOptions(request);
    if (typeof replaces !== 'boolean') return replaces;
    if (keyTooLong(request, 1) || keyTooLong(request, 2)) return KEY_TOO_LONG;
    if (request.arg(1) === request.arg(2)) {
      return new RespError('ERR source and destination objects are the same');
    }
    encoder.begin(KV_OP.copy);
    encoder.flags(replaces ? 1 : 0);
    addField(request, 1);
    addRest(request, 2);
    session.propose(encoder.view());
    return STARTED;
  },
};

/** @returns whether the copy may replace a key. */
function copyOptions(request: RespRequest): boolean | RespError {
  let replaces = false;
  for (let i = 3; i < request.argCount; i += 1) {
    const option = request.arg(i).toUpperCase();
    if (option === 'REPLACE') {
      replaces = true;
    } else if (option === 'DB' && i + 1 < request.argCount) {
      i += 1;
      const number = integerOf(request, i);
      if (typeof number !== 'number') return number;
      if (number !== 0) return new RespError('ERR DB index is out of range');
    } else {
      return SYNTAX;
    }
  }
  return replaces;
}

function flushing(name: string): RespCommand {
  return {
    name,
    arity: -1,
    kind: 'write',
    flags: ['write'],
    keys: NO_KEYS,
    run(session, request) {
      const mode = request.argCount === 1 ? 'SYNC' : request.arg(1).toUpperCase();
      if (request.argCount > 2 || (mode !== 'SYNC' && mode !== 'ASYNC')) return SYNTAX;
      encoder.begin(KV_OP.flush);
      session.propose(encoder.view());
      return STARTED;
    },
  };
}

const DBSIZE: RespCommand = {
  name: 'DBSIZE',
  arity: 1,
  kind: 'read',
  flags: ['readonly', 'fast'],
  keys: NO_KEYS,
  run(session) {
    session.read({ op: 'size' });
    return STARTED;
  },
};

const RANDOMKEY: RespCommand = {
  name: 'RANDOMKEY',
  arity: 1,
  kind: 'read',
  flags: ['readonly'],
  keys: NO_KEYS,
  run(session) {
    session.read({ op: 'randomKey', x: Math.random() });
    return STARTED;
  },
};

const KEYS: RespCommand = {
  name: 'KEYS',
  arity: 2,
  kind: 'read',
  flags: ['readonly'],
  keys: NO_KEYS,
  run(session, request) {
    if (keyTooLong(request, 1)) return PATTERN_TOO_LONG;
    session.read({ op: 'keys', keys: [request.arg(1)] });
    return STARTED;
  },
};

const SCAN_COUNT_DEFAULT = 10;
const CURSOR = /^[0-9]{0,20}$/;

const SCAN: RespCommand = {
  name: 'SCAN',
  arity: -2,
  kind: 'read',
  flags: ['readonly'],
  keys: NO_KEYS,
  run(session, request) {
    const cursor = request.arg(1);
    if (!CURSOR.test(cursor)) return new RespError('ERR invalid cursor');
    let pattern = '*';
    let type = '';
    let count = SCAN_COUNT_DEFAULT;
    for (let i = 2; i < request.argCount; i += 2) {
      const option = request.arg(i).toUpperCase();
      if (i + 1 === request.argCount) return SYNTAX;
      if (option === 'COUNT') {
        const number = integerOf(request, i + 1);
        if (typeof number !== 'number') return number;
        if (number < 1) return SYNTAX;
        count = number;
      } else if (option === 'MATCH') {
        if (keyTooLong(request, i + 1)) return PATTERN_TOO_LONG;
        pattern = request.arg(i + 1);
      } else if (option === 'TYPE') {
        type = request.arg(i + 1).toLowerCase();
      } else {
        return SYNTAX;
      }
    }
    session.read({ op: 'scan', keys: [pattern, type], x: Number(cursor), y: count });
    return STARTED;
  },
};

export const KEY_COMMANDS: readonly RespCommand[] = [
  removal('DEL'),
  removal('UNLINK'),
  renaming('RENAME', false),
  renaming('RENAMENX', true),
  COPY,
  flushing('FLUSHALL'),
  flushing('FLUSHDB'),
  DBSIZE,
  RANDOMKEY,
  KEYS,
  SCAN,
];
