import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { readStdin } from '../../cli/binary-text.ts';
import { discoverFlags, kvFlags } from '../../cli/flags.ts';
import { WriteSession } from '../../client/write-session.ts';
import { chooseEndpoints } from '../../cluster/endpoints.ts';

export default class KvSet extends BaseCommand {
  static override summary = 'Write a key; acknowledged means durable on a majority.';
  static override description =
    'The write is sent until a node answers, and done once: it bears a session of the cluster. Exit ' +
    'code 4 (OUTCOME_UNKNOWN) when no answer came in time: it may or may not have happened. A value ' +
    'of - is read from stdin, byte for byte.';
  static override examples = ['<%= config.bin %> kv set greeting hello --cluster demo'];
  static override args = {
    key: Args.string({ description: 'The key.', required: true }),
    value: Args.string({ description: 'The value, or - for stdin.', required: true }),
  };
  static override flags = { ...kvFlags, ...discoverFlags };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(KvSet);
    const addresses = await chooseEndpoints(flags);
    const value = args.value === '-' ? await readStdin() : Buffer.from(args.value, 'utf8');
    await new WriteSession().execute(() => ({ endpoints: addresses, timeoutMs: flags.timeout }), {
      args: ['SET', args.key, value],
      isWrite: true,
    });
    this.print('OK');
    return this.answer('kv.set', { key: args.key, valueBytes: value.length });
  }
}
