/** All RESP commands, and how a request finds its own. */
import { RespError } from '../../wire/dialects/resp-reply.ts';
import { isRedisCommand, REDIS_CONTAINERS } from './redis-commands.ts';
import { wrongCount } from './resp-arguments.ts';
import { CLIENT, CONFIG } from './resp-client-commands.ts';
import { COLLECTION_COMMANDS } from './resp-collection-commands.ts';
import { commandCommand } from './resp-command-command.ts';
import { RespCommandTable } from './resp-command-table.ts';
import { EXPIRY_COMMANDS } from './resp-expiry-commands.ts';
import { INFO } from './resp-info.ts';
import { KEY_COMMANDS } from './resp-key-commands.ts';
import { ECHO, HELLO, PING, QUIT, RESET, SELECT } from './resp-node-commands.ts';
import { RESTORE } from './resp-restore.ts';
import type { RespCommand, RespRequest } from './resp-session.ts';
import { sessionCommands } from './resp-session-commands.ts';
import { STRING_COMMANDS } from './resp-string-commands.ts';
import { execAborted, TRANSACTION_COMMANDS } from './resp-transaction-commands.ts';

const COMMANDS: readonly RespCommand[] = [
  ...STRING_COMMANDS,
  ...EXPIRY_COMMANDS,
  ...KEY_COMMANDS,
  ...COLLECTION_COMMANDS,
  ...TRANSACTION_COMMANDS,
  RESTORE,
  PING,
  ECHO,
  HELLO,
  QUIT,
  SELECT,
  RESET,
  CLIENT,
  CONFIG,
  INFO,
  commandCommand(() => TABLE.byName),
  ...sessionCommands((request) => findCommand(request)),
];

const TABLE = new RespCommandTable(COMMANDS);

/** @returns the command the request names, or Redis's words when it cannot be run. */
export function findCommand(request: RespRequest): RespCommand | RespError {
  const command = TABLE.find(request);
  if (command === undefined) return unknownCommand(request);
  const { arity } = command;
  if (arity > 0 ? request.argCount !== arity : request.argCount < -arity) {
    const error = wrongCount(command.name);
    return command.name === 'EXEC' ? execAborted(error) : error;
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
