import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { reachText, rowOf, saveContexts } from '../../cluster/context-store.ts';
import { NO_CONTEXT } from '../../config/context-names.ts';
import { contextNamed, loadContexts } from '../../config/contexts.ts';

/** What is nearer than the current context, and so in its way. */
const NEARER = ['RAFTCTL_CONTEXT', 'RAFTCTL_CLUSTER', 'RAFTCTL_ENDPOINTS', 'RAFTCTL_DIR'];

export default class ContextUse extends BaseCommand {
  static override summary = 'Choose the context of all commands from now on; none: no context.';
  static override description =
    'For one command alone there is --context NAME, for one terminal RAFTCTL_CONTEXT.';
  static override examples = [
    '<%= config.bin %> context use shop',
    '<%= config.bin %> context use none',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the context.', required: true }),
  };

  /** A choice that is wrong must not stand in the way of another. */
  protected override get usesConfigFiles(): boolean {
    return false;
  }

  async run(): Promise<unknown> {
    const { args } = await this.parse(ContextUse);
    const contexts = await loadContexts(process.env);
    const chosen = args.name === NO_CONTEXT ? null : contextNamed(contexts, args.name);
    const current = chosen?.name ?? null;
    if (current !== contexts.current) await saveContexts({ ...contexts, current });
    const row = chosen === null ? null : await rowOf(chosen, current);
    this.print(row === null ? 'No context' : `Context ${row.name}: ${reachText(row)}`);
    const nearer = NEARER.filter((name) => (process.env[name] ?? '') !== '');
    if (nearer.length > 0) this.note(`But nearer, and so before it: ${nearer.join(', ')}`);
    return this.answer('context.use', { previous: contexts.current, context: row, nearer });
  }
}
