import { Args, Command } from '@oclif/core';
import { loadHelpClass } from '@oclif/core/help';
import { refuseUnknown } from '../cli/did-you-mean.ts';

/** Not a `BaseCommand`: what it prints is for people only. */
export default class Help extends Command {
  static override summary = 'Explain a command.';
  static override description = 'The same as --help after the command.';
  static override examples = ['<%= config.bin %> help cluster up'];
  static override strict = false;
  static override args = {
    command: Args.string({ description: 'Words of the command.', required: false }),
  };

  async run(): Promise<void> {
    const { argv } = await this.parse(Help);
    const words = argv.map(String);
    refuseUnknown(words, this.config.commandIDs);
    const HelpClass = await loadHelpClass(this.config);
    await new HelpClass(this.config, this.config.pjson.oclif.helpOptions).showHelp(words);
  }
}
