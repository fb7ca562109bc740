import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { reachText, rowOf } from '../../cluster/context-store.ts';
import { chosenName, contextNamed, loadContexts } from '../../config/contexts.ts';

export default class ContextShow extends BaseCommand {
  static override summary = 'Show the context that holds, or another.';
  static override examples = [
    '<%= config.bin %> context show',
    '<%= config.bin %> context show shop --json',
  ];
  static override args = { name: Args.string({ description: 'Name of the context.' }) };

  /** A choice that is wrong must not stand in the way of another. */
  protected override get usesConfigFiles(): boolean {
    return false;
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ContextShow);
    const contexts = await loadContexts(process.env);
    const current = chosenName(contexts, flags.context ?? null, process.env);
    const name = args.name ?? current;
    if (name === null) {
      this.print('No context: commands mean the cluster they are told, or the only one there is');
      return this.answer('context.show', { context: null });
    }
    const row = await rowOf(contextNamed(contexts, name), current);
    const files = [
      ['authorities', row.tlsCa],
      ['certificate', row.tlsCert],
      ['token', row.tokenFile],
    ] as const;
    this.print(`${row.name}${row.isCurrent ? ' (current)' : ''}`);
    this.print(`  reaches      ${reachText(row)}`);
    for (const [what, file] of files) if (file !== null) this.print(`  ${what.padEnd(12)} ${file}`);
    this.print(`  read-only    ${row.readOnly ? 'yes' : 'no'}`);
    return this.answer('context.show', { context: row });
  }
}
