import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { trustCertFlags } from '../../cli/flags.ts';
import { entryLine, entryRow } from '../../cli/record-text.ts';
import { askRecordLog, intervalOf, lackedOf } from '../../client/record-log.ts';
import { entrustGiven } from '../../cluster/given-credentials.ts';
import { checkTarget, writeWholeFile } from '../../cluster/whole-file.ts';
import { RaftctlError } from '../../std/errors.ts';
import { formatBytes, plural } from '../../std/units.ts';

export default class LogRecover extends BaseCommand {
  static override summary = 'Fetch commands, by their index, from the log of a logger.';
  static override description =
    'ADDRESS is the port on which a logger (node start --app logger) hands out what it has written, ' +
    'or one of a raft-demo server (-hrecov). Both ends of the interval belong to it. Entries that ' +
    'the logger lacks, because they came to it as a snapshot, are told.';
  static override examples = [
    '<%= config.bin %> log recover 127.0.0.1:11050 --from 5 --to 9',
    '<%= config.bin %> log recover 127.0.0.1:11050 --output commands.log',
  ];
  static override args = {
    address: Args.string({ description: 'HOST:PORT of the logger.', required: true }),
  };
  static override flags = {
    from: Flags.integer({ summary: 'First index.', default: 1, min: 1, env: 'RAFTCTL_FROM' }),
    to: Flags.integer({ summary: 'Last index. [default: the newest]', min: 1, env: 'RAFTCTL_TO' }),
    output: Flags.string({
      summary: 'Write the records, as they lie in the log, to this file.',
      helpValue: 'FILE',
      env: 'RAFTCTL_OUTPUT',
    }),
    force: Flags.boolean({ summary: 'Replace FILE if it exists.', env: 'RAFTCTL_FORCE' }),
    ...trustCertFlags,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(LogRecover);
    const { from, to = Number.MAX_SAFE_INTEGER, output } = flags;
    if (from > to) {
      throw new RaftctlError('USAGE', {
        message: `Cannot fetch entries ${from} to ${to}: the first comes behind the last`,
      });
    }
    const target = output === undefined ? null : { path: resolve(output), mayReplace: flags.force };
    if (target !== null) await checkTarget(target);
    const { address } = args;
    await entrustGiven([address], flags);
    const lacks = lackedOf(await askRecordLog(address, 'lacks')).filter(
      ({ first, last }) => first <= to && last >= from,
    );
    // The port takes no more digits than 15.
    const question = `${from}-${Math.min(to, 999_999_999_999_999)}`;
    const { count, records } = intervalOf(await askRecordLog(address, question));
    const { readDemoLog } = await import('../../as/old-files.ts');
    const { entries } = readDemoLog(records);
    if (entries.length !== count) {
      throw new RaftctlError('UNREACHABLE', {
        message: `Cannot read what ${address} sent: ${count} records were announced, ${entries.length} came`,
      });
    }
    if (target === null) for (const entry of entries) this.print(entryLine(entry));
    else {
      await writeWholeFile({ ...target, fill: (write) => write(records), check: async () => {} });
      this.print(`${plural(count, 'command')}, ${formatBytes(records.length)}: ${target.path}`);
    }
    for (const { first, last } of lacks) {
      this.note(`entries ${first} to ${last} came to the logger as a snapshot: it lacks them`);
    }
    return this.answer('log.recover', {
      ...{ address, count, bytes: records.length, file: target?.path ?? null, lacks },
      entries: target === null ? entries.map(entryRow) : null,
    });
  }
}
