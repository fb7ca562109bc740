/** kvapi of goraft: a key-value store over HTTP, its members in a static list. */
import { formatAddress, parseAddress } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';
import { addressOf, adminPortOf, directoryOf, fsyncOf, NODE_FLAGS, portOf } from './node-flags.ts';
import { runOldNode } from './node-run.ts';
import type { OldLine } from './old-flags.ts';
import { type AsContext, type OldProgram, textOf } from './program.ts';
import { type ListedMember, listedCluster } from './static-members.ts';

const CLUSTER = '"0,:3030;1,:3031;2,:3032"';

export const KVAPI: OldProgram = {
  name: 'kvapi',
  system: 'goraft',
  about: 'Key-value store over HTTP, members in a static list.',
  examples: [
    `kvapi --node 0 --http :2020 --cluster ${CLUSTER}`,
    `kvapi --node 1 --http :2021 --cluster ${CLUSTER}`,
    `kvapi --node 2 --http :2022 --cluster ${CLUSTER}`,
  ],
  flags: [
    { name: 'node', kind: 'text', default: '', about: 'which of the list it is, from 0' },
    { name: 'http', kind: 'text', default: '', about: 'HTTP address' },
    { name: 'cluster', kind: 'text', default: '', about: 'all members: ID,ADDRESS;ID,ADDRESS;...' },
    ...NODE_FLAGS,
  ],
  run: runKvapi,
};

async function runKvapi(line: OldLine, context: AsContext): Promise<number> {
  for (const name of ['cluster', 'node', 'http']) {
    if (textOf(line, name) === '') throw refusal(`-${name} is missing`);
  }
  const listed = parseCluster(textOf(line, 'cluster'));
  const at = Number(textOf(line, 'node'));
  const own = listed[at];
  if (!/^\d+$/.test(textOf(line, 'node')) || own === undefined) {
    throw refusal(
      `-node is the place in the list, 0 to ${listed.length - 1}, not ${textOf(line, 'node')}`,
    );
  }
  const { members, clusterId } = listedCluster('kvapi', listed);
  const clientAddress = addressOf(line, context, { flag: 'http', listens: true });
  const { id, peerAddress } = own;
  return runOldNode(
    {
      cluster: 'kvapi',
      directory: directoryOf(line, context, `md_${id}`),
      self: { id, clientAddress, peerAddress, adminAddress: adminPortOf(peerAddress) },
      fsync: fsyncOf(line),
      ports: [portOf(line, { address: clientAddress, dialect: 'kvapi' })],
      start: { type: 'listed', member: at + 1, members, clusterId },
      onReady: () => context.say(`kvapi: node ${at} answers on http://${clientAddress}`),
    },
    line,
    context,
  );
}

/** @throws {RaftctlError} USAGE */
export function parseCluster(text: string): readonly ListedMember[] {
  const listed = text.split(';').map((part): ListedMember => {
    const match = /^\s*(\d+),(\S+)\s*$/.exec(part);
    const address = match === null ? null : parseAddress(match[2] ?? '');
    if (match === null || address === null || address.port === 0) {
      throw refusal(`-cluster is ID,ADDRESS;ID,ADDRESS;..., and ${JSON.stringify(part)} is not`);
    }
    const host = address.host === 'localhost' ? '127.0.0.1' : address.host;
    return {
      id: String(BigInt(match[1] ?? '0')),
      peerAddress: formatAddress({ ...address, host }),
    };
  });
  for (const key of ['id', 'peerAddress'] as const) {
    const all = listed.map((member) => member[key]);
    const twice = all.find((value, i) => all.indexOf(value) !== i);
    if (twice !== undefined) throw refusal(`${twice} is in the list twice`);
  }
  return listed;
}

function refusal(why: string): RaftctlError {
  return new RaftctlError('USAGE', {
    message: `Cannot read the command line of kvapi: ${why}`,
    hint: `For example: raftctl as ${KVAPI.examples[0]}`,
  });
}
