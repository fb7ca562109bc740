import { BaseCommand } from '../../cli/base-command.ts';
import { memberFlags, memberWish } from '../../cli/flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { changesOf } from '../../cluster/members.ts';
import { changeLines } from '../../cluster/members-view.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { changeMembersOf } from '../../hosts/far-members.ts';

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
    const say = (line: string): void => this.note(line);
    const result = await stoppable(
      () => this.note('Stopping'),
      (signal) => changeMembersOf({ ...memberWish(flags), store, changes, signal, say }),
    );
    for (const line of changeLines(result)) this.print(line);
    return this.answer('member.promote', result);
  }
}
