import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.ts';
import { completionScript, SHELLS } from '../cli/completion-scripts.ts';

export default class Completion extends BaseCommand {
  static override summary = 'Print the script that completes raftctl commands in a shell.';
  static override description =
    'Commands, flags, their values, clusters and nodes. The script says in its head how to have it ' +
    'always.';
  static override examples = [
    'eval "$(<%= config.bin %> completion bash)"',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/raftctl.fish',
  ];
  static override args = {
    shell: Args.string({ description: 'The shell.', options: [...SHELLS], required: true }),
  };

  async run(): Promise<unknown> {
    const { args } = await this.parse(Completion);
    const shell = SHELLS.find((name) => name === args.shell) ?? 'bash';
    const script = completionScript(shell);
    if (!this.jsonEnabled()) process.stdout.write(script);
    return this.answer('completion', { shell, script });
  }
}
