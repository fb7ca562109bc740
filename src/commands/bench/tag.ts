import { Args, Flags } from '@oclif/core';
import { RunStore } from '../../bench/run-store.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { checkWords, runsDirFlag } from '../../measurements/measure-command.ts';
import { RaftctlError } from '../../std/errors.ts';

export default class BenchTag extends BaseCommand {
  static override summary = 'Give a stored run words to find it by, or take them away.';
  static override description =
    'Of several runs with a tag the newest is found by it. Tagged runs are never removed by themselves.';
  static override examples = [
    '<%= config.bin %> bench tag last baseline',
    '<%= config.bin %> bench tag baseline --remove baseline',
  ];
  static override args = {
    run: Args.string({ description: 'Id, its beginning, tag, name, or last.', required: true }),
    tag: Args.string({ description: 'The tag to add.' }),
  };
  static override flags = {
    remove: Flags.string({
      summary: 'Take this tag away.',
      helpValue: 'WORD',
      env: 'RAFTCTL_REMOVE',
    }),
    'runs-dir': runsDirFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(BenchTag);
    const { tag } = args;
    const { remove } = flags;
    if (tag === undefined && remove === undefined) {
      throw new RaftctlError('USAGE', {
        message: 'There is nothing to do: name a tag, or --remove one',
        hint: 'For example: raftctl bench tag last baseline',
      });
    }
    if (tag !== undefined) checkWords([tag]);
    const store = new RunStore(flags['runs-dir']);
    const run = await store.find(args.run);
    const added = tag === undefined ? run.tags : [...new Set([...run.tags, tag])];
    const { id, tags } = await store.retag(
      run,
      added.filter((word) => word !== remove),
    );
    this.print(`${id}  ${tags.length === 0 ? 'no tags' : tags.join(', ')}`);
    return this.answer('bench.tag', { id, tags });
  }
}
