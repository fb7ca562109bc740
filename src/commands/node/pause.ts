import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice } from '../../cli/flags.ts';
import { namedNodes, pauseNodes } from '../../cluster/nodes.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { isElsewhere, nodesElsewhere } from '../../hosts/far-nodes.ts';

export default class NodePause extends BaseCommand {
  static override summary =
    'Stop the clocks of nodes (SIGSTOP): they hold everything and do nothing.';
  static override description =
    'To the others a paused node is one that has fallen silent: connections stay open, answers stop ' +
    'coming. When it goes on, it finds out that time has passed.';
  static override examples = ['<%= config.bin %> node pause n1 --cluster demo'];
  static override strict = false;
  static override usage = 'node pause NODE...';
  static override flags = clusterChoice;

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(NodePause);
    const spec = await new ClusterStore(flags.dir).findAnywhere(flags.cluster ?? null);
    const nodes = namedNodes(spec, argv.map(String));
    const wish = { verb: 'pause', timeoutMs: 0 } as const;
    const results = isElsewhere(spec)
      ? await nodesElsewhere(spec, nodes, wish)
      : await pauseNodes(nodes);
    for (const { id, outcome } of results) {
      this.print(`${id} ${outcome === 'idle' ? 'is down' : outcome}`);
    }
    const [first] = results;
    this.note(`Let it go on: raftctl node resume ${first?.id ?? ''} --cluster ${spec.name}`);
    return this.answer('node.pause', { cluster: spec.name, nodes: results });
  }
}
