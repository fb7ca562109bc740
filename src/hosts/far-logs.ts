/** Logs of nodes on other machines: their last lines, and those that come. */
import { inOrderOfTime, type LogLine } from '../cluster/log-tail.ts';
import type { ClusterNode, ClusterSpec } from '../cluster/topology.ts';
import { errorTold } from '../std/errors.ts';
import { aboutNodes, byMachine, callHand, handMissing, handWords, onEach } from './far-hand.ts';
import type { HandAnswer, LogsRequest } from './hand-request.ts';
import { SshConnections } from './ssh.ts';

/** The last lines of each, in the order of their times. @throws {RaftctlError} as `callHand`. */
export function logsElsewhere(
  spec: ClusterSpec,
  nodes: readonly ClusterNode[],
  lines: number,
): Promise<LogLine[]> {
  return SshConnections.use(async (connections) => {
    const found = await onEach(byMachine(nodes), (group) => {
      const request: LogsRequest = { ...aboutNodes(spec, group), verb: 'logs', lines };
      return callHand(connections, group[0].host, request);
    });
    return inOrderOfTime(found.flat());
  });
}

/**
 * Shows lines as they come, each machine's in their order, until it is told to stop. The first are
 * the last `lines` of each node.
 *
 * @throws {RaftctlError} when a machine is lost.
 */
export function followElsewhere(
  spec: ClusterSpec,
  nodes: readonly ClusterNode[],
  init: {
    readonly lines: number;
    readonly signal: AbortSignal;
    readonly show: (line: LogLine) => void;
  },
): Promise<void> {
  const { lines, signal, show } = init;
  return SshConnections.use(async (connections) => {
    await onEach(byMachine(nodes), async (group) => {
      const { host } = group[0];
      const request: LogsRequest = { ...aboutNodes(spec, group), verb: 'follow', lines };
      const input = `${JSON.stringify(request)}\n`;
      const onLine = (text: string): void => {
        const value = JSON.parse(text) as LogLine | HandAnswer;
        if ('line' in value) show(value);
        if ('error' in value) throw errorTold(value.error, `${host.ssh}: `);
      };
      const result = await connections.stream(host, handWords(host), { input, onLine, signal });
      if (result.code !== 0) throw handMissing(host, spec.name, result);
    });
  });
}
