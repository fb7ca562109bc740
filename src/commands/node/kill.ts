import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice } from '../../cli/flags.ts';
import { killNodes, namedNodes } from '../../cluster/nodes.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { isElsewhere, nodesElsewhere } from '../../hosts/far-nodes.ts';

export default class NodeKill extends BaseCommand {
  static override summary = 'Kill nodes as a crash would (SIGKILL).';
  static override description =
    'The node gets no chance to say good-bye or to write anything. Start it again with node restart.';
  static override examples = ['<%= config.bin %> node kill n1 --cluster demo'];
  static override strict = false;
  static override usage = 'node kill NODE...';
  static override flags = clusterChoice;

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(NodeKill);
    const spec = await new ClusterStore(flags.dir).findAnywhere(flags.cluster ?? null);
    const nodes = namedNodes(spec, argv.map(String));
    const wish = { verb: 'kill', timeoutMs: 0 } as const;
    const results = isElsewhere(spec)
      ? await nodesElsewhere(spec, nodes, wish)
      : await killNodes(nodes);
    for (const { id, outcome } of results) {
      this.print(`${id} ${outcome === 'idle' ? 'was down' : outcome}`);
    }
    const [first] = results;
    this.note(`Bring it back: raftctl node restart ${first?.id ?? ''} --cluster ${spec.name}`);
    return this.answer('node.kill', { cluster: spec.name, nodes: results });
  }
}
