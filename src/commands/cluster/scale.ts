import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { entryOf } from '../../cli/entry.ts';
import { dirFlag, waitTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { changeLines } from '../../cluster/members-view.ts';
import { type ScaleInit, type ScaleResult, scaleCluster, siteHere } from '../../cluster/scale.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { isElsewhere } from '../../hosts/far-nodes.ts';

export default class ClusterScale extends BaseCommand {
  static override summary = 'Grow or shrink a cluster while it serves.';
  static override description =
    'New nodes are learners until they have caught up with the log, then they get a vote. When it ' +
    'shrinks, the newest nodes but the leader are removed, end, and their data is deleted. Refused ' +
    'with exit code 7 when no failure would be tolerated afterwards, unless --force. Of a cluster ' +
    'over other machines --hosts names those that new nodes go to, behind those that it has.';
  static override examples = [
    '<%= config.bin %> cluster scale demo --to 5',
    '<%= config.bin %> cluster scale wide --to 5 --hosts hosts.toml',
  ];
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
    hosts: Flags.string({
      summary: 'Machines of a cluster that runs on others than this one, with new ones (TOML).',
      helpValue: 'FILE',
      env: 'RAFTCTL_HOSTS',
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
    const spec = await store.findAnywhere(this.clusterNamed(args.name));
    const interrupts = new Interrupts(() => this.note('Stopping'));
    try {
      const { signal } = interrupts;
      const { to, force, timeout: timeoutMs, 'dry-run': dryRun } = flags;
      const wish = { store, spec, to, force, dryRun, timeoutMs, signal };
      const result = isElsewhere(spec)
        ? await this.#elsewhere(wish, flags.hosts ?? null)
        : await this.#here(wish);
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

  async #here(wish: Omit<ScaleInit, 'site'>): Promise<ScaleResult> {
    const { formatNode } = await import('../../node/format.ts');
    const entry = entryOf(this.config.root);
    return scaleCluster({ ...wish, site: siteHere({ ...wish, entry, formatNode }) });
  }

  async #elsewhere(wish: Omit<ScaleInit, 'site'>, hostsFile: string | null): Promise<ScaleResult> {
    const { scaleElsewhere } = await import('../../hosts/far-scale.ts');
    const say = (line: string): void => this.note(line);
    return scaleElsewhere({ ...wish, hostsFile, root: this.config.root, say });
  }
}
