/** COMMAND: what the server can do, for client libraries and redis-cli. */
import { RespError, RespStatus, type RespValue } from '../../wire/dialects/resp-reply.ts';
import type { RespCommand, RespRequest } from './resp-session.ts';

/** @param table all commands, this one included; asked for when it is needed. */
export function commandCommand(table: () => ReadonlyMap<string, RespCommand>): RespCommand {
  return {
    name: 'COMMAND',
    arity: -1,
    kind: 'local',
    flags: ['loading', 'stale'],
    keys: [0, 0, 0],
    run(_session, request) {
      if (request.argCount === 1) return [...table().values()].map(describe);
      return subcommand(request, table());
    },
  };
}

function subcommand(request: RespRequest, table: ReadonlyMap<string, RespCommand>): RespValue {
  const word = request.arg(1);
  switch (word.toUpperCase()) {
    case 'COUNT':
      return request.argCount === 2 ? table.size : wrongCount('count');
    case 'LIST':
      return [...table.keys()].map((name) => name.toLowerCase());
    case 'DOCS':
      return new Map();
    case 'INFO': {
      if (request.argCount === 2) return [...table.values()].map(describe);
      const found: RespValue[] = [];
      for (let i = 2; i < request.argCount; i += 1) {
        const command = table.get(request.arg(i).toUpperCase());
        found.push(command === undefined ? null : describe(command));
      }
      return found;
    }
    default:
      return new RespError(`ERR unknown subcommand '${word.slice(0, 128)}'. Try COMMAND HELP.`);
  }
}

function wrongCount(name: string): RespError {
  return new RespError(`ERR wrong number of arguments for 'command|${name}' command`);
}

/** Redis's ten fields; categories, tips, key specifications and subcommands are left empty. */
function describe(command: RespCommand): RespValue {
  const [first, last, step] = command.keys;
  return [
    command.name.toLowerCase(),
    command.arity,
    command.flags.map((flag) => new RespStatus(flag)),
    first,
    last,
    step,
    [],
    [],
    [],
    [],
  ];
}
