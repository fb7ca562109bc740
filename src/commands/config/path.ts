import { access } from 'node:fs/promises';
import { BaseCommand } from '../../cli/base-command.ts';
import { configFiles } from '../../config/config-files.ts';
import { profilesDirectory } from '../../config/profile.ts';

export default class ConfigPath extends BaseCommand {
  static override summary = 'Show where configuration files are looked for.';
  static override description =
    'Nearest first; a file need not exist. RAFTCTL_SYSTEM_CONFIG names another file in the place ' +
    'of the last.';
  static override examples = ['<%= config.bin %> config path'];

  /** Helps to find a file that is wrong. */
  protected override get usesConfigFiles(): boolean {
    return false;
  }

  async run(): Promise<unknown> {
    await this.parse(ConfigPath);
    const paths = configFiles({ env: process.env, cwd: process.cwd() });
    const files = await Promise.all(paths.map(async (path) => ({ path, exists: await has(path) })));
    for (const { path, exists } of files) {
      this.print(exists ? path : `${path} ${this.paintOut('dim', '(not there)')}`);
    }
    const profiles = profilesDirectory(this.config.root);
    this.note(`Profiles that come with raftctl: ${profiles}`);
    return this.answer('config.path', { files, profiles });
  }
}

function has(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
