import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { functionsFlag } from '../../cli/flags.ts';
import { readText } from '../../cli/text-files.ts';
import { hotFunctions } from '../../profiling/hot-functions.ts';
import { tableLines } from '../../std/table.ts';

export default class ProfileTop extends BaseCommand {
  static override summary =
    'List the functions that a profile of the processor spends its time in.';
  static override description =
    'Self: in the function itself. Total: with what it calls. (idle) is the time without work.';
  static override examples = [
    '<%= config.bin %> profile top n1.CPU.20260301.120320.4242.0.001.cpuprofile',
  ];
  static override args = {
    file: Args.string({ description: 'A .cpuprofile.', required: true }),
  };
  static override flags = {
    lines: functionsFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ProfileTop);
    const text = await readText(args.file);
    const functions = hotFunctions(text, flags.lines);
    const right = 'right' as const;
    const lines = tableLines(
      [
        {
          title: 'SELF',
          align: right,
          cell: ({ selfShare }) => `${(selfShare * 100).toFixed(1)} %`,
        },
        { title: 'SELF ms', align: right, cell: ({ selfMs }) => selfMs.toFixed(1) },
        { title: 'TOTAL ms', align: right, cell: ({ totalMs }) => totalMs.toFixed(1) },
        { title: 'FUNCTION', cell: ({ name }) => name },
        { title: 'PLACE', cell: ({ place }) => place },
      ],
      functions,
      this.paintOut,
    );
    for (const line of lines) this.print(line);
    return this.answer('profile.top', { file: args.file, functions });
  }
}
