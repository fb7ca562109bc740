import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { dirFlag, durationFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { downCluster } from '../../cluster/down.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { actElsewhere, isElsewhere } from '../../hosts/far-nodes.ts';

export default class ClusterDown extends BaseCommand {
  static override summary = 'Stop all nodes of a cluster; the data stays.';
  static override description =
    'Each node gets SIGTERM and ends in good order, a leader when somebody took over; one that is still there after --timeout is ' +
    'killed. An ephemeral cluster is removed.';
  static override examples = ['<%= config.bin %> cluster down demo --timeout 10s'];
  static override args = {
    name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
  };
  static override flags = {
    dir: dirFlag,
    timeout: durationFlag({
      summary: 'How long a node may take to end.',
      default: 10_000,
      defaultHelp: async () => '10s',
      env: 'RAFTCTL_TIMEOUT',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ClusterDown);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(this.clusterNamed(args.name));
    const interrupts = new Interrupts(() => this.note('Stopping (Ctrl-C again kills)'));
    try {
      const wish = { graceMs: flags.timeout, hurry: interrupts.hurry };
      const nodes = isElsewhere(spec)
        ? await actElsewhere(spec, spec.nodes, { verb: 'stop', timeoutMs: flags.timeout })
        : await downCluster(store, spec, wish);
      for (const node of nodes)
        this.print(`${node.id} ${node.outcome === 'idle' ? 'was down' : node.outcome}`);
      if (spec.ephemeral) this.print(`Removed ${spec.name}, which was ephemeral`);
      else this.note(`Start it again: raftctl cluster up ${spec.name}`);
      const data = { name: spec.name, removed: spec.ephemeral, nodes };
      return this.answer('cluster.down', data);
    } finally {
      interrupts.release();
    }
  }
}
