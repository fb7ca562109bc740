import { Args, Flags } from '@oclif/core';
import { packCapsule } from '../../bench/capsule.ts';
import { csvFiles } from '../../bench/csv-files.ts';
import { RunStore } from '../../bench/run-store.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { writeWhole } from '../../cli/text-files.ts';
import { runsDirFlag } from '../../measurements/measure-command.ts';
import { formatBytes } from '../../std/units.ts';

export default class BenchExport extends BaseCommand {
  static override summary = 'Pack a stored run into one file, to publish or to measure again.';
  static override description =
    'A gzipped tar archive: result, machine, command and the histograms of every interval. ' +
    'raftctl bench rerun and bench compare take it like a run. With --csv tables instead: ' +
    'intervals, percentiles, throughput, and where there are such phases and knee.';
  static override examples = [
    '<%= config.bin %> bench export last',
    '<%= config.bin %> bench export baseline --output baseline.tar.gz',
    '<%= config.bin %> bench export baseline --csv --output tables/baseline',
  ];
  static override args = {
    run: Args.string({ description: 'Id, its beginning, tag, name, or last.', default: 'last' }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      summary: 'Where it goes; of tables what their names begin with.  [default: ID.tar.gz]',
      helpValue: 'FILE|PREFIX',
      env: 'RAFTCTL_OUTPUT',
    }),
    csv: Flags.boolean({
      summary: 'Write tables: PREFIX.intervals.csv, PREFIX.percentiles.csv, ...',
      env: 'RAFTCTL_CSV',
    }),
    'runs-dir': runsDirFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(BenchExport);
    const store = new RunStore(flags['runs-dir']);
    const run = await store.find(args.run);
    const files = await store.files(run);
    const { id } = run;
    const written = flags.csv
      ? [...csvFiles(run, files)].map(([name, text]) => {
          return [`${flags.output ?? id}.${name}.csv`, Buffer.from(text)] as const;
        })
      : [[flags.output ?? `${id}.tar.gz`, await packCapsule({ run, files })] as const];
    let bytes = 0;
    for (const [file, content] of written) {
      await writeWhole(file, content);
      this.print(`${file}  ${formatBytes(content.length)}`);
      bytes += content.length;
    }
    const [file = ''] = written.map(([name]) => name);
    return this.answer('bench.export', { id, file, files: written.map(([name]) => name), bytes });
  }
}
