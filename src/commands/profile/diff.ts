import { basename } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { functionsFlag } from '../../cli/flags.ts';
import { readText, writeWhole } from '../../cli/text-files.ts';
import { drawFlame } from '../../profiling/flame-page.ts';
import {
  type ComparedProfile,
  diffProfiles,
  type ProfileDiff,
} from '../../profiling/profile-diff.ts';
import { readProfile } from '../../profiling/profile-tree.ts';
import { tableLines } from '../../std/table.ts';
import { formatBytes, formatDurationMs } from '../../std/units.ts';

export default class ProfileDiffCommand extends BaseCommand {
  static override summary = 'Compare two profiles: the functions whose share changed most.';
  static override description =
    'Shares are of all that was not idle, of the function itself, so profiles of different length ' +
    'and load compare. Functions are told apart by name and file.';
  static override examples = [
    '<%= config.bin %> profile diff before.cpuprofile after.cpuprofile',
    '<%= config.bin %> profile diff before.cpuprofile after.cpuprofile --html diff.html',
  ];
  static override args = {
    before: Args.string({ description: 'A .cpuprofile or a .heapprofile.', required: true }),
    after: Args.string({ description: 'Another of the same kind.', required: true }),
  };
  static override flags = {
    lines: functionsFlag,
    html: Flags.string({
      summary: 'Also draw the second as a flame graph, coloured by what changed.',
      helpValue: 'FILE',
      env: 'RAFTCTL_HTML',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ProfileDiffCommand);
    const before = readProfile(await readText(args.before));
    const after = readProfile(await readText(args.after));
    const diff = diffProfiles(before, after, flags.lines);
    const html = flags.html ?? null;
    if (html !== null) {
      const earlier = { title: basename(args.before), profile: before };
      const page = { title: basename(args.after), profile: after, before: earlier };
      await writeWhole(html, drawFlame(page));
    }
    for (const line of this.#linesOf(diff)) this.print(line);
    if (html !== null) this.print(`drawn in ${html}`);
    return this.answer('profile.diff', { files: [args.before, args.after], ...diff, html });
  }

  #linesOf(diff: ProfileDiff): string[] {
    const right = 'right' as const;
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
    const { functions, unit } = diff;
    return [
      `before: ${summaryOf(diff.before, unit)}`,
      `after:  ${summaryOf(diff.after, unit)}`,
      '',
      ...tableLines(
        [
          {
            title: 'CHANGE',
            align: right,
            cell: ({ change }) => `${change > 0 ? '+' : ''}${(change * 100).toFixed(1)}`,
          },
          { title: 'BEFORE', align: right, cell: ({ beforeShare }) => percent(beforeShare) },
          { title: 'AFTER', align: right, cell: ({ afterShare }) => percent(afterShare) },
          { title: 'FUNCTION', cell: ({ name }) => name },
          { title: 'PLACE', cell: ({ place }) => place },
        ],
        functions,
        this.paintOut,
      ),
    ];
  }
}

function summaryOf({ busy, idle }: ComparedProfile, unit: ProfileDiff['unit']): string {
  if (unit === 'bytes') return `${formatBytes(busy)} allocated`;
  const all = busy + (idle ?? 0);
  const share = all === 0 ? 0 : (100 * busy) / all;
  return `${formatDurationMs(busy / 1000)} busy of ${formatDurationMs(all / 1000)} (${share.toFixed(1)} %)`;
}
