/** etcd's raftexample: a key-value store over HTTP, any path a key. */
import { formatAddress } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';
import { adminPortOf, directoryOf, fsyncOf, NODE_FLAGS, portOf } from './node-flags.ts';
import { runOldNode } from './node-run.ts';
import type { OldLine } from './old-flags.ts';
import { type AsContext, isOn, numberOf, type OldProgram, textOf } from './program.ts';
import { type ListedMember, listedCluster } from './static-members.ts';

const CLUSTER = 'http://127.0.0.1:12379,http://127.0.0.1:22379,http://127.0.0.1:32379';
const PORT_MAX = 65_535;
/** Of the log behind a snapshot. */
const TRAILING_ENTRIES = 10_000;

export const RAFTEXAMPLE: OldProgram = {
  name: 'raftexample',
  system: 'raftexample',
  about: "etcd's example: key-value store over HTTP, any path a key.",
  examples: [
    'raftexample --id 1 --cluster http://127.0.0.1:12379 --port 12380',
    `raftexample --id 1 --cluster ${CLUSTER} --port 12380`,
    `raftexample --id 2 --cluster ${CLUSTER} --port 22380`,
    `raftexample --id 3 --cluster ${CLUSTER} --port 32380`,
  ],
  flags: [
    { name: 'cluster', kind: 'text', default: 'http://127.0.0.1:9021', about: 'URLs of all peers' },
    { name: 'id', kind: 'number', default: '1', about: 'which of them it is, from 1' },
    { name: 'port', kind: 'number', default: '9121', about: 'HTTP port' },
    { name: 'join', kind: 'switch', default: 'false', about: 'join a cluster that runs' },
    {
      ...{ name: 'commit', kind: 'text', default: 'later', env: 'RAFTCTL_COMMIT' },
      options: ['later', 'wait'],
      about: 'later: a PUT is answered before its commit, as in the original',
    },
    {
      ...{ name: 'snap-count', kind: 'number', default: '10000', env: 'RAFTCTL_SNAP_COUNT' },
      about: 'a snapshot after so many entries; fixed when the directory is made',
    },
    ...NODE_FLAGS.filter(({ name }) => name !== 'on-follower'),
  ],
  run: runRaftexample,
};

async function runRaftexample(line: OldLine, context: AsContext): Promise<number> {
  if (line.words.length > 0)
    throw refusal(`there is no place for ${JSON.stringify(line.words[0])}`);
  const listed = parsePeers(textOf(line, 'cluster'));
  const number = numberOf(line, 'id');
  const own = listed[number - 1];
  if (own === undefined) {
    throw refusal(`-id is the place in the list, 1 to ${listed.length}, not ${number}`);
  }
  const snapshotEntries = numberOf(line, 'snap-count');
  if (snapshotEntries < 1) throw refusal('-snap-count is at least 1');
  const clientAddress = clientAddressOf(line, context);
  const { members, clusterId } = listedCluster('raftexample', listed);
  const { id, peerAddress } = own;
  // Any of the others may be the one that runs.
  const contacts = members.filter((m) => m.id !== id).map((m) => m.adminAddress);
  const port = portOf(line, { address: clientAddress, dialect: 'raftexample' });
  return runOldNode(
    {
      cluster: 'raftexample',
      directory: directoryOf(line, context, `raftexample-${id}`),
      self: { id, clientAddress, peerAddress, adminAddress: adminPortOf(peerAddress) },
      fsync: fsyncOf(line),
      snapshots: { snapshotEntries, trailingLogEntries: TRAILING_ENTRIES },
      ports: [{ ...port, commit: textOf(line, 'commit') as 'wait' | 'later' }],
      start: isOn(line, 'join')
        ? { type: 'join', contacts: async () => contacts }
        : { type: 'listed', member: number, members, clusterId },
      onReady: () => context.say(`raftexample: node ${id} answers on http://${clientAddress}`),
    },
    line,
    context,
  );
}

/** It listens on every interface in the original. */
function clientAddressOf(line: OldLine, context: AsContext): string {
  const port = numberOf(line, 'port');
  if (port < 1 || port > PORT_MAX) throw refusal(`${port} is not a port`);
  if (isOn(line, 'listen-all')) return `0.0.0.0:${port}`;
  context.say(`-port ${port}: only this machine can reach it, on 127.0.0.1 (-listen-all opens it)`);
  return `127.0.0.1:${port}`;
}

/** @throws {RaftctlError} USAGE */
export function parsePeers(text: string): readonly ListedMember[] {
  const listed = text.split(',').map((part, i): ListedMember => {
    const peerAddress = peerAddressOf(part.trim());
    if (peerAddress !== null) return { id: String(i + 1), peerAddress };
    throw refusal(
      `-cluster is a list of URLs like http://127.0.0.1:12379, and ${JSON.stringify(part)} is none`,
    );
  });
  const addresses = listed.map(({ peerAddress }) => peerAddress);
  const twice = addresses.find((address, i) => addresses.indexOf(address) !== i);
  if (twice !== undefined) throw refusal(`${twice} is in the list twice`);
  return listed;
}

/** @returns `host:port` of a peer's URL, or null when it is none. */
export function peerAddressOf(text: string): string | null {
  const match = /^https?:\/\/(?:\[([0-9a-fA-F:]+)\]|([^:/[\]]+)):(\d{1,5})\/?$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > PORT_MAX) return null;
  const host = match[1] ?? match[2] ?? '';
  return formatAddress({ host: host === 'localhost' ? '127.0.0.1' : host, port });
}

function refusal(why: string): RaftctlError {
  return new RaftctlError('USAGE', {
    message: `Cannot read the command line of raftexample: ${why}`,
    hint: `For example: raftctl as ${RAFTEXAMPLE.examples[0]}`,
  });
}
