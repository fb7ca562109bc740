import { hostname } from 'node:os';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { trustCertFlags } from '../../cli/flags.ts';
import { agreementOf, askRecordLog } from '../../client/record-log.ts';
import { entrustGiven } from '../../cluster/given-credentials.ts';

export default class LogTruncate extends BaseCommand {
  static override summary = "Tell a logger that a replica does not need its log's beginning.";
  static override description =
    'Drops nothing by itself: only when a majority of the voters has said so, the commands up to the ' +
    'smallest index that they named go. Each replica is counted by its name, whoever asks for it.';
  static override examples = [
    '<%= config.bin %> log truncate 127.0.0.1:11050 --through 120000 --replica n1',
  ];
  static override args = {
    address: Args.string({ description: 'HOST:PORT of the logger.', required: true }),
  };
  static override flags = {
    through: Flags.integer({
      summary: 'The last index that the replica does not need.',
      required: true,
      min: 1,
      env: 'RAFTCTL_THROUGH',
    }),
    replica: Flags.string({
      summary: 'Which replica says so. [default: the name of this machine]',
      helpValue: 'NAME',
      env: 'RAFTCTL_REPLICA',
    }),
    ...trustCertFlags,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(LogTruncate);
    const { address } = args;
    await entrustGiven([address], flags);
    const { through, replica = hostname() } = flags;
    const answer = await askRecordLog(address, `truncate-${through}`, replica);
    const agreed = agreementOf(answer, address);
    const isDropped = agreed.asked >= agreed.needed;
    this.print(
      isDropped
        ? `Dropped, as ${agreed.asked} replicas have asked: what none of them needs`
        : `${agreed.asked} of ${agreed.needed} replicas have asked: nothing is dropped yet`,
    );
    return this.answer('log.truncate', { address, replica, ...agreed, isDropped });
  }
}
