/** All RESP commands, and how a request finds its own. */
import type { Bytes } from '../../std/bytes.ts';
import { RespError } from '../../wire/dialects/resp-reply.ts';
import { isRedisCommand, REDIS_CONTAINERS } from './redis-commands.ts';
import { wrongCount } from './resp-arguments.ts';
import { CLIENT, CONFIG } from './resp-client-commands.ts';
import { COLLECTION_COMMANDS } from './resp-collection-commands.ts';
import { commandCommand } from './resp-command-command.ts';
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
  commandCommand(() => TABLE),
  ...sessionCommands((request) => findCommand(request)),
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
