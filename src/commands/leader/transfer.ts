import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { leaderFlags } from '../../cli/flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { handOver } from '../../cluster/leader.ts';
import { namedNodes } from '../../cluster/nodes.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { formatDurationMs } from '../../std/units.ts';

export default class LeaderTransfer extends BaseCommand {
  static override summary = 'Hand leadership to another node.';
  static override description =
    'The leader holds new writes back, brings the node up to date and lets it stand for election ' +
    'at once: clients wait for a few milliseconds and lose nothing. Without NODE the leader picks ' +
    'whoever lacks least. A try is given up after an election timeout, and the leader goes on; ' +
    'after three of them the exit code is 4. Only a voter that is in reach can take over (else 7).';
  static override examples = [
    '<%= config.bin %> leader transfer n2 --cluster demo',
    '<%= config.bin %> leader transfer',
  ];
  static override args = { node: Args.string({ description: 'Who is to lead.' }) };
  static override flags = leaderFlags;

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(LeaderTransfer);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    const target = args.node === undefined ? null : (namedNodes(spec, [args.node])[0] ?? null);
    const { wait: isWaiting, timeout: timeoutMs } = flags;
    const done = await stoppable(
      () => {},
      (signal) => handOver({ store, spec, target, timeoutMs, signal, isWaiting }),
    );
    const { from, to, term, durationMs } = done;
    if (from === to) this.print(`${to} leads ${spec.name} already, in term ${term}`);
    else this.print(`${from} -> ${to}, term ${term} (${formatDurationMs(durationMs)})`);
    return this.answer('leader.transfer', { cluster: spec.name, ...done });
  }
}
