import { BaseCommand } from '../../cli/base-command.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { profileDuration, profileFlags } from '../../cli/profile-flags.ts';
import { profileNodes } from '../../scenarios/profile.ts';
import { formatBytes } from '../../std/units.ts';

export default class ProfileHeap extends BaseCommand {
  static override summary = 'Take profiles of what running nodes allocate and keep.';
  static override description =
    'Samples allocations for a while; what was collected by its end is left out (profile allocs ' +
    'has it). The files (.heapprofile) open in Chrome DevTools.';
  static override examples = ['<%= config.bin %> profile heap n1 --cluster demo'];
  static override strict = false;
  static override usage = 'profile heap NODE...|--all';
  static override flags = { ...profileFlags, duration: profileDuration };

  protected readonly kind: 'heap' | 'allocs' = 'heap';

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(ProfileHeap);
    const interrupts = new Interrupts(() => this.note('Stopping'));
    const result = await profileNodes({
      kind: this.kind,
      dir: flags.dir,
      cluster: this.clusterNamed(flags.cluster),
      ids: argv.map(String),
      isAll: flags.all,
      durationMs: flags.duration,
      intervalUs: 1000,
      isForced: false,
      output: flags.output,
      signal: interrupts.signal,
    }).finally(() => interrupts.release());
    for (const { file, bytes } of result.profiles) this.print(`${file}  ${formatBytes(bytes)}`);
    return this.answer(`profile.${this.kind}`, result);
  }
}
