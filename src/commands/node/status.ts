import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice } from '../../cli/flags.ts';
import { selectNodes } from '../../cluster/nodes.ts';
import { clusterStatus } from '../../cluster/status.ts';
import { nodeLines } from '../../cluster/status-view.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { EXIT } from '../../std/errors.ts';

export default class NodeStatusCommand extends BaseCommand {
  static override summary = 'Show all that is known of single nodes.';
  static override description =
    'Without names: all nodes of the cluster. Exit code 5 when one of them is not up and well.';
  static override examples = ['<%= config.bin %> node status n1 --cluster demo'];
  static override strict = false;
  static override usage = 'node status [NODE...]';
  static override flags = clusterChoice;

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(NodeStatusCommand);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const chosen = new Set(selectNodes(spec, argv.map(String)).map((node) => node.id));
    const status = await clusterStatus(store, spec);
    const rows = status.nodes.filter((row) => chosen.has(row.id));
    rows.forEach((row, i) => {
      if (i > 0) this.print();
      for (const line of nodeLines(row, this.paintOut)) this.print(line);
    });
    const isWell = rows.every((row) => row.state === 'up' && row.error === null);
    const data = { cluster: spec.name, leader: status.leader, nodes: rows };
    return this.answer('node.status', data, isWell ? EXIT.ok : EXIT.unhealthy);
  }
}
