import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { jsonBytes } from '../../cli/binary-text.ts';
import { discoverFlags, kvFlags } from '../../cli/flags.ts';
import { executeKv } from '../../client/kv-client.ts';
import { chooseEndpoints } from '../../cluster/endpoints.ts';
import { RaftctlError } from '../../std/errors.ts';

export default class KvGet extends BaseCommand {
  static override summary = 'Read a key; the answer is linearizable.';
  static override description =
    'Any node answers with the newest acknowledged value. A key that does not exist is exit code 1.';
  static override examples = ['<%= config.bin %> kv get greeting --cluster demo'];
  static override args = { key: Args.string({ description: 'The key.', required: true }) };
  static override flags = {
    ...kvFlags,
    ...discoverFlags,
    raw: Flags.boolean({
      summary: 'Print the bytes alone, without a line end.',
      env: 'RAFTCTL_RAW',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(KvGet);
    const addresses = await chooseEndpoints(flags);
    const reply = await executeKv(
      { endpoints: addresses, timeoutMs: flags.timeout },
      { args: ['GET', args.key], isWrite: false },
    );
    if (!Buffer.isBuffer(reply)) {
      throw new RaftctlError('KEY_NOT_FOUND', { message: `Key ${args.key} does not exist` });
    }
    if (!this.jsonEnabled()) {
      process.stdout.write(reply);
      if (!flags.raw) process.stdout.write('\n');
    }
    return this.answer('kv.get', { key: args.key, ...jsonBytes(reply) });
  }
}
