import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { dirFlag } from '../../cli/flags.ts';
import { clusterStatus, troubleOf } from '../../cluster/status.ts';
import { statusLines } from '../../cluster/status-view.ts';
import { ClusterStore } from '../../cluster/store.ts';

export default class ClusterStatusCommand extends BaseCommand {
  static override summary = 'Show who leads, who is down and how far behind each node is.';
  static override description =
    'Exit code 0: every node is well. 5: it serves, or has a leader, but some node is not well. ' +
    '3: nobody leads. A dead node stays a row.';
  static override examples = ['<%= config.bin %> cluster status demo --json'];
  static override args = {
    name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
  };
  static override flags = { dir: dirFlag };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ClusterStatusCommand);
    const store = new ClusterStore(flags.dir);
    const spec = await store.find(this.clusterNamed(args.name));
    const status = await clusterStatus(store, spec);
    for (const line of statusLines(status, this.paintOut)) this.print(line);
    const exit = this.showTrouble(troubleOf(status));
    return this.answer('cluster.status', status, exit);
  }
}
