import { readFile } from 'node:fs/promises';
import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { entryLine, entryRow } from '../cli/record-text.ts';
import { RaftctlError, systemCode } from '../std/errors.ts';
import { plural } from '../std/units.ts';

export default class Inspect extends BaseCommand {
  static override summary = 'Print a file that an older Raft system has left.';
  static override description =
    "Knows md_<id>.dat of goraft and raft-demo's log files. Bytes that are not text are printed as \\xHH.";
  static override examples = ['<%= config.bin %> inspect md_1.dat'];
  static override args = {
    file: Args.string({ description: 'The file.', required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(Inspect);
    const { readOldFile } = await import('../as/old-files.ts');
    const bytes = await readFile(args.file).catch((cause: unknown) => {
      const message = `Cannot read ${args.file}: ${systemCode(cause) ?? 'it is no file'}`;
      throw new RaftctlError('USAGE', { message, cause });
    });
    const file = readOldFile(bytes);
    if (file === null) {
      throw new RaftctlError('USAGE', {
        message: `Cannot tell what ${args.file} is: neither goraft's md_<id>.dat nor a log of raft-demo`,
        hint: "A node's own log: raftctl log dump DIRECTORY",
      });
    }
    const { format, term, votedFor, entries, restBytes } = file;
    const head = term === null ? '' : `, term ${term}, vote for ${votedFor ?? 'nobody'}`;
    this.print(`${format}${head}, ${plural(entries.length, 'command')}`);
    for (const entry of entries) this.print(entryLine(entry));
    if (restBytes > 0) this.note(`${restBytes} bytes behind them belong to none`);
    return this.answer('inspect', {
      format,
      term,
      votedFor,
      entries: entries.map(entryRow),
      restBytes,
    });
  }
}
