import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice, waitTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { handOver } from '../../cluster/leader.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { formatDurationMs } from '../../std/units.ts';

export default class LeaderStepDown extends BaseCommand {
  static override summary = 'Make the leader hand over to whoever lacks least.';
  static override description =
    'As `leader transfer` without a name. A leader never just lets go: without a voter in reach it ' +
    'stays, and the exit code is 7.';
  static override examples = ['<%= config.bin %> leader step-down --cluster demo'];
  static override flags = {
    ...clusterChoice,
    wait: Flags.boolean({
      summary: 'Wait until the cluster shows the new leader, and that it serves.',
      default: true,
      allowNo: true,
      env: 'RAFTCTL_LEADER_WAIT',
    }),
    timeout: waitTimeoutFlag,
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(LeaderStepDown);
    const store = new ClusterStore(flags.dir);
    const spec = await store.find(flags.cluster ?? null);
    const interrupts = new Interrupts(() => {});
    try {
      const { wait: isWaiting, timeout: timeoutMs } = flags;
      const { signal } = interrupts;
      const done = await handOver({ store, spec, target: null, timeoutMs, signal, isWaiting });
      const { from, to, term, durationMs } = done;
      this.print(
        `${from} stepped down, ${to} leads term ${term} (${formatDurationMs(durationMs)})`,
      );
      return this.answer('leader.step-down', { cluster: spec.name, ...done });
    } finally {
      interrupts.release();
    }
  }
}
