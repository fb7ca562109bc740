import { BaseCommand } from '../../cli/base-command.ts';
import { memberFlags } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { changeMembers } from '../../cluster/members.ts';
import { changeLines } from '../../cluster/members-view.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { RaftctlError } from '../../std/errors.ts';

export default class MemberPromote extends BaseCommand {
  static override summary = 'Make learners voters.';
  static override description =
    'Refused while a learner lacks too much of the log; with --wait that is waited for.';
  static override examples = ['<%= config.bin %> member promote n4 --cluster demo --wait'];
  static override strict = false;
  static override usage = 'member promote NODE...';
  static override flags = memberFlags;

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(MemberPromote);
    const changes = argv.map((id) => ({ type: 'promote', id: String(id) }) as const);
    if (changes.length === 0) {
      throw new RaftctlError('USAGE', { message: 'Cannot promote nobody: name the members' });
    }
    const store = new ClusterStore(flags.dir);
    const spec = await store.find(flags.cluster ?? null);
    const interrupts = new Interrupts(() => this.note('Stopping'));
    try {
      const { force, wait, 'dry-run': dryRun, timeout: timeoutMs } = flags;
      const { signal } = interrupts;
      const init = { store, spec, changes, force, wait, dryRun, timeoutMs, signal };
      const result = await changeMembers(init);
      for (const line of changeLines(result)) this.print(line);
      return this.answer('member.promote', { cluster: spec.name, ...result });
    } finally {
      interrupts.release();
    }
  }
}
