import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice } from '../../cli/flags.ts';
import { namedNodes, resumeNodes } from '../../cluster/nodes.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { isElsewhere, nodesElsewhere } from '../../hosts/far-nodes.ts';

export default class NodeResume extends BaseCommand {
  static override summary = 'Let paused nodes go on (SIGCONT).';
  static override description =
    'A node that was not paused goes on as it was. Wait for it: node wait NODE --for caught-up.';
  static override examples = ['<%= config.bin %> node resume n1 --cluster demo'];
  static override strict = false;
  static override usage = 'node resume NODE...';
  static override flags = clusterChoice;

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(NodeResume);
    const spec = await new ClusterStore(flags.dir).findAnywhere(flags.cluster ?? null);
    const nodes = namedNodes(spec, argv.map(String));
    const wish = { verb: 'resume', timeoutMs: 0 } as const;
    const results = isElsewhere(spec)
      ? await nodesElsewhere(spec, nodes, wish)
      : await resumeNodes(nodes);
    for (const { id, outcome } of results) {
      this.print(`${id} ${outcome === 'idle' ? 'is down' : outcome}`);
    }
    return this.answer('node.resume', { cluster: spec.name, nodes: results });
  }
}
