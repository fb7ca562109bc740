import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { memberFlags, memberWish } from '../../cli/flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { additionsOf } from '../../cluster/members.ts';
import { changeLines } from '../../cluster/members-view.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { changeMembersOf } from '../../hosts/far-members.ts';

export default class MemberAdd extends BaseCommand {
  static override summary = 'Make room for new members, as learners.';
  static override description =
    'Gives each a member number; their nodes must be started by somebody. To add and start nodes ' +
    'of a local cluster in one go: cluster scale.';
  static override examples = [
    '<%= config.bin %> member add n4=127.0.0.1:11003:12003:13003 --cluster demo',
  ];
  static override strict = false;
  static override usage = 'member add NAME=HOST:CLIENT:PEER:ADMIN...';
  static override flags = {
    ...memberFlags,
    join: Flags.boolean({
      summary: 'Promote them as soon as they have caught up.',
      env: 'RAFTCTL_JOIN',
    }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(MemberAdd);
    const changes = additionsOf(argv, flags.join);
    const store = new ClusterStore(flags.dir);
    const say = (line: string): void => this.note(line);
    const result = await stoppable(
      () => this.note('Stopping'),
      (signal) => changeMembersOf({ ...memberWish(flags), store, changes, signal, say }),
    );
    for (const line of changeLines(result)) this.print(line);
    return this.answer('member.add', result);
  }
}
