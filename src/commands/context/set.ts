import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { kvFlags } from '../../cli/flags.ts';
import { contextAs, reachText, rowOf, saveContexts } from '../../cluster/context-store.ts';
import { loadContexts } from '../../config/contexts.ts';

const { timeout: _, ...placeFlags } = kvFlags;

export default class ContextSet extends BaseCommand {
  static override summary = 'Make a context, or change one.';
  static override description =
    'It names a cluster of this machine, or addresses of nodes with the certificates and the token ' +
    'they want. What is not said stays as it was. The first context becomes the current one.';
  static override examples = [
    '<%= config.bin %> context set demo --cluster demo',
    '<%= config.bin %> context set shop --endpoints 10.0.0.1:11000,10.0.0.2:11000 --tls-folder ./keys --read-only',
    '<%= config.bin %> context set shop --no-read-only --use',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the context.', required: true }),
  };
  static override flags = {
    ...placeFlags,
    'tls-folder': Flags.string({
      summary: 'Authorities, certificate and token of an operator, as tls init --into leaves them.',
      helpValue: 'DIR',
      env: 'RAFTCTL_TLS_FOLDER',
    }),
    'read-only': Flags.boolean({
      summary: 'Refuse commands that change the cluster.',
      allowNo: true,
      env: 'RAFTCTL_READ_ONLY',
    }),
    use: Flags.boolean({ summary: 'Make it the current one.', env: 'RAFTCTL_USE' }),
  };

  /** What holds now is no part of what is said. */
  protected override get usesConfigFiles(): boolean {
    return false;
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ContextSet);
    const contexts = await loadContexts(process.env);
    const known = contexts.byName.get(args.name) ?? null;
    const context = await contextAs(args.name, known, {
      ...{ cluster: flags.cluster, dir: flags.dir, endpoints: flags.endpoints },
      ...{ tlsCa: flags['tls-ca'], tlsCert: flags['tls-cert'], tokenFile: flags['token-file'] },
      ...{ tlsFolder: flags['tls-folder'], readOnly: flags['read-only'] },
    });
    const byName = new Map(contexts.byName).set(context.name, context);
    const isFirst = contexts.byName.size === 0;
    const current = flags.use || isFirst ? context.name : contexts.current;
    await saveContexts({ ...contexts, byName, current });
    const row = await rowOf(context, current);
    this.print(`${known === null ? 'Made' : 'Changed'} context ${row.name}: ${reachText(row)}`);
    if (!row.isCurrent) this.note(`Use it: raftctl context use ${row.name}`);
    return this.answer('context.set', { isNew: known === null, context: row });
  }
}
