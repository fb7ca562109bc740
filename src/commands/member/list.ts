import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice } from '../../cli/flags.ts';
import { leaderStatus } from '../../cluster/members.ts';
import { memberLines } from '../../cluster/members-view.ts';
import { ClusterStore } from '../../cluster/store.ts';

export default class MemberList extends BaseCommand {
  static override summary = 'Show who belongs to a cluster, as its leader knows it.';
  static override description =
    'Voters decide; learners only receive the log. CHANGING says that a change has not ended yet.';
  static override examples = ['<%= config.bin %> member list --cluster demo'];
  static override flags = clusterChoice;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(MemberList);
    const spec = await new ClusterStore(flags.dir).findAnywhere(flags.cluster ?? null);
    const { members, leader, term, changing } = await leaderStatus(spec);
    for (const line of memberLines(members, leader, this.paintOut)) this.print(line);
    if (changing) this.note('CHANGING: a change of the members has not ended yet');
    return this.answer('member.list', { cluster: spec.name, leader, term, changing, members });
  }
}
