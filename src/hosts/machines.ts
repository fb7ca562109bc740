/** Looking at machines before anything is put there, and putting the program there. */

import type { ClusterNode, NodeHost } from '../cluster/topology.ts';
import { formatAddress, parseAddress } from '../std/address.ts';
import { RaftctlError } from '../std/errors.ts';
import { byMachine, nodeMissing, onEach } from './far-hand.ts';
import { type HostFacts, judgeHost, preflightScript } from './preflight.ts';
import type { PackedProgram } from './program-pack.ts';
import type { SshConnections } from './ssh.ts';

const LOOK_MS_MAX = 30_000;
const UPLOAD_MS_MAX = 600_000;
const COMMAND_NOT_FOUND = 127;

/**
 * @returns each host's folder, absolute.
 * @throws {RaftctlError} HOST_UNFIT with everything that is wrong, on all of them; UNREACHABLE,
 *   UNAUTHORIZED.
 */
export async function examine(
  connections: SshConnections,
  nodes: readonly Omit<ClusterNode, 'member'>[],
  say: (line: string) => void,
): Promise<ReadonlyMap<NodeHost, string>> {
  const folders = new Map<NodeHost, string>();
  const found = await onEach(byMachine(nodes), async (group) => {
    const { host } = group[0];
    const { directory, units } = host;
    const addresses = group.flatMap(addressesOf);
    const input = preflightScript({ directory, addresses, ...(units !== undefined && { units }) });
    const sentMs = Date.now();
    const wish = { input, timeoutMs: LOOK_MS_MAX };
    const { code, stdout, stderr } = await connections.run(host, [host.node, '-'], wish);
    const receivedMs = Date.now();
    if (code === COMMAND_NOT_FOUND) throw nodeMissing(host);
    const facts = factsIn(stdout);
    if (facts === null) {
      const said = `${stderr}${stdout}`.trim().split('\n').at(-1) ?? '';
      return [`${host.ssh}: cannot look around there (exit code ${code}): ${said}`];
    }
    for (const one of group) folders.set(one.host, facts.directory);
    const { problems, notes } = judgeHost(facts, { sentMs, receivedMs });
    for (const note of notes) say(`${host.ssh}: ${note}`);
    return problems.map((problem) => `${host.ssh}: ${problem}`);
  });
  const problems = found.flat();
  if (problems.length === 0) return folders;
  throw new RaftctlError('HOST_UNFIT', {
    message: `Cannot start there: ${problems.join('; ')}`,
    hint: 'Nothing was put anywhere. Mend it, then the same command again',
  });
}

function addressesOf({
  clientAddress,
  peerAddress,
  adminAddress,
}: Omit<ClusterNode, 'member'>): string[] {
  return [clientAddress, peerAddress, adminAddress].map((text) => {
    const address = parseAddress(text);
    return address === null ? text : formatAddress(address);
  });
}

function factsIn(stdout: string): HostFacts | null {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as HostFacts;
  } catch {
    return null;
  }
}

/** Puts it on all machines that lack it. */
export async function putEverywhere(
  connections: SshConnections,
  nodes: readonly Omit<ClusterNode, 'member'>[],
  program: PackedProgram,
  say: (line: string) => void,
): Promise<void> {
  await onEach(byMachine(nodes), async ([{ host }]) => {
    if (await putProgram(connections, host, program)) say(`${host.ssh} has ${program.id}`);
  });
}

/** Whole or not at all: it is unpacked beside its place, and moved there. */
const UNPACK = `set -e
mkdir -p "$1"
cd "$1"
chmod 700 .
new=".$2.$$"
rm -rf "$new"
mkdir "$new"
tar -xzf - -C "$new"
[ -e "$2" ] || mv "$new" "$2"
rm -rf "$new"
`;

/** From now on it is young: nobody tidies it away before a node is known to need it. */
const FIND = '[ -e "$1/bin/run.js" ] || exit 1; touch "$1" || true';

/** @returns whether it was not there yet. */
async function putProgram(
  connections: SshConnections,
  host: NodeHost,
  { id, archive }: PackedProgram,
): Promise<boolean> {
  const find = ['sh', '-c', FIND, 'sh', host.program];
  const there = await connections.run(host, find, { timeoutMs: LOOK_MS_MAX });
  if (there.code === 0) return false;
  const folder = host.program.slice(0, -id.length - 1);
  const words = ['sh', '-c', UNPACK, 'sh', folder, id];
  const result = await connections.run(host, words, {
    input: await archive(),
    timeoutMs: UPLOAD_MS_MAX,
  });
  if (result.code === 0) return true;
  throw new RaftctlError('HOST_UNFIT', {
    message: `Cannot put raftctl on ${host.ssh}, into ${folder}: ${result.stderr.trim().split('\n').at(-1)}`,
    hint: 'Make room there, or choose another folder: directory = "/path" in the file of hosts',
  });
}
