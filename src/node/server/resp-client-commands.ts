/** CLIENT and CONFIG: what client libraries and redis-benchmark ask before they work. */
import { RespError, RespText, type RespValue } from '../../wire/dialects/resp-reply.ts';
import { Glob } from '../../wire/glob.ts';
import { BAD_NAME, isClientName, OK } from './resp-node-commands.ts';
import type { RespCommand, RespRequest, RespSession } from './resp-session.ts';

interface Subcommand {
  /** With command and subcommand; negative: at least so many. */
  readonly arity: number;
  run(session: RespSession, request: RespRequest): RespValue;
}

const CLIENT_SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['ID', { arity: 2, run: (session) => session.id }],
  ['GETNAME', { arity: 2, run: (session) => (session.name === '' ? null : session.name) }],
  ['SETNAME', { arity: 3, run: setName }],
  ['SETINFO', { arity: 4, run: setInfo }],
  ['INFO', { arity: 2, run: (session) => new RespText(`${clientLine(session)}\n`) }],
  ['LIST', { arity: -2, run: list }],
]);

const CONFIG_SUBCOMMANDS: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['GET', { arity: -3, run: configGet }],
]);

export const CLIENT = container('CLIENT', CLIENT_SUBCOMMANDS);
export const CONFIG = container('CONFIG', CONFIG_SUBCOMMANDS);

/** A command whose second word names what to do. */
function container(name: string, subcommands: ReadonlyMap<string, Subcommand>): RespCommand {
  return {
    name,
    arity: -2,
    kind: 'local',
    flags: ['noscript', 'loading', 'stale'],
    keys: [0, 0, 0],
    run(session, request) {
      const word = request.arg(1);
      const subcommand = subcommands.get(word.toUpperCase());
      if (subcommand === undefined) {
        return new RespError(`ERR unknown subcommand '${word.slice(0, 128)}'. Try ${name} HELP.`);
      }
      const { arity } = subcommand;
      if (arity > 0 ? request.argCount !== arity : request.argCount < -arity) {
        const full = `${name}|${word}`.toLowerCase();
        return new RespError(`ERR wrong number of arguments for '${full}' command`);
      }
      return subcommand.run(session, request);
    },
  };
}

function setName(session: RespSession, request: RespRequest): RespValue {
  const name = request.arg(2);
  if (!isClientName(name)) return BAD_NAME;
  session.name = name;
  return OK;
}

function setInfo(session: RespSession, request: RespRequest): RespValue {
  const attribute = request.arg(2);
  const value = request.arg(3);
  const upper = attribute.toUpperCase();
  if (upper !== 'LIB-NAME' && upper !== 'LIB-VER') {
    return new RespError(`ERR Unrecognized option '${attribute}'`);
  }
  if (!isClientName(value)) {
    const name = upper.toLowerCase();
    return new RespError(`ERR ${name} cannot contain spaces, newlines or special characters.`);
  }
  if (upper === 'LIB-NAME') session.libraryName = value;
  else session.libraryVersion = value;
  return OK;
}

function list(session: RespSession, request: RespRequest): RespValue {
  if (request.argCount > 2) return new RespError('ERR syntax error');
  let text = '';
  for (const other of session.facts.sessions()) text += `${clientLine(other)}\n`;
  return new RespText(text);
}

function clientLine(session: RespSession): string {
  const ageSeconds = Math.floor((Date.now() - session.sinceMs) / 1000);
  return [
    `id=${session.id}`,
    `addr=${session.remoteAddress}`,
    `laddr=${session.localAddress}`,
    `name=${session.name}`,
    `age=${ageSeconds}`,
    'flags=N',
    'db=0',
    `cmd=${session.lastCommand.toLowerCase()}`,
    'user=default',
    `resp=${session.resp3 ? 3 : 2}`,
    `lib-name=${session.libraryName}`,
    `lib-ver=${session.libraryVersion}`,
  ].join(' ');
}

/** Redis's parameters that have a meaning here, with what is true of this node. */
function parametersOf(session: RespSession): ReadonlyMap<string, string> {
  const status = session.facts.status();
  const always = status.fsync === 'always';
  return new Map([
    ['appendfsync', always ? 'always' : status.fsync === 'batch' ? 'everysec' : 'no'],
    ['appendonly', 'yes'],
    ['databases', '1'],
    ['maxclients', String(session.facts.maxClients)],
    ['maxmemory', '0'],
    ['maxmemory-policy', 'noeviction'],
    ['save', ''],
    ['timeout', '0'],
  ]);
}

function configGet(session: RespSession, request: RespRequest): RespValue {
  const found = new Map<string, RespValue>();
  const parameters = parametersOf(session);
  for (let i = 2; i < request.argCount; i += 1) {
    const pattern = new Glob(request.arg(i).toLowerCase());
    for (const [name, value] of parameters) {
      if (pattern.matches(name)) found.set(name, value);
    }
  }
  return found;
}
