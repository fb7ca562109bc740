import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { eventFlags } from '../../cli/flags.ts';
import { explanation } from '../../forensics/election-text.ts';
import { electionsOf } from '../../forensics/elections.ts';
import { knownEvents } from '../../scenarios/known-events.ts';
import { RaftctlError } from '../../std/errors.ts';

export default class ElectionsExplain extends BaseCommand {
  static override summary = 'Explain one election: timeouts, pre-votes, each vote, and the cause.';
  static override description =
    'Without a term: the newest election that somebody won. Causes: stop, kill, pause, stall, gc, ' +
    'slowDisk, diskFull, partition, transfer, start, unknown.';
  static override examples = [
    '<%= config.bin %> elections explain --cluster demo',
    '<%= config.bin %> elections explain 12 --cluster demo --json',
  ];
  static override args = {
    term: Args.custom<number>({
      description: 'Term of the election.',
      parse: async (text) => {
        if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
        const message = `Cannot read ${JSON.stringify(text)} as a term: it is not like 12`;
        throw new RaftctlError('USAGE', { message });
      },
    })(),
  };
  static override flags = eventFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ElectionsExplain);
    const { dir, recording } = flags;
    const known = await knownEvents({ dir, recording, cluster: this.clusterNamed(flags.cluster) });
    const elections = electionsOf(known.events);
    const election =
      args.term === undefined
        ? elections.findLast(({ winner }) => winner !== null)
        : elections.find(({ term }) => term === args.term);
    if (election === undefined) {
      const terms = elections.map(({ term }) => term).join(', ');
      throw new RaftctlError('USAGE', {
        message: `Cannot explain an election of term ${args.term ?? '?'}: nobody tells of one`,
        hint: terms === '' ? 'No election is known at all' : `Known are those of terms ${terms}`,
      });
    }
    for (const line of explanation(election, this.paintOut)) this.print(line);
    if (known.silent.length > 0) this.note(`Did not answer: ${known.silent.join(', ')}`);
    const { cluster, silent } = known;
    return this.answer('elections.explain', { cluster, silent, election });
  }
}
