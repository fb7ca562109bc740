import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { entryOf } from '../../cli/entry.ts';
import { dirFlag, waitTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { changeLines } from '../../cluster/members-view.ts';
import { scaleCluster } from '../../cluster/scale.ts';
import { ClusterStore } from '../../cluster/store.ts';

export default class ClusterScale extends BaseCommand {
  static override summary = 'Grow or shrink a local cluster while it serves.';
  static override description =
    'New nodes are learners until they have caught up with the log, then they get a vote. When it ' +
    'shrinks, the newest nodes but the leader are removed, end, and their data is deleted. Refused ' +
    'with exit code 7 when no failure would be tolerated afterwards, unless --force.';
  static override examples = ['<%= config.bin %> cluster scale demo --to 5'];
  static override args = {
    name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
  };
  static override flags = {
    dir: dirFlag,
    to: Flags.integer({
      summary: 'How many nodes there are to be.',
      helpValue: 'N',
      required: true,
      env: 'RAFTCTL_TO',
    }),
    'dry-run': Flags.boolean({
      summary: 'Only print voters, quorum and tolerance before and after.',
      env: 'RAFTCTL_DRY_RUN',
    }),
    force: Flags.boolean({
      summary: 'Also when no failure would be tolerated afterwards.',
      env: 'RAFTCTL_FORCE',
    }),
    timeout: waitTimeoutFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ClusterScale);
    const store = new ClusterStore(flags.dir);
    const spec = await store.find(this.clusterNamed(args.name));
    const { formatNode } = await import('../../node/format.ts');
    const interrupts = new Interrupts(() => this.note('Stopping'));
    try {
      const result = await scaleCluster({
        ...{ store, spec, formatNode, to: flags.to, force: flags.force, dryRun: flags['dry-run'] },
        ...{
          timeoutMs: flags.timeout,
          signal: interrupts.signal,
          entry: entryOf(this.config.root),
        },
      });
      if (result.change === null) this.print(`${spec.name} has ${flags.to} nodes already`);
      else for (const line of changeLines(result.change)) this.print(line);
      if (!flags['dry-run']) {
        for (const id of result.added) this.print(`${id} joined`);
        for (const id of result.removed) this.print(`${id} removed`);
      }
      return this.answer('cluster.scale', { name: spec.name, to: flags.to, ...result });
    } finally {
      interrupts.release();
    }
  }
}
