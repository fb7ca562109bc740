import { BaseCommand } from '../../cli/base-command.ts';
import { eventFlags } from '../../cli/flags.ts';
import { electionTable } from '../../forensics/election-text.ts';
import { electionsOf } from '../../forensics/elections.ts';
import { knownEvents } from '../../scenarios/known-events.ts';

export default class ElectionsList extends BaseCommand {
  static override summary = 'List elections: who won, how long it took, why the leader was lost.';
  static override description =
    'From the events that the nodes still know, or from a recording of raftctl top. A node forgets ' +
    'its events when it is started anew; what the others saw of it remains.';
  static override examples = [
    '<%= config.bin %> elections list --cluster demo',
    '<%= config.bin %> elections list --recording monday.rtrec --json',
  ];
  static override flags = eventFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ElectionsList);
    const { dir, recording } = flags;
    const known = await knownEvents({ dir, recording, cluster: this.clusterNamed(flags.cluster) });
    const elections = electionsOf(known.events);
    for (const line of electionTable(elections, this.paintOut)) this.print(line);
    if (known.silent.length > 0) this.note(`Did not answer: ${known.silent.join(', ')}`);
    return this.answer('elections.list', { ...known, events: known.events.length, elections });
  }
}
