import { basename } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { readText, writeWhole } from '../../cli/text-files.ts';
import { drawFlame } from '../../profiling/flame-page.ts';
import { readProfile } from '../../profiling/profile-tree.ts';
import { formatBytes } from '../../std/units.ts';

export default class ProfileFlame extends BaseCommand {
  static override summary = 'Draw a profile as a flame graph: one HTML page, without network.';
  static override description =
    'Zooms by a click, searches, and explains each box. Time without work is left out.';
  static override examples = [
    '<%= config.bin %> profile flame n1.CPU.20260301.120320.4242.0.001.cpuprofile',
    '<%= config.bin %> profile flame n1.heapprofile -o memory.html',
  ];
  static override args = {
    file: Args.string({ description: 'A .cpuprofile or a .heapprofile.', required: true }),
  };
  static override flags = {
    output: Flags.string({
      char: 'o',
      summary: "The page. [default: the profile's name with .html]",
      helpValue: 'FILE',
      env: 'RAFTCTL_OUTPUT',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ProfileFlame);
    const { file } = args;
    const profile = readProfile(await readText(file));
    const html = flags.output ?? `${file === '-' ? 'profile' : file}.html`;
    const page = drawFlame({ title: basename(file), profile });
    await writeWhole(html, page);
    const bytes = Buffer.byteLength(page);
    this.print(`${html}  ${formatBytes(bytes)}`);
    return this.answer('profile.flame', { file, html, unit: profile.unit, bytes });
  }
}
