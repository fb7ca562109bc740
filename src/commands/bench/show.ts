import { join } from 'node:path';
import { Args } from '@oclif/core';
import { readKnee } from '../../bench/knee.ts';
import { kneeSentence } from '../../bench/knee-picture.ts';
import { reportLines } from '../../bench/report.ts';
import { KNEE_FILE, RunStore } from '../../bench/run-store.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { runsDirFlag } from '../../measurements/measure-command.ts';

export default class BenchShow extends BaseCommand {
  static override summary = 'Show a stored run: its report, its command, its files.';
  static override examples = [
    '<%= config.bin %> bench show last',
    '<%= config.bin %> bench show baseline --json',
  ];
  static override args = {
    run: Args.string({ description: 'Id, its beginning, tag, name, or last.', default: 'last' }),
  };
  static override flags = { 'runs-dir': runsDirFlag };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(BenchShow);
    const store = new RunStore(flags['runs-dir']);
    const run = await store.find(args.run);
    const kept = await store.files(run);
    const files = [...kept.keys()];
    const folder = join(store.directory, run.id);
    const { id, name, tags, group, command, result } = run;
    const { kernel, cpu, cores, loadAverage } = result.environment;
    const facts = [
      ['run', [id, name, ...tags].filter((word) => word !== null).join('  ')],
      ['started', result.startedAt],
      ['command', `raftctl ${command.join(' ')}`],
      ['machine', `${cpu}, ${cores} cores, ${kernel}, load ${loadAverage.toFixed(2)}`],
      ['folder', folder],
      ['files', files.join(', ')],
    ] as const;
    for (const [title, text] of facts) {
      this.print(`${this.paintOut('dim', title.padEnd(11))} ${text}`);
    }
    this.print();
    for (const line of reportLines(result, this.paintOut)) this.print(line);
    const knee = readKnee(kept.get(KNEE_FILE));
    if (knee !== null)
      this.print(`${this.paintOut('dim', 'knee'.padEnd(11))} ${kneeSentence(knee)}`);
    return this.answer('bench.show', { id, name, tags, group, command, folder, files, result });
  }
}
