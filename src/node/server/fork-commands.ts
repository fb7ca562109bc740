/**
 * The Redis commands of hraftd's fork, with its own replies: errors begin with ERROR, DEL says OK,
 * SADD and SREM say 1, an empty value is nil, scores are whole numbers. Whoever wants true counts
 * asks for the strict form; whoever wants Redis itself takes the ordinary port.
 */
import { KV_OP, type KvMembers } from '../../wire/apps/kvstore.ts';
import { bulkReply, RespError, RespStatus } from '../../wire/dialects/resp-reply.ts';
import {
  command,
  countReply,
  failure,
  INTEGER,
  leaderAddress,
  listOf,
  NOT_INTEGER,
  OK,
  replying,
  TOO_FEW,
  UNKNOWN,
  write,
} from './fork-command.ts';
import { SCORE_COMMANDS, zadd } from './fork-score-commands.ts';
import { addField, addRest, encoder, integerOf } from './resp-arguments.ts';
import { RespCommandTable } from './resp-command-table.ts';
import { encodeRestore } from './resp-restore.ts';
import { type RespCommand, type RespRequest, STARTED } from './resp-session.ts';

const DATABASES = 16;

const GET = command('GET', {
  ...{ arguments: 1, kind: 'read', parts: [1] },
  run(session, request) {
    session.readApart(request.arg(1), valueReply);
    return STARTED;
  },
});

function valueReply(value: unknown): string {
  if (typeof value === 'string' && value !== '') return bulkReply(value);
  return failure(value) ?? '$-1\r\n';
}

const SET = command('SET', {
  ...{ arguments: 2, kind: 'write', parts: [1] },
  run(session, request) {
    encoder.begin(KV_OP.set);
    encoder.flags(0);
    addField(request, 1);
    addRest(request, 2);
    return write(session, OK);
  },
});

const DEL = command('DEL', {
  ...{ arguments: 1, kind: 'write', parts: [1] },
  run(session, request) {
    encoder.begin(KV_OP.del);
    addField(request, 1);
    return write(session, OK);
  },
});

function ofMember(
  name: string,
  op: typeof KV_OP.sadd | typeof KV_OP.srem,
  reply: (answer: unknown) => string,
): RespCommand {
  return command(name, {
    ...{ arguments: 2, kind: 'write', triable: true, parts: [1, 2] },
    run(session, request) {
      encoder.begin(op);
      addField(request, 1);
      addField(request, 2);
      session.tryOrProposeApart(encoder.view(), reply);
      return STARTED;
    },
  });
}

function reading(
  name: string,
  op: 'zcard' | 'smembers',
  reply: (answer: unknown) => string,
): RespCommand {
  return command(name, {
    ...{ arguments: 1, kind: 'read', parts: [1] },
    run(session, request) {
      session.readApart({ op, keys: [request.arg(1)] }, reply);
      return STARTED;
    },
  });
}

const RESTORE = command('RESTORE', {
  ...{ arguments: 3, kind: 'write', parts: [1] },
  run(session, request) {
    const ttlMs = integerOf(request, 2);
    if (typeof ttlMs !== 'number' || ttlMs < 0) return NOT_INTEGER;
    // Whole seconds, and at least one.
    const seconds = ttlMs === 0 ? 0 : Math.max(1, Math.floor(ttlMs / 1000));
    const init = { ttlMs: seconds * 1000, replace: true, absolute: false };
    const refusal = encodeRestore(request, init);
    if (refusal !== null) return new RespError(refusal.text.replace(/^ERR /, 'ERROR '));
    return write(session, OK);
  },
});

const PING = command('PING', { arguments: 0, kind: 'local', run: () => 'PONG' });
const LEADER = command('LEADER', { arguments: 0, kind: 'local', run: leaderAddress });

const SELECT = command('SELECT', {
  ...{ arguments: 1, kind: 'local' },
  run(_session, request) {
    const text = request.arg(1);
    const isKnown = /^\d{1,2}$/.test(text) && Number(text) < DATABASES;
    return isKnown ? new RespStatus('OK') : new RespError(`ERROR invalid db index ${text}`);
  },
});

function table(strict: boolean): RespCommandTable {
  const all = [
    ...[GET, SET, DEL, PING, LEADER, SELECT, RESTORE, ...SCORE_COMMANDS],
    ofMember('SADD', KV_OP.sadd, countReply(strict)),
    ofMember('SREM', KV_OP.srem, countReply(strict)),
    zadd(countReply(strict)),
    reading('ZCARD', 'zcard', INTEGER),
    reading('SMEMBERS', 'smembers', replying(membersReply)),
  ];
  return new RespCommandTable(all);
}

function membersReply(set: unknown): string {
  return listOf([...(set as KvMembers).members].sort());
}

/** How the fork finds a request's command. */
export function forkCommands(strict: boolean): (request: RespRequest) => RespCommand | RespError {
  const commands = table(strict);
  return (request) => {
    const found = commands.find(request);
    if (found === undefined) return UNKNOWN;
    return request.argCount < -found.arity ? TOO_FEW : found;
  };
}
