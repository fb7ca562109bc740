import { BaseCommand } from '../../cli/base-command.ts';
import { eventFlags } from '../../cli/flags.ts';
import { timelineEvents, timelineLines } from '../../forensics/election-text.ts';
import { knownEvents } from '../../scenarios/known-events.ts';

export default class ElectionsTimeline extends BaseCommand {
  static override summary = 'Show all that had to do with leadership, on all nodes, in one order.';
  static override description =
    'Nodes of one machine share a clock, so the order is exact. Times are UTC; +... is the time ' +
    'since the line before.';
  static override examples = ['<%= config.bin %> elections timeline --cluster demo'];
  static override flags = eventFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(ElectionsTimeline);
    const { dir, recording } = flags;
    const known = await knownEvents({ dir, recording, cluster: this.clusterNamed(flags.cluster) });
    for (const line of timelineLines(known.events, this.paintOut)) this.print(line);
    if (known.silent.length > 0) this.note(`Did not answer: ${known.silent.join(', ')}`);
    const { cluster, silent } = known;
    return this.answer('elections.timeline', {
      ...{ cluster, silent },
      events: timelineEvents(known.events),
    });
  }
}
