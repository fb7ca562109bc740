/**
 * The commands of client sessions: writes that are done once, however often they are sent.
 *
 * ```
 *   SESSION OPEN                         :<session>
 *   ONCE <session> <sequence> SET k v    as SET k v; sent again, to any node: the same answer
 * ```
 * The wrapped command may be EXEC: a transaction is one command of the log.
 */
import { OPENING, OPENING_BODY } from '../../wire/apps/session.ts';
import { RespError } from '../../wire/dialects/resp-reply.ts';
import { SYNTAX } from './resp-arguments.ts';
import { type RespCommand, type RespRequest, STARTED } from './resp-session.ts';

const NO_KEYS = [0, 0, 0] as const;
const NUMBER = /^[1-9][0-9]{0,15}$/;
/** ONCE, session, sequence. */
const WRAPPING = 3;

/** The command behind its wrapping. */
class WrappedRequest implements RespRequest {
  readonly argCount: number;
  readonly bytes: RespRequest['bytes'];
  readonly starts: number[];
  readonly ends: number[];
  readonly #request: RespRequest;

  constructor(request: RespRequest) {
    this.#request = request;
    this.argCount = request.argCount - WRAPPING;
    this.bytes = request.bytes;
    this.starts = [...request.starts].slice(WRAPPING, request.argCount);
    this.ends = [...request.ends].slice(WRAPPING, request.argCount);
  }

  arg(index: number): string {
    return this.#request.arg(index + WRAPPING);
  }

  argSize(index: number): number {
    return this.#request.argSize(index + WRAPPING);
  }
}

const SESSION: RespCommand = {
  name: 'SESSION',
  arity: 2,
  kind: 'write',
  flags: ['write', 'noscript', 'fast'],
  keys: NO_KEYS,
  run(session, request) {
    if (request.arg(1).toUpperCase() !== 'OPEN') return SYNTAX;
    if (session.transaction !== null)
      return new RespError('ERR SESSION inside MULTI is not allowed');
    session.tag = OPENING;
    session.propose(OPENING_BODY);
    session.tag = null;
    return STARTED;
  },
};

/** @param find the command a request names. */
export function sessionCommands(
  find: (request: RespRequest) => RespCommand | RespError,
): readonly RespCommand[] {
  const once: RespCommand = {
    name: 'ONCE',
    arity: -4,
    kind: 'write',
    flags: ['write', 'noscript'],
    keys: NO_KEYS,
    run(session, request) {
      const numbers = [request.arg(1), request.arg(2)];
      if (!numbers.every((text) => NUMBER.test(text) && Number.isSafeInteger(Number(text)))) {
        return new RespError('ERR a session and its sequence are numbers from 1 on');
      }
      const wrapped = new WrappedRequest(request);
      const command = find(wrapped);
      if (command instanceof RespError) return command;
      const isOwn = command.name === 'ONCE' || command.name === 'SESSION';
      if (command.kind !== 'write' || isOwn) {
        return new RespError(`ERR ${command.name} changes nothing, it needs no ONCE`);
      }
      if (session.transaction !== null && command.name !== 'EXEC') {
        return new RespError('ERR inside MULTI only EXEC may be sent with ONCE');
      }
      session.tag = { session: Number(numbers[0]), sequence: Number(numbers[1]) };
      const value = command.run(session, wrapped);
      session.tag = null;
      return value;
    },
  };
  return [SESSION, once];
}
