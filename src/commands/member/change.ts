import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { memberFlags, memberWish } from '../../cli/flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { changeLines } from '../../cluster/members-view.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { changeMembersOf } from '../../hosts/far-members.ts';
import { RaftctlError } from '../../std/errors.ts';

export default class MemberChange extends BaseCommand {
  static override summary = 'Change several members in one step (joint consensus).';
  static override description =
    'All of it happens, or nothing. Replaces a machine, for example: the new one caught up as a ' +
    'learner, then it is promoted and the old one removed together.';
  static override examples = [
    '<%= config.bin %> member change --promote n4 --remove n1 --cluster demo --wait',
  ];
  static override flags = {
    ...memberFlags,
    promote: Flags.string({
      summary: 'Make a learner a voter. Can be given several times.',
      helpValue: 'NODE',
      multiple: true,
      env: 'RAFTCTL_PROMOTE',
    }),
    demote: Flags.string({
      summary: 'Make a voter a learner. Can be given several times.',
      helpValue: 'NODE',
      multiple: true,
      env: 'RAFTCTL_DEMOTE',
    }),
    remove: Flags.string({
      summary: 'Remove a member. Can be given several times.',
      helpValue: 'NODE',
      multiple: true,
      env: 'RAFTCTL_REMOVE',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(MemberChange);
    const changes = (['promote', 'demote', 'remove'] as const).flatMap((type) =>
      (flags[type] ?? []).map((id) => ({ type, id })),
    );
    if (changes.length === 0) {
      throw new RaftctlError('USAGE', {
        message: 'Cannot change nothing: say --promote, --demote or --remove',
      });
    }
    const store = new ClusterStore(flags.dir);
    const say = (line: string): void => this.note(line);
    const result = await stoppable(
      () => this.note('Stopping'),
      (signal) => changeMembersOf({ ...memberWish(flags), store, changes, signal, say }),
    );
    for (const line of changeLines(result)) this.print(line);
    return this.answer('member.change', result);
  }
}
