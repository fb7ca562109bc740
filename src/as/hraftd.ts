/** hraftd: a key-value store over HTTP (README: start node0, let others join it). */
import { resolve } from 'node:path';
import { formatAddress, parseAddress } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';
import type { ClientPortConfig } from '../wire/client-port.ts';
import { askByHttp } from './joining.ts';
import { addressOf, adminPortOf, directoryOf, fsyncOf, NODE_FLAGS, portOf } from './node-flags.ts';
import { type NodeStart, runOldNode } from './node-run.ts';
import type { OldLine } from './old-flags.ts';
import { type AsContext, isOn, type OldProgram, textOf } from './program.ts';

/** Of its library. The fork, whose Redis commands come much faster, keeps raftctl's own measure. */
const SNAPSHOTS = { snapshotEntries: 8192, trailingLogEntries: 10_240 };

export const HRAFTD: OldProgram = {
  name: 'hraftd',
  system: 'hraftd',
  about: 'Key-value store over HTTP.',
  examples: [
    'hraftd -id node0 ~/node0',
    'hraftd -id node1 -haddr localhost:11001 -raddr localhost:12001 -join localhost:11000 ~/node1',
  ],
  flags: [
    { name: 'haddr', kind: 'text', default: 'localhost:11000', about: 'HTTP address' },
    { name: 'raddr', kind: 'text', default: 'localhost:12000', about: 'Raft address' },
    { name: 'join', kind: 'text', default: '', about: 'HTTP address of a member to join' },
    { name: 'id', kind: 'text', default: '', about: 'name of the node; usually its Raft address' },
    { name: 'inmem', kind: 'switch', default: 'false', about: 'keep nothing when it ends' },
    ...NODE_FLAGS,
  ],
  words: '<data directory>',
  run: runHraftd,
};

/** TigerZhang's fork of it, with Redis commands on a second port. */
export const HRAFTD_REDIS: OldProgram = {
  name: 'hraftd-redis',
  system: "hraftd's fork with Redis",
  about: 'Key-value store over HTTP and Redis commands.',
  examples: ['hraftd-redis ~/node0'],
  flags: [
    { name: 'haddr', kind: 'text', default: ':11000', about: 'HTTP address' },
    { name: 'raddr', kind: 'text', default: ':12000', about: 'Raft address' },
    { name: 'join', kind: 'text', default: '', about: 'HTTP address of a member to join' },
    { name: 'redisBind', kind: 'text', default: '127.0.0.1', about: 'host of the Redis port' },
    { name: 'redisPort', kind: 'number', default: '6389', about: 'Redis port' },
    {
      ...{ name: 'strict', kind: 'switch', default: 'false', env: 'RAFTCTL_STRICT' },
      about: 'true counts where the original always says 1',
    },
    ...NODE_FLAGS,
  ],
  words: '<data directory>',
  run: runHraftd,
};

/** raft-demo's variant of hraftd. */
export const WEBKVSTORE: OldProgram = {
  name: 'webkvstore',
  system: 'raft-demo',
  about: 'Key-value store over HTTP, with a text log.',
  examples: [
    'webkvstore -id node0 ~/node0',
    'webkvstore -id node1 -haddr :11001 -raddr :12001 -join :11000 ~/node1',
  ],
  flags: [
    { name: 'haddr', kind: 'text', default: ':11000', about: 'HTTP address' },
    { name: 'raddr', kind: 'text', default: ':12000', about: 'Raft address' },
    { name: 'join', kind: 'text', default: '', about: 'HTTP address of a member to join' },
    { name: 'id', kind: 'text', default: '', about: 'name of the node; usually its Raft address' },
    { name: 'inmem', kind: 'switch', default: 'true', about: 'keep nothing when it ends' },
    ...NODE_FLAGS,
  ],
  words: '<data directory>',
  run: runHraftd,
};

/** The programs differ in their flags and in what they answer. */
async function runHraftd(this: OldProgram, line: OldLine, context: AsContext): Promise<number> {
  const usual = onlyWord(line);
  const isInMemory = isOn(line, 'inmem');
  if (usual === null && !isInMemory && textOf(line, 'data-dir') === '') {
    context.say('No Raft storage directory specified');
    return 1;
  }
  const clientAddress = addressOf(line, context, { flag: 'haddr', listens: true });
  const peerAddress = addressOf(line, context, { flag: 'raddr', listens: false });
  const adminAddress = adminPortOf(peerAddress);
  const plan = {
    cluster: this.name,
    directory: isInMemory ? null : directoryOf(line, context, usual ?? ''),
    self: {
      id: textOf(line, 'id') || textOf(line, 'raddr'),
      clientAddress,
      peerAddress,
      adminAddress,
    },
    fsync: isInMemory ? ('none' as const) : fsyncOf(line),
    ...(this.name === 'hraftd-redis' ? {} : { snapshots: SNAPSHOTS }),
    ports: portsOf(this.name, line, context, clientAddress),
    start: startOf(line, context),
    onReady: () =>
      context.say(
        `${this.name === 'webkvstore' ? 'webkvstore' : 'hraftd'} started successfully, listening on http://${clientAddress}`,
      ),
  };
  return runOldNode(plan, line, context);
}

function portsOf(
  program: string,
  line: OldLine,
  { cwd }: AsContext,
  address: string,
): readonly ClientPortConfig[] {
  switch (program) {
    case 'hraftd-redis':
      return [portOf(line, { address, dialect: 'hraftd-fork' }), redisPort(line)];
    case 'webkvstore': {
      const journal = resolve(cwd, `log-file${process.pid}.txt`);
      return [{ ...portOf(line, { address, dialect: 'webkvstore' }), journal }];
    }
    default:
      return [portOf(line, { address, dialect: 'hraftd' })];
  }
}

function startOf(line: OldLine, context: AsContext): NodeStart {
  if (textOf(line, 'join') === '') return { type: 'alone' };
  const contact = addressOf(line, context, { flag: 'join', listens: false });
  return { type: 'join', contacts: async () => [await askByHttp(contact)] };
}

/** Flags behind it would be silently ignored by Go: then somebody thinks they are heard. */
function onlyWord(line: OldLine): string | null {
  const [word, extra] = line.words;
  if (extra === undefined) return word ?? null;
  throw new RaftctlError('USAGE', {
    message: `Cannot use ${JSON.stringify(extra)} behind the data directory ${word}`,
    hint: 'Flags come before the directory, as in: raftctl as hraftd -id node0 ~/node0',
  });
}

function redisPort(line: OldLine): ClientPortConfig {
  const host = textOf(line, 'redisBind');
  const port = parseAddress(
    `${host.includes(':') ? `[${host}]` : host}:${textOf(line, 'redisPort')}`,
  );
  if (port === null || port.port === 0) {
    throw new RaftctlError('USAGE', {
      message: `Cannot listen for Redis commands on ${host}, port ${textOf(line, 'redisPort')}`,
    });
  }
  const address = formatAddress(port);
  return { ...portOf(line, { address, dialect: 'fork-redis' }), strict: isOn(line, 'strict') };
}
