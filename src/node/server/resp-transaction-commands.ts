/** MULTI and what belongs to it. */
import { OK_REPLY, RespError, RespStatus } from '../../wire/dialects/resp-reply.ts';
import { keysFrom } from './resp-arguments.ts';
import { type RespCommand, type RespSession, STARTED } from './resp-session.ts';
import { Transaction } from './resp-transaction.ts';
import { WATCHED_KEYS_MAX } from './resp-watch.ts';

const OK = new RespStatus('OK');
const NO_KEYS = [0, 0, 0] as const;
const FLAGS = ['noscript', 'loading', 'stale', 'fast'];

/** Run at once also between MULTI and EXEC; everything else is queued there. */
export const NEVER_QUEUED: ReadonlySet<string> = new Set([
  'MULTI',
  'EXEC',
  'DISCARD',
  'WATCH',
  'QUIT',
  'RESET',
  'SESSION',
  'ONCE',
]);

/** Forgets the queue and the watched keys. */
export function endTransaction(session: RespSession): void {
  if (session.transaction !== null) session.hold(-session.transaction.bytes);
  session.transaction = null;
  session.watch.clear();
}

/** An EXEC that cannot be run ends the transaction all the same. */
export class ExecAborted extends RespError {}

export function execAborted(cause: RespError): ExecAborted {
  const reason = cause.text.replace(/^ERR /, '');
  return new ExecAborted(`EXECABORT Transaction discarded because of: ${reason}`);
}

const MULTI: RespCommand = {
  name: 'MULTI',
  arity: 1,
  kind: 'local',
  flags: FLAGS,
  keys: NO_KEYS,
  run(session) {
    if (session.transaction !== null) return new RespError('ERR MULTI calls can not be nested');
    session.transaction = new Transaction();
    return OK;
  },
};

const EXEC: RespCommand = {
  name: 'EXEC',
  arity: 1,
  // NB: as a write it waits for the reads before it, so what is watched is known.
  kind: 'write',
  flags: ['noscript', 'loading', 'stale'],
  keys: NO_KEYS,
  run(session) {
    const { transaction } = session;
    if (transaction === null) return new RespError('ERR EXEC without MULTI');
    if (!transaction.failed) {
      session.execute(transaction);
      endTransaction(session);
      return STARTED;
    }
    endTransaction(session);
    return new RespError('EXECABORT Transaction discarded because of previous errors.');
  },
};

const DISCARD: RespCommand = {
  name: 'DISCARD',
  arity: 1,
  kind: 'local',
  flags: FLAGS,
  keys: NO_KEYS,
  run(session) {
    if (session.transaction === null) return new RespError('ERR DISCARD without MULTI');
    endTransaction(session);
    return OK;
  },
};

const WATCH: RespCommand = {
  name: 'WATCH',
  arity: -2,
  kind: 'read',
  flags: FLAGS,
  keys: [1, -1, 1],
  run(session, request) {
    if (session.transaction !== null) return new RespError('ERR WATCH inside MULTI is not allowed');
    const keys = keysFrom(request, 1);
    if (keys instanceof RespError) return keys;
    const take = session.watch.begin(keys);
    if (take === null) {
      return new RespError(`ERR a client watches at most ${WATCHED_KEYS_MAX} keys`);
    }
    session.readApart({ op: 'version', keys }, (answer) => {
      take(answer as readonly number[]);
      return OK_REPLY;
    });
    return STARTED;
  },
};

const UNWATCH: RespCommand = {
  name: 'UNWATCH',
  arity: 1,
  kind: 'local',
  flags: FLAGS,
  keys: NO_KEYS,
  run(session) {
    session.watch.clear();
    return OK;
  },
};

export const TRANSACTION_COMMANDS: readonly RespCommand[] = [MULTI, EXEC, DISCARD, WATCH, UNWATCH];
