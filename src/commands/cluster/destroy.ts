import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { dirFlag } from '../../cli/flags.ts';
import { ask } from '../../cli/question.ts';
import { destroyCluster } from '../../cluster/down.ts';
import { ClusterStore } from '../../cluster/store.ts';
import type { ClusterSpec } from '../../cluster/topology.ts';
import { destroyElsewhere, isElsewhere } from '../../hosts/far-nodes.ts';
import { RaftctlError } from '../../std/errors.ts';

const STOP_GRACE_MS = 2000;

export default class ClusterDestroy extends BaseCommand {
  static override summary = 'Stop a cluster and remove all its data, for ever.';
  static override description =
    'Asks for the name once more on a terminal; without one, --confirm must repeat it. ' +
    'A data directory that was chosen elsewhere (node start --join) stays.';
  static override examples = ['<%= config.bin %> cluster destroy demo --confirm demo'];
  static override args = {
    name: Args.string({ description: 'Name of the cluster.', required: true }),
  };
  static override flags = {
    dir: dirFlag,
    confirm: Flags.string({ summary: 'The name again.', helpValue: 'NAME' }),
    'no-input': Flags.boolean({ summary: 'Never ask; fail instead.', env: 'RAFTCTL_NO_INPUT' }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ClusterDestroy);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(args.name);
    const mayAsk = this.isInteractive && !flags['no-input'];
    const typed =
      flags.confirm ??
      (mayAsk ? await ask(`All data of ${spec.name} will be gone. Type its name: `) : null);
    if (typed !== spec.name) {
      throw new RaftctlError('CONFIRMATION_MISSING', {
        message:
          typed === null
            ? `Cannot destroy ${spec.name} without a confirmation`
            : `Cannot destroy ${spec.name} as the confirmation is ${JSON.stringify(typed)}`,
        hint: `Add --confirm ${spec.name}`,
      });
    }
    const nodes = isElsewhere(spec)
      ? await this.#elsewhere(store, spec)
      : await destroyCluster(store, spec, { graceMs: STOP_GRACE_MS });
    this.print(`Destroyed ${spec.name}`);
    return this.answer('cluster.destroy', { name: spec.name, nodes });
  }

  /** What is here goes last: with a machine that cannot be reached it can be tried again. */
  async #elsewhere(store: ClusterStore, spec: ClusterSpec): Promise<unknown> {
    const nodes = await destroyElsewhere(spec, STOP_GRACE_MS, (line) => this.note(line));
    await store.remove(spec.name);
    return nodes;
  }
}
