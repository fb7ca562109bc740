import { BaseCommand } from '../../cli/base-command.ts';
import { memberFlags } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { changeLines } from '../../cluster/members-view.ts';
import { changeRoster } from '../../cluster/roster.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { RaftctlError } from '../../std/errors.ts';

export default class MemberRemove extends BaseCommand {
  static override summary = 'Remove members; their nodes end by themselves.';
  static override description =
    'All named ones go in one step. A leader among them serves until that is committed. ' +
    'Their data in the folder of the cluster goes, too; a directory chosen elsewhere stays. ' +
    'Refused with exit code 7 when no failure would be tolerated afterwards, ' +
    'unless --force.';
  static override examples = ['<%= config.bin %> member remove n4 --cluster demo --wait'];
  static override strict = false;
  static override usage = 'member remove NODE...';
  static override flags = memberFlags;

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(MemberRemove);
    const changes = argv.map((id) => ({ type: 'remove', id: String(id) }) as const);
    if (changes.length === 0) {
      throw new RaftctlError('USAGE', { message: 'Cannot remove nobody: name the members' });
    }
    const store = new ClusterStore(flags.dir);
    const spec = await store.find(flags.cluster ?? null);
    const interrupts = new Interrupts(() => this.note('Stopping'));
    try {
      const { force, wait, 'dry-run': dryRun, timeout: timeoutMs } = flags;
      const { signal } = interrupts;
      const init = { store, spec, changes, force, wait, dryRun, timeoutMs, signal };
      const result = await changeRoster(init);
      for (const line of changeLines(result)) this.print(line);
      return this.answer('member.remove', { cluster: spec.name, ...result });
    } finally {
      interrupts.release();
    }
  }
}
