import { BaseCommand } from '../../cli/base-command.ts';
import { memberFlags, memberWish } from '../../cli/flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { changesOf } from '../../cluster/members.ts';
import { changeLines } from '../../cluster/members-view.ts';
import { changeRosterOf } from '../../cluster/roster.ts';
import { ClusterStore } from '../../cluster/store.ts';

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
    const changes = changesOf('promote', argv);
    const store = new ClusterStore(flags.dir);
    const result = await stoppable(
      () => this.note('Stopping'),
      (signal) => changeRosterOf({ ...memberWish(flags), store, changes, signal }),
    );
    for (const line of changeLines(result)) this.print(line);
    return this.answer('member.promote', result);
  }
}
