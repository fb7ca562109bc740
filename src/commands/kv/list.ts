import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { escapedBytes, jsonBytes } from '../../cli/binary-text.ts';
import { discoverFlags, kvFlags } from '../../cli/flags.ts';
import { type KeyScan, scanKeys } from '../../client/key-scan.ts';
import { KvSession } from '../../client/kv-session.ts';
import { chooseEndpoints } from '../../cluster/endpoints.ts';
import { RaftctlError } from '../../std/errors.ts';

export default class KvList extends BaseCommand {
  static override summary = 'List keys, sorted by their bytes.';
  static override description =
    'All keys, or those that begin with PREFIX. Keys that come or go meanwhile may or may not be ' +
    'listed. Bytes that are not text are printed as \\xHH.';
  static override examples = ['<%= config.bin %> kv list user: --limit 20 --cluster demo'];
  static override args = {
    prefix: Args.string({ description: 'What the keys begin with.' }),
  };
  static override flags = {
    ...kvFlags,
    ...discoverFlags,
    limit: Flags.integer({
      summary: 'List at most so many.',
      default: 1000,
      min: 1,
      env: 'RAFTCTL_LIMIT',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(KvList);
    const prefix = args.prefix ?? '';
    const addresses = await chooseEndpoints(flags);
    const session = new KvSession(addresses);
    try {
      const { keys, isCut } = await scan(session, prefix, flags.limit, flags.timeout);
      for (const key of keys) this.print(escapedBytes(key));
      if (isCut) this.note(`There are more than ${flags.limit}: see --limit`);
      const data = { prefix, keys: keys.map((key) => jsonBytes(key)), isCut };
      return this.answer('kv.list', data);
    } finally {
      session.close();
    }
  }
}

async function scan(
  session: KvSession,
  prefix: string,
  limit: number,
  timeoutMs: number,
): Promise<KeyScan> {
  try {
    return await scanKeys(session, prefix, limit, timeoutMs);
  } catch (error) {
    if (!(error instanceof RaftctlError) || !/unknown command|not supported/i.test(error.message))
      throw error;
    throw new RaftctlError('REQUEST_REFUSED', {
      message: 'Cannot list keys as the node does not know SCAN',
      hint: 'It is an older raftctl or another server: update it',
      cause: error,
    });
  }
}
