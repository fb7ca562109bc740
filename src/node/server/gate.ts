/**
 * Who may do what on a client port with TLS and tokens. A connection begins with what its
 * certificate allows: everything for the operator and the members, nothing for anybody else. A
 * token says more, by `AUTH` or `HELLO ... AUTH` in RESP, by a header in HTTP; the other dialects
 * have no word for it and take a certificate only. Without security none of this is there.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { RespError } from '../../wire/dialects/resp-reply.ts';
import { grants, holderOf, type Scope, type Security } from '../../wire/security.ts';
import type { RespContext } from './resp-context.ts';
import { HELLO, OK } from './resp-node-commands.ts';
import type { RespCommand, RespRequest } from './resp-session.ts';

const WRONG = new RespError(
  'WRONGPASS invalid username-password pair or user is disabled. The password is a token',
);
const NOAUTH = new RespError('NOAUTH Authentication required.');
const BEFORE_AUTH: ReadonlySet<string> = new Set(['AUTH', 'HELLO', 'QUIT', 'RESET']);

/** What was found out about connections that live. */
const certified = new WeakMap<object, boolean>();

/** Whether the other end showed a certificate of this cluster's authority. */
export function isCertified(socket: object): boolean {
  const known = certified.get(socket);
  if (known !== undefined) return known;
  if (!(socket instanceof TLSSocket) || !socket.authorized) return false;
  // Node says null of a connection that has just ended, whatever its types say.
  const found = holderOf(socket.getPeerCertificate()?.subjectaltname) !== null;
  certified.set(socket, found);
  return found;
}

/** `Authorization: Bearer <token>`. @returns null: it bears none. */
export function bearerOf(request: IncomingMessage): string | null {
  const header = request.headers.authorization;
  return /^bearer +([!-~]+)$/i.exec(header ?? '')?.[1] ?? null;
}

/** Why a request is refused: nobody known, or somebody who may do less. */
export type Refused = 'nobody' | 'too little';

export class Gate {
  readonly #security: Security;
  /** Connections on which somebody has shown a token. */
  readonly #proven = new WeakSet<object>();

  constructor(security: Security) {
    this.#security = security;
  }

  /** Closes a connection that shows nothing for so long: who is nobody holds no place. */
  watch(socket: Socket, patienceMs: number): void {
    if (isCertified(socket)) return;
    const timer = setTimeout(() => {
      if (!this.#proven.has(socket)) socket.destroy();
    }, patienceMs);
    socket.once('close', () => clearTimeout(timer));
  }

  /** @returns null: it may. */
  refusal(request: IncomingMessage, needed: Scope): Refused | null {
    if (isCertified(request.socket)) return null;
    const token = bearerOf(request);
    const scope = token === null ? null : this.#security.scopeOf(token);
    if (scope === null) return 'nobody';
    this.#proven.add(request.socket);
    return grants(scope, needed) ? null : 'too little';
  }

  /** As `context`, for one connection: its commands are looked at first. */
  guarded(context: RespContext, socket: Socket): RespContext {
    const isKnown = isCertified(socket);
    let scope: Scope | null = null;
    /** @returns whether the token is one. */
    const present = (token: string): boolean => {
      const found = this.#security.scopeOf(token);
      scope = found ?? scope;
      if (found !== null) this.#proven.add(socket);
      return found !== null;
    };
    const auth = authCommand(present);
    const hello = helloCommand(present, () => isKnown || scope !== null);
    const find = (request: RespRequest): RespCommand | RespError => {
      const name = request.arg(0).toUpperCase();
      if (name === 'AUTH') return auth;
      if (name === 'HELLO') return hello;
      if (isKnown) return context.find(request);
      if (scope === null && !BEFORE_AUTH.has(name)) return NOAUTH;
      const command = context.find(request);
      if (scope === null || command instanceof RespError) return command;
      // What EXEC runs was looked at when it was queued.
      const isWrite = command.kind === 'write' && command.name !== 'EXEC';
      const needed = isWrite ? 'client' : 'client-read';
      return grants(scope, needed) ? command : new RespError(noPermission(scope, command));
    };
    return { ...context, find };
  }
}

function noPermission(scope: Scope, { name }: RespCommand): string {
  return `NOPERM a token for ${scope} has no permissions to run the '${name.toLowerCase()}' command`;
}

function authCommand(present: (token: string) => boolean): RespCommand {
  return {
    ...HELLO,
    name: 'AUTH',
    arity: -2,
    run(_session, request) {
      if (request.argCount < 2 || request.argCount > 3) {
        return new RespError("ERR wrong number of arguments for 'auth' command");
      }
      return present(request.arg(request.argCount - 1)) ? OK : WRONG;
    },
  };
}

/** HELLO as ever, but for the words `AUTH <user> <token>`, which are taken out. */
function helloCommand(present: (token: string) => boolean, isKnown: () => boolean): RespCommand {
  return {
    ...HELLO,
    run(session, request) {
      const words = Array.from({ length: request.argCount }, (_, i) => request.arg(i));
      const at = words.findIndex((word, i) => i >= 2 && word.toUpperCase() === 'AUTH');
      if (at > 0 && at + 2 < words.length) {
        const token = words[at + 2] as string;
        if (!present(token)) return WRONG;
        words.splice(at, 3);
      }
      if (!isKnown()) return NOAUTH;
      return HELLO.run(session, requestOf(words, request));
    },
  };
}

/** What is left of a request, for a command that only asks for words. */
function requestOf(words: readonly string[], request: RespRequest): RespRequest {
  const { bytes, starts, ends } = request;
  const arg = (i: number): string => words[i] ?? '';
  return { argCount: words.length, arg, argSize: (i) => arg(i).length, bytes, starts, ends };
}
