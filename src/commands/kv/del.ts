import { BaseCommand } from '../../cli/base-command.ts';
import { discoverFlags, kvFlags } from '../../cli/flags.ts';
import { WriteSession } from '../../client/write-session.ts';
import { chooseEndpoints } from '../../cluster/endpoints.ts';
import { RaftctlError } from '../../std/errors.ts';
import { plural } from '../../std/units.ts';

export default class KvDel extends BaseCommand {
  static override summary = 'Delete keys.';
  static override description =
    'Prints how many of them existed. Keys that do not exist are no error.';
  static override examples = ['<%= config.bin %> kv del greeting farewell --cluster demo'];
  static override strict = false;
  static override usage = 'kv del KEY...';
  static override flags = { ...kvFlags, ...discoverFlags };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(KvDel);
    const keys = argv.map(String);
    if (keys.length === 0) {
      throw new RaftctlError('USAGE', { message: 'Cannot delete without naming a key' });
    }
    const addresses = await chooseEndpoints(flags);
    const reply = await new WriteSession().execute(
      () => ({ endpoints: addresses, timeoutMs: flags.timeout }),
      { args: ['DEL', ...keys], isWrite: true },
    );
    const deleted = typeof reply === 'number' ? reply : 0;
    this.print(`Deleted ${plural(deleted, 'key')}`);
    return this.answer('kv.del', { keys, deleted });
  }
}
