import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { profileFlags } from '../../cli/profile-flags.ts';
import { profileNodes } from '../../scenarios/profile.ts';
import { formatBytes } from '../../std/units.ts';

export default class ProfileSnapshot extends BaseCommand {
  static override summary = 'Take snapshots of all that lives in the heap of running nodes.';
  static override description =
    'A node stands still while its heap is walked and needs about twice its memory: a leader is ' +
    'refused without --force. The files (.heapsnapshot) open in Chrome DevTools.';
  static override examples = ['<%= config.bin %> profile snapshot n1 --cluster demo'];
  static override strict = false;
  static override usage = 'profile snapshot NODE...|--all';
  static override flags = {
    ...profileFlags,
    force: Flags.boolean({
      summary: 'Also of the leader, which then stands still.',
      env: 'RAFTCTL_FORCE',
    }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(ProfileSnapshot);
    const interrupts = new Interrupts(() => this.note('Stopping'));
    const result = await profileNodes({
      kind: 'snapshot',
      dir: flags.dir,
      cluster: this.clusterNamed(flags.cluster),
      ids: argv.map(String),
      isAll: flags.all,
      durationMs: 1,
      intervalUs: 1000,
      isForced: flags.force,
      output: flags.output,
      signal: interrupts.signal,
    }).finally(() => interrupts.release());
    for (const { file, bytes } of result.profiles) this.print(`${file}  ${formatBytes(bytes)}`);
    return this.answer('profile.snapshot', result);
  }
}
