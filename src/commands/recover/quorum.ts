import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { entryOf } from '../../cli/entry.ts';
import { dirFlag, waitTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { ask } from '../../cli/question.ts';
import { recoverQuorum } from '../../cluster/recover.ts';
import { recoveryLines } from '../../cluster/recover-view.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { RaftctlError } from '../../std/errors.ts';

export default class RecoverQuorum extends BaseCommand {
  static override summary = 'Let a cluster that lost its majority go on with what is left.';
  static override description =
    'For when a majority of the voters is gone for good: their disks are lost. Writes that only they ' +
    'had are lost, too. All nodes must be stopped. The survivors become the cluster: the ' +
    'log with the latest entry goes on, the others follow it, and they are started. What is changed ' +
    'is copied first. Refused with exit code 7 while those that are left can elect a leader, or when a lost ' +
    'one answers. Asks for the name on a terminal; without one, --confirm must say it.';
  static override examples = [
    '<%= config.bin %> recover quorum demo --dry-run',
    '<%= config.bin %> recover quorum demo --survivors n1,n3 --confirm demo',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the cluster.', required: true }),
  };
  static override flags = {
    dir: dirFlag,
    survivors: Flags.string({
      summary: 'Whom you believe to be left; refused when it is not so. [default: whoever is]',
      helpValue: 'NODE,...',
      env: 'RAFTCTL_SURVIVORS',
    }),
    confirm: Flags.string({ summary: 'The name again.', helpValue: 'NAME' }),
    'dry-run': Flags.boolean({
      summary: 'Only print what would happen and what may be lost.',
      env: 'RAFTCTL_DRY_RUN',
    }),
    'no-input': Flags.boolean({ summary: 'Never ask; fail instead.', env: 'RAFTCTL_NO_INPUT' }),
    timeout: waitTimeoutFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(RecoverQuorum);
    const { timeout: timeoutMs, survivors = '', 'dry-run': isDryRun } = flags;
    const store = new ClusterStore(flags.dir);
    const spec = await store.find(args.name);
    const { assessRecovery: assess, applyRecovery: apply } = await import('../../node/recovery.ts');
    const interrupts = new Interrupts(() => this.note('Stopping'));
    const begun = performance.now();
    try {
      const { plan, unusable, kept } = await recoverQuorum({
        ...{ store, spec, timeoutMs, tools: { assess, apply } },
        survivors: survivors.split(',').filter((id) => id !== ''),
        confirm: async (found) => {
          for (const line of recoveryLines(spec, found, this.paintOut)) this.print(line);
          if (isDryRun) return 'dryRun';
          await this.#confirm(spec.name);
          return 'go';
        },
        entry: entryOf(this.config.root),
        signal: interrupts.signal,
      });
      if (kept !== null) this.print(`Recovered ${spec.name}; what was there before: ${kept}`);
      const durationMs = Math.round(performance.now() - begun);
      return this.answer('recover.quorum', {
        ...{ name: spec.name, recovered: kept !== null, kept, durationMs, unusable, ...plan },
      });
    } finally {
      interrupts.release();
    }
  }

  async #confirm(name: string): Promise<void> {
    const { flags } = await this.parse(RecoverQuorum);
    const mayAsk = this.isInteractive && !flags['no-input'];
    const typed =
      flags.confirm ?? (mayAsk ? await ask(`Type the name of the cluster to go on: `) : null);
    if (typed === name) return;
    throw new RaftctlError('CONFIRMATION_MISSING', {
      message:
        typed === null
          ? `Cannot recover ${name} without a confirmation: acknowledged writes may be lost`
          : `Cannot recover ${name} as the confirmation is ${JSON.stringify(typed)}`,
      hint: `Read what --dry-run says, then add --confirm ${name}`,
    });
  }
}
