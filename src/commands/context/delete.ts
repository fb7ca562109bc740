import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { saveContexts } from '../../cluster/context-store.ts';
import { contextNamed, loadContexts } from '../../config/contexts.ts';

export default class ContextDelete extends BaseCommand {
  static override summary = 'Forget a context; the cluster stays as it is.';
  static override examples = ['<%= config.bin %> context delete shop'];
  static override args = {
    name: Args.string({ description: 'Name of the context.', required: true }),
  };

  /** A choice that is wrong must not stand in the way of another. */
  protected override get usesConfigFiles(): boolean {
    return false;
  }

  async run(): Promise<unknown> {
    const { args } = await this.parse(ContextDelete);
    const contexts = await loadContexts(process.env);
    const { name } = contextNamed(contexts, args.name);
    const wasCurrent = contexts.current === name;
    const byName = new Map([...contexts.byName].filter(([other]) => other !== name));
    await saveContexts({ ...contexts, byName, current: wasCurrent ? null : contexts.current });
    this.print(`Forgot context ${name}${wasCurrent ? ', which was the current one' : ''}`);
    return this.answer('context.delete', { name, wasCurrent });
  }
}
