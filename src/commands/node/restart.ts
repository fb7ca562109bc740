import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { entryOf } from '../../cli/entry.ts';
import { clusterChoice, waitTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { namedNodes, restartNodes } from '../../cluster/nodes.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { isElsewhere, restartElsewhere } from '../../hosts/far-nodes.ts';
import { formatDurationMs } from '../../std/units.ts';

export default class NodeRestart extends BaseCommand {
  static override summary = 'Stop and start nodes, one after the other.';
  static override description =
    'Starts those that are down. Goes on to the next only when one has caught up with the leader, ' +
    'so that a majority stays up; --no-wait does not. A leader hands over before it stops.';
  static override examples = ['<%= config.bin %> node restart n1 --cluster demo'];
  static override strict = false;
  static override usage = 'node restart NODE...';
  static override flags = {
    ...clusterChoice,
    wait: Flags.boolean({
      summary: 'Wait until each has caught up.',
      default: true,
      allowNo: true,
      env: 'RAFTCTL_NODE_WAIT',
    }),
    timeout: waitTimeoutFlag,
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(NodeRestart);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const nodes = namedNodes(spec, argv.map(String));
    const interrupts = new Interrupts(() => this.note('Stopping'));
    try {
      const init = {
        store,
        spec,
        nodes,
        entry: entryOf(this.config.root),
        timeoutMs: flags.timeout,
        signal: interrupts.signal,
      };
      const restart = isElsewhere(spec) ? restartElsewhere : restartNodes;
      const results = await restart(init, flags.wait);
      const tail = flags.wait ? ', caught up' : '';
      for (const { id, durationMs } of results) {
        this.print(`${id} restarted${tail} (${formatDurationMs(durationMs)})`);
      }
      return this.answer('node.restart', { cluster: spec.name, nodes: results });
    } finally {
      interrupts.release();
    }
  }
}
