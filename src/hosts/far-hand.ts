/** Calls the hand that is on another machine, and understands what it answers. */
import { posix } from 'node:path';
import type { ClusterNode, ClusterSpec, NodeHost } from '../cluster/topology.ts';
import { errorTold, RaftctlError, tellError } from '../std/errors.ts';
import { type AnswerTo, HAND_VERSION, type HandAnswer, type HandRequest } from './hand-request.ts';
import type { SshConnections, SshResult } from './ssh.ts';

/** A node, also one that is only planned, with the machine it runs on. */
export type FarNode<N extends Placeable = ClusterNode> = N & { readonly host: NodeHost };

type Placeable = Omit<ClusterNode, 'member'>;

/** For ssh, and for starting the hand. */
const HAND_MS = 30_000;
/** For a machine to read or to copy all that a node holds. */
export const DATA_MS_MAX = 3_600_000;
const COMMAND_NOT_FOUND = 127;

/** Folder that holds clusters on a machine. */
export function clustersOn({ directory }: Pick<NodeHost, 'directory'>): string {
  return posix.join(directory, 'clusters');
}

/** Nodes by machine and folder. */
export function byMachine<N extends Placeable>(
  nodes: readonly N[],
): [FarNode<N>, ...FarNode<N>[]][] {
  const groups = new Map<string, [FarNode<N>, ...FarNode<N>[]]>();
  for (const node of nodes) {
    if (node.host === undefined) continue;
    const { ssh, sshConfig, directory } = node.host;
    const key = JSON.stringify([ssh, sshConfig, directory]);
    const far: FarNode<N> = { ...node, host: node.host };
    const group = groups.get(key);
    groups.set(key, group === undefined ? [far] : [...group, far]);
  }
  return [...groups.values()];
}

/** What every request says: which nodes of which cluster, and where they lie. */
export function aboutNodes(spec: ClusterSpec, [first, ...rest]: readonly [FarNode, ...FarNode[]]) {
  return {
    version: HAND_VERSION,
    directory: clustersOn(first.host),
    cluster: spec.name,
    clusterId: spec.clusterId,
    ids: [first, ...rest].map(({ id }) => id),
  } as const;
}

/** The command that starts the hand there. */
export function handWords(host: NodeHost): string[] {
  return [host.node, posix.join(host.program, 'dist/hosts/hand-main.js')];
}

/** @throws {RaftctlError} what the hand answered, with the machine's name before it. */
export async function callHand<R extends HandRequest>(
  connections: SshConnections,
  host: NodeHost,
  request: R,
): Promise<AnswerTo<R>> {
  const timeoutMs = HAND_MS + ('timeoutMs' in request ? (request.timeoutMs ?? 0) : 0);
  const input = `${JSON.stringify(request)}\n`;
  // Who is making nodes is waited for: what ends here only would go on there.
  const isApart = request.verb === 'make';
  const asked = connections.run(host, handWords(host), { input, timeoutMs, isApart });
  const result = await asked.catch((error: unknown) => {
    throw mayGoOn(error, host);
  });
  const answer = answerOf(result);
  if (answer === null) throw handMissing(host, request.cluster, result);
  if ('answer' in answer) return answer.answer as AnswerTo<R>;
  throw errorTold(answer.error, `${host.ssh}: `);
}

/** Whoever does not wait any longer has not ended what runs there. */
function mayGoOn(error: unknown, { ssh }: NodeHost): unknown {
  if (!(error instanceof RaftctlError) || error.code !== 'WAIT_TIMEOUT') return error;
  return errorTold({
    ...tellError(error),
    hint: `What was asked may go on there. See what is at it: ssh ${ssh} pgrep -fl hand-main.js`,
  });
}

function answerOf({ code, stdout }: SshResult): HandAnswer | null {
  if (code !== 0) return null;
  // What a shell there prints at its start comes before.
  const line = stdout.trim().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line) as HandAnswer;
  } catch {
    return null;
  }
}

export function handMissing(host: NodeHost, cluster: string, result: SshResult): RaftctlError {
  if (result.code === COMMAND_NOT_FOUND) return nodeMissing(host);
  if (/Cannot find module/.test(result.stderr)) {
    return new RaftctlError('HOST_UNFIT', {
      message: `Cannot do that on ${host.ssh}: there is no raftctl in ${host.program}`,
      hint: `Put it there again: raftctl cluster up ${cluster}`,
    });
  }
  const said = `${result.stderr}${result.stdout}`.trim().split('\n').at(-1) ?? '';
  return new RaftctlError('HOST_UNFIT', {
    message: `Cannot do that on ${host.ssh}: raftctl ended there with exit code ${result.code}: ${said}`,
    hint: `See whether it runs: ssh ${host.ssh} ${host.node} --version`,
  });
}

export function nodeMissing({ ssh, node }: Pick<NodeHost, 'ssh' | 'node'>): RaftctlError {
  return new RaftctlError('HOST_UNFIT', {
    message: `Cannot run a node on ${ssh}: there is no program ${node}`,
    hint: 'Install Node 20.19 or newer there, or name it in the file of hosts: node = "/path/to/node"',
  });
}

/** Waits for all, whatever becomes of some. @throws {RaftctlError} that names all that failed. */
export async function onEach<T, R>(
  items: readonly T[],
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const settled = await Promise.allSettled(items.map(task));
  const errors = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  const [first] = errors;
  if (errors.length === 1 || (first !== undefined && !(first instanceof RaftctlError))) throw first;
  if (first instanceof RaftctlError) throw inOne([first, ...errors.slice(1)]);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

/** Null: there is no trouble. */
export function allInOne([first, ...rest]: readonly RaftctlError[]): RaftctlError | null {
  return first === undefined ? null : inOne([first, ...rest]);
}

/** One error that names all of them; the first says what to do. */
export function inOne([first, ...rest]: readonly [RaftctlError, ...unknown[]]): RaftctlError {
  const messages = rest.map((error) => (error instanceof Error ? error.message : String(error)));
  const message = [first.message, ...messages].join('; ');
  return errorTold({ ...tellError(first), message });
}
