import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterChoice, waitTimeoutFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { namedNodes } from '../../cluster/nodes.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { NODE_GOALS, nodeGoal, waitUntil } from '../../cluster/wait.ts';
import { formatDurationMs } from '../../std/units.ts';

export default class NodeWait extends BaseCommand {
  static override summary = 'Wait until nodes are in a state.';
  static override description =
    'ready: it answers and knows a leader. caught-up: it has applied all that was committed when ' +
    'the command began. voter: it has a vote. Exit code 4 when --timeout is over first.';
  static override examples = ['<%= config.bin %> node wait n1 --for caught-up --cluster demo'];
  static override strict = false;
  static override usage = 'node wait NODE... [--for ready|caught-up|voter]';
  static override flags = {
    ...clusterChoice,
    for: Flags.option({
      summary: 'The state.',
      options: NODE_GOALS,
      default: 'ready' as const,
      env: 'RAFTCTL_NODE_FOR',
    })(),
    timeout: waitTimeoutFlag,
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(NodeWait);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const ids = namedNodes(spec, argv.map(String)).map((node) => node.id);
    const interrupts = new Interrupts(() => {});
    try {
      const begun = performance.now();
      const { signal } = interrupts;
      const what = `${ids.join(', ')} to be ${flags.for}`;
      const init = { store, spec, timeoutMs: flags.timeout, signal, what };
      const status = await waitUntil(init, nodeGoal(flags.for, ids));
      const durationMs = Math.round(performance.now() - begun);
      for (const id of ids) this.print(`${id} is ${flags.for} (${formatDurationMs(durationMs)})`);
      const nodes = status.nodes.filter((row) => ids.includes(row.id));
      return this.answer('node.wait', { cluster: spec.name, for: flags.for, durationMs, nodes });
    } finally {
      interrupts.release();
    }
  }
}
