import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice, snapshotTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { selectNodes } from '../../cluster/nodes.ts';
import {
  noneRuns,
  runningNodes,
  type TakenSnapshot,
  takeSnapshot,
} from '../../cluster/snapshots.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { formatBytes, formatDurationMs } from '../../std/units.ts';

export default class SnapshotTake extends BaseCommand {
  static override summary = 'Have running nodes take a snapshot of their state now.';
  static override description =
    'Nodes take snapshots by themselves as their logs grow; this is for the one you want now. They ' +
    'go on serving meanwhile, and drop the log that the snapshot holds. Without names: every node ' +
    'of the cluster that runs.';
  static override examples = ['<%= config.bin %> snapshot take n2 --cluster demo'];
  static override strict = false;
  static override usage = 'snapshot take [NODE...]';
  static override flags = { ...clusterChoice, timeout: snapshotTimeoutFlag };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(SnapshotTake);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const chosen = selectNodes(spec, argv.map(String));
    const running = await runningNodes(spec, chosen);
    const idle = chosen.filter((node) => !running.includes(node));
    if (running.length === 0 || (argv.length > 0 && idle.length > 0)) throw noneRuns(spec, idle);
    if (idle.length > 0) this.note(`Not running: ${idle.map((node) => node.id).join(', ')}`);
    const interrupts = new Interrupts(() => this.note('Not waiting any longer'));
    try {
      const { signal } = interrupts;
      const init = { store, spec, timeoutMs: flags.timeout, signal };
      const taken = await Promise.all(running.map((node) => takeSnapshot(init, node)));
      for (const one of taken) this.print(line(one));
      return this.answer('snapshot.take', { cluster: spec.name, snapshots: taken });
    } finally {
      interrupts.release();
    }
  }
}

function line({ id, index, bytes, isCurrent, durationMs }: TakenSnapshot): string {
  const what = `${id}: snapshot at entry ${index}, ${formatBytes(bytes)}`;
  return isCurrent
    ? `${what}, was there already`
    : `${what}, taken in ${formatDurationMs(durationMs)}`;
}
