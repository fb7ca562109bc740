import { BaseCommand } from '../../cli/base-command.ts';
import { leaderFlags } from '../../cli/flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { handOver } from '../../cluster/leader.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { formatDurationMs } from '../../std/units.ts';

export default class LeaderStepDown extends BaseCommand {
  static override summary = 'Make the leader hand over to whoever lacks least.';
  static override description =
    'As `leader transfer` without a name. A leader never just lets go: without a voter in reach it ' +
    'stays, and the exit code is 7.';
  static override examples = ['<%= config.bin %> leader step-down --cluster demo'];
  static override flags = leaderFlags;

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LeaderStepDown);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const { wait: isWaiting, timeout: timeoutMs } = flags;
    const done = await stoppable(
      () => {},
      (signal) => handOver({ store, spec, target: null, timeoutMs, signal, isWaiting }),
    );
    const { from, to, term, durationMs } = done;
    this.print(`${from} stepped down, ${to} leads term ${term} (${formatDurationMs(durationMs)})`);
    return this.answer('leader.step-down', { cluster: spec.name, ...done });
  }
}
