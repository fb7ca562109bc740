import { BaseCommand } from '../../cli/base-command.ts';
import { memberFlags, memberWish } from '../../cli/flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { changesOf } from '../../cluster/members.ts';
import { changeLines } from '../../cluster/members-view.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { changeMembersOf } from '../../hosts/far-members.ts';

export default class MemberDemote extends BaseCommand {
  static override summary = 'Make voters learners: they receive the log and decide nothing.';
  static override description =
    'Refused with exit code 7 when no failure would be tolerated afterwards, unless ' + '--force.';
  static override examples = ['<%= config.bin %> member demote n4 --cluster demo --wait'];
  static override strict = false;
  static override usage = 'member demote NODE...';
  static override flags = memberFlags;

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(MemberDemote);
    const changes = changesOf('demote', argv);
    const store = new ClusterStore(flags.dir);
    const say = (line: string): void => this.note(line);
    const result = await stoppable(
      () => this.note('Stopping'),
      (signal) => changeMembersOf({ ...memberWish(flags), store, changes, signal, say }),
    );
    for (const line of changeLines(result)) this.print(line);
    return this.answer('member.demote', result);
  }
}
