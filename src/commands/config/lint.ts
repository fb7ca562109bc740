import { resolve } from 'node:path';
import { WORKLOAD_RULES } from '../../bench/workload-rules.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { configFiles } from '../../config/config-files.ts';
import { lintFile } from '../../config/lint.ts';
import { RaftctlError } from '../../std/errors.ts';
import { plural } from '../../std/units.ts';

export default class ConfigLint extends BaseCommand {
  static override summary = 'Check configuration files and profiles.';
  static override description =
    'Without names: the configuration files that exist. A file with a table [cluster], [bench] ' +
    'or [experiment] is checked as a profile. Exit code 2 and CONFIG_INVALID when one is wrong.';
  static override examples = ['<%= config.bin %> config lint ./mine.toml'];
  static override strict = false;
  static override usage = 'config lint [FILE...]';

  /** It says itself what is wrong with them. */
  protected override get usesConfigFiles(): boolean {
    return false;
  }

  async run(): Promise<unknown> {
    const { argv } = await this.parse(ConfigLint);
    const named = argv.map((name) => resolve(String(name)));
    const places = { env: process.env, cwd: process.cwd() };
    const files: { path: string; kind: string }[] = [];
    for (const path of named.length > 0 ? named : configFiles(places)) {
      const kind = await lintFile(path, WORKLOAD_RULES);
      if (kind !== null) files.push({ path, kind });
      else if (named.length > 0) {
        throw new RaftctlError('CONFIG_INVALID', {
          message: `Cannot read ${path}: it is not there`,
        });
      }
    }
    for (const { path, kind } of files) this.print(`${path}: a ${kind}, nothing wrong`);
    if (files.length === 0) this.print('No configuration file exists: all settings are defaults');
    else this.note(`Checked ${plural(files.length, 'file')}`);
    return this.answer('config.lint', { files });
  }
}
