/** What every server of an older system takes besides its own flags, and what is made of it. */
import { resolve } from 'node:path';
import { formatAddress, parseAddress } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';
import type { ClientPortConfig, DialectName } from '../wire/client-port.ts';
import { adminAddressOf } from '../wire/older-systems.ts';
import type { FsyncName } from '../wire/status.ts';
import type { OldFlag, OldLine } from './old-flags.ts';
import { type AsContext, isOn, textOf } from './program.ts';

export const NODE_FLAGS: readonly OldFlag[] = [
  {
    ...{ name: 'listen-all', kind: 'switch', default: 'false', env: 'RAFTCTL_LISTEN_ALL' },
    about: 'an empty host means every interface, not loopback',
  },
  {
    ...{ name: 'reads', kind: 'text', default: 'linearizable', env: 'RAFTCTL_READS' },
    options: ['linearizable', 'local'],
    about: "local: as the original, from this node's state, which may be behind",
  },
  {
    ...{ name: 'on-follower', kind: 'text', default: 'refuse', env: 'RAFTCTL_ON_FOLLOWER' },
    options: ['refuse', 'forward'],
    about: 'a write on a node that does not lead',
  },
  {
    ...{ name: 'fsync', kind: 'text', default: 'always', env: 'RAFTCTL_FSYNC' },
    options: ['always', 'batch', 'none'],
    about: 'when a write is synced; fixed when the directory is made',
  },
  {
    ...{ name: 'data-dir', kind: 'text', default: '', env: 'RAFTCTL_DATA_DIR' },
    about: 'where the data lies, in the place of the usual directory',
  },
  {
    ...{ name: 'secret-file', kind: 'text', default: '', env: 'RAFTCTL_SECRET_FILE' },
    about: 'what nodes prove to each other; usually one file of this user',
  },
];

/** Binds loopback for an empty host, and says so. */
export function addressOf(
  line: OldLine,
  context: AsContext,
  { flag, listens }: { readonly flag: string; readonly listens: boolean },
): string {
  const text = textOf(line, flag);
  const parsed = parseAddress(text);
  if (parsed === null || parsed.port === 0) {
    throw new RaftctlError('USAGE', {
      message: `Cannot use -${flag} ${JSON.stringify(text)}: it is not HOST:PORT or :PORT`,
    });
  }
  const isOpen = text.startsWith(':');
  if (isOpen && listens && isOn(line, 'listen-all')) return `0.0.0.0:${parsed.port}`;
  if (isOpen && listens && line.typed.has(flag)) {
    context.say(
      `-${flag} ${text} has no host: only this machine can reach it, on 127.0.0.1 (-listen-all opens it)`,
    );
  }
  // Go takes IPv4 for this name, and so must we: a resolver may put ::1 first.
  const host = parsed.host === 'localhost' ? '127.0.0.1' : parsed.host;
  return formatAddress({ host, port: parsed.port });
}

/** Of every member the same, whoever computes it. @throws {RaftctlError} USAGE */
export function adminPortOf(peerAddress: string): string {
  const address = adminAddressOf(peerAddress);
  if (address === null) throw new RaftctlError('USAGE', { message: `No address: ${peerAddress}` });
  return address;
}

export function portOf(
  line: OldLine,
  init: { readonly address: string; readonly dialect: DialectName; readonly commit?: 'later' },
): ClientPortConfig {
  return {
    address: init.address,
    dialect: init.dialect,
    onFollower: textOf(line, 'on-follower') as 'refuse' | 'forward',
    reads: textOf(line, 'reads') as 'linearizable' | 'local',
    commit: init.commit ?? 'wait',
  };
}

export function fsyncOf(line: OldLine): FsyncName {
  return textOf(line, 'fsync') as FsyncName;
}

export function directoryOf(line: OldLine, context: AsContext, usual: string): string {
  return resolve(context.cwd, textOf(line, 'data-dir') || usual);
}
