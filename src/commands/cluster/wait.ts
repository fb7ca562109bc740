import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { dirFlag, waitTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { clusterGoal, waitUntil } from '../../cluster/wait.ts';
import { formatDurationMs } from '../../std/units.ts';

export default class ClusterWait extends BaseCommand {
  static override summary = 'Wait until a cluster is in a state.';
  static override description =
    'leader: somebody leads and acknowledges writes. healthy: every node is up and well. ' +
    'converged: every node has applied the last entry. index>=N: a majority has committed entry N. ' +
    'Exit code 4 when --timeout is over first.';
  static override examples = [
    '<%= config.bin %> cluster wait demo --for healthy --timeout 30s',
    "<%= config.bin %> cluster wait demo --for 'index>=1000'",
  ];
  static override args = {
    name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
  };
  static override flags = {
    dir: dirFlag,
    for: Flags.string({
      summary: 'The state: leader, healthy, converged or index>=N.',
      helpValue: 'STATE',
      default: 'healthy',
      env: 'RAFTCTL_FOR',
    }),
    timeout: waitTimeoutFlag,
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ClusterWait);
    const missing = clusterGoal(flags.for);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(this.clusterNamed(args.name));
    const interrupts = new Interrupts(() => {});
    try {
      const begun = performance.now();
      const { signal } = interrupts;
      const what = `${spec.name} to be ${flags.for}`;
      const status = await waitUntil(
        { store, spec, timeoutMs: flags.timeout, signal, what },
        missing,
      );
      const durationMs = Math.round(performance.now() - begun);
      this.print(`${spec.name} is ${flags.for} (${formatDurationMs(durationMs)})`);
      return this.answer('cluster.wait', { name: spec.name, for: flags.for, durationMs, status });
    } finally {
      interrupts.release();
    }
  }
}
