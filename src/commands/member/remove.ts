import { BaseCommand } from '../../cli/base-command.ts';
import { memberFlags, memberWish } from '../../cli/flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { changesOf } from '../../cluster/members.ts';
import { changeLines } from '../../cluster/members-view.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { changeMembersOf } from '../../hosts/far-members.ts';

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
    const changes = changesOf('remove', argv);
    const store = new ClusterStore(flags.dir);
    const say = (line: string): void => this.note(line);
    const result = await stoppable(
      () => this.note('Stopping'),
      (signal) => changeMembersOf({ ...memberWish(flags), store, changes, signal, say }),
    );
    for (const line of changeLines(result)) this.print(line);
    return this.answer('member.remove', result);
  }
}
