/** Which commands change a cluster: those a read-only context refuses. */
import { RaftctlError } from '../std/errors.ts';
import { isTyped } from './typed-flags.ts';

type Judge = (argv: readonly string[]) => boolean;

const always: Judge = () => true;
const unlessDry: Judge = (argv) => !isTyped(argv, 'dry-run');

/**
 * By oclif's id. A command that is missing here only looks, makes clusters of its own that nobody
 * else uses, or writes files: a test knows those by name.
 */
const CHANGING: Readonly<Record<string, Judge>> = {
  bench: always,
  'bench:agent': always,
  // A side that is measured now has a colon: cluster:NAME.
  'bench:compare': (argv) => argv.some((word) => !word.startsWith('-') && word.includes(':')),
  'bench:knee': always,
  'bench:matrix': always,
  'bench:rerun': always,
  chat: always,
  'cluster:destroy': always,
  'cluster:down': always,
  'cluster:scale': unlessDry,
  'cluster:up': always,
  // What breaks a promise is stopped at once.
  'cluster:watch': (argv) => isTyped(argv, 'safety') && !isTyped(argv, 'no-freeze'),
  'kv:del': always,
  'kv:set': always,
  'leader:step-down': always,
  'leader:transfer': always,
  'log:truncate': always,
  'member:add': unlessDry,
  'member:change': unlessDry,
  'member:demote': unlessDry,
  'member:promote': unlessDry,
  'member:remove': unlessDry,
  'node:kill': always,
  'node:pause': always,
  'node:repair': always,
  'node:restart': always,
  'node:resume': always,
  'node:start': always,
  'node:stop': always,
  // It stops the node while it is written.
  'profile:snapshot': always,
  'recover:quorum': unlessDry,
  'snapshot:restore': always,
  'snapshot:take': always,
  'tls:init': always,
  'tls:rotate': always,
  trace: (argv) => !isTyped(argv, 'read'),
};

export const CHANGING_COMMANDS: ReadonlySet<string> = new Set(Object.keys(CHANGING));

export function changesCluster(id: string, argv: readonly string[]): boolean {
  return CHANGING[id]?.(argv) ?? false;
}

/** @param source who wants nothing changed, for people. */
export function refusedReadOnly(what: string, source: string): RaftctlError {
  return new RaftctlError('READ_ONLY', {
    message: `Cannot run ${what} as ${source} is read-only`,
    hint: 'Choose another context: --context NAME. Or insist: RAFTCTL_READ_ONLY=false',
  });
}
