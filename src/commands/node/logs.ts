import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { LogFollower } from '../../cluster/log-follower.ts';
import { formatLogLine } from '../../cluster/log-line.ts';
import { type LogLine, mergedTail } from '../../cluster/log-tail.ts';
import { selectNodes } from '../../cluster/nodes.ts';
import { ClusterStore } from '../../cluster/store.ts';
import type { ClusterNode, ClusterSpec } from '../../cluster/topology.ts';
import { isElsewhere } from '../../hosts/far-nodes.ts';

export default class NodeLogs extends BaseCommand {
  static override summary = 'Show the logs of nodes, merged by time.';
  static override description = 'Without names: all nodes of the cluster. Also of dead ones.';
  static override examples = ['<%= config.bin %> node logs n1 --cluster demo --follow'];
  static override strict = false;
  static override usage = 'node logs [NODE...]';
  static override flags = {
    ...clusterChoice,
    follow: Flags.boolean({
      char: 'f',
      summary: 'Go on showing lines as they come.',
      env: 'RAFTCTL_FOLLOW',
    }),
    lines: Flags.integer({
      summary: 'How many of the last lines of each node.',
      default: 50,
      min: 0,
      env: 'RAFTCTL_LINES',
    }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(NodeLogs);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const nodes = selectNodes(spec, argv.map(String));
    const ids = nodes.map((node) => node.id);
    const paint = this.paintOut;
    const width = Math.max(...ids.map((id) => id.length));
    const all = spec.nodes.map((node) => node.id);
    const show = (id: string, line: string): void => {
      this.print(formatLogLine(line, { id, slot: all.indexOf(id), width, paint }));
    };
    const follows = flags.follow && !this.jsonEnabled();
    if (isElsewhere(spec)) {
      const lines = await this.#elsewhere(spec, nodes, { lines: flags.lines, follows, show });
      return this.answer('node.logs', { cluster: spec.name, lines });
    }
    const files = ids.map((id) => ({ id, path: store.logFileOf(spec.name, id) }));
    const tail = await mergedTail(files, flags.lines);
    for (const { id, line } of tail.lines) show(id, line);
    if (follows) {
      await untilInterrupted((signal) => new LogFollower(tail.ends, show).follow(signal));
    }
    return this.answer('node.logs', { cluster: spec.name, lines: tail.lines });
  }

  async #elsewhere(
    spec: ClusterSpec,
    nodes: readonly ClusterNode[],
    wish: {
      readonly lines: number;
      readonly follows: boolean;
      readonly show: (id: string, line: string) => void;
    },
  ): Promise<readonly LogLine[]> {
    const { followElsewhere, logsElsewhere } = await import('../../hosts/far-logs.ts');
    const show = ({ id, line }: LogLine): void => wish.show(id, line);
    const { lines } = wish;
    if (wish.follows) {
      await untilInterrupted((signal) => followElsewhere(spec, nodes, { lines, signal, show }));
      return [];
    }
    const found = await logsElsewhere(spec, nodes, lines);
    for (const line of found) show(line);
    return found;
  }
}

async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupts = new Interrupts(() => {});
  try {
    await work(interrupts.signal);
  } finally {
    interrupts.release();
  }
}
