import { Flags } from '@oclif/core';
import { runLines, runRow } from '../../bench/run-list.ts';
import { RunStore } from '../../bench/run-store.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { runsDirFlag } from '../../measurements/measure-command.ts';

export default class BenchList extends BaseCommand {
  static override summary = 'List the runs that were measured, the newest first.';
  static override description =
    'Every bench keeps its run: result, machine, histograms and the command that made it. Runs ' +
    'without tag and name are removed when there are more than 500, the oldest first.';
  static override examples = [
    '<%= config.bin %> bench list',
    '<%= config.bin %> bench list --tag baseline --json',
  ];
  static override flags = {
    tag: Flags.string({
      summary: 'Only runs with this tag.',
      helpValue: 'WORD',
      env: 'RAFTCTL_TAG',
    }),
    limit: Flags.integer({
      char: 'n',
      summary: 'So many at most.',
      default: 50,
      min: 1,
      env: 'RAFTCTL_LIMIT',
    }),
    'runs-dir': runsDirFlag,
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(BenchList);
    const store = new RunStore(flags['runs-dir']);
    const { runs, unreadable } = await store.survey();
    const fitting = runs.filter(({ tags }) => flags.tag === undefined || tags.includes(flags.tag));
    const rows = fitting.slice(0, flags.limit).map(runRow);
    if (rows.length === 0) this.note('No run is kept there yet: raftctl bench');
    else for (const line of runLines(rows, Date.now(), this.paintOut)) this.print(line);
    if (rows.length < fitting.length) this.note(`${fitting.length - rows.length} more: --limit`);
    for (const { id, why } of unreadable) this.note(`Left out ${id}: ${why}`);
    return this.answer('bench.list', { directory: store.directory, runs: rows, unreadable });
  }
}
