import { BaseCommand } from '../cli/base-command.ts';
import { versionInfo, versionLine } from '../cli/version.ts';

export default class Version extends BaseCommand {
  static override summary = 'Print the version of raftctl and what it runs on.';
  static override description = 'With --json also the versions of Node and V8.';
  static override examples = ['<%= config.bin %> version --json'];

  async run(): Promise<unknown> {
    await this.parse(Version);
    this.print(versionLine());
    return this.answer('version', versionInfo());
  }
}
