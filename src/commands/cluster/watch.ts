import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { dirFlag, durationFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { versionInfo } from '../../cli/version.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { checkTarget } from '../../cluster/whole-file.ts';
import { eventLine } from '../../forensics/election-text.ts';
import { type WatchEnd, watchCluster } from '../../scenarios/watch.ts';
import { RaftctlError } from '../../std/errors.ts';
import { plural } from '../../std/units.ts';

export default class ClusterWatch extends BaseCommand {
  static override summary = 'Follow the events of all nodes; --safety holds them against Raft.';
  static override description =
    'Prints what happens from now on, a line an event. With --safety prints only what must never ' +
    'happen: two leaders of one term, two votes of one voter, committed entries undone, replicas ' +
    'that applied different entries. Then it writes a bundle, stops every node of this machine ' +
    '(SIGSTOP) and ends with 9; raftctl node resume lets them go on.';
  static override examples = [
    '<%= config.bin %> cluster watch demo',
    '<%= config.bin %> cluster watch demo --safety --duration 1h',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
  };
  static override flags = {
    dir: dirFlag,
    safety: Flags.boolean({
      summary: 'Hold the events against what Raft promises.',
      env: 'RAFTCTL_SAFETY',
    }),
    duration: durationFlag({
      char: 'd',
      summary: 'End after this time. [default: with Ctrl-C]',
      env: 'RAFTCTL_DURATION',
    }),
    freeze: Flags.boolean({
      summary: 'Stop the nodes when a promise was broken.',
      default: true,
      allowNo: true,
      env: 'RAFTCTL_FREEZE',
    }),
    output: Flags.string({
      char: 'o',
      summary: 'File of the bundle. [default: NAME-TIME.tar.gz in this folder]',
      helpValue: 'FILE',
      env: 'RAFTCTL_OUTPUT',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ClusterWatch);
    const { safety: isSafety, freeze: freezes, output, duration = null } = flags;
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(this.clusterNamed(args.name));
    // Not only when it is needed most.
    if (output !== undefined) await checkTarget({ path: output, mayReplace: false });
    const interrupts = new Interrupts(() => {});
    try {
      this.note(`Watching ${spec.name}, Ctrl-C ends`);
      const end = await watchCluster({
        ...{ store, spec, durationMs: duration, isSafety, freezes, path: output ?? null },
        version: versionInfo().raftctl,
        signal: interrupts.signal,
        onEvent: (event) => {
          if (!isSafety) this.print(eventLine(event, null, this.paintOut));
        },
        onViolation: ({ rule, text }) => this.print(`${this.paintOut('red', rule)}  ${text}`),
      });
      return this.#answer(end, isSafety, interrupts.exitCode ?? 0);
    } finally {
      interrupts.release();
    }
  }

  #answer(end: WatchEnd, isSafety: boolean, exit: number): unknown {
    const { cluster, events, gaps, violations, bundle, frozen } = end;
    if (gaps > 0) this.note(`${plural(gaps, 'time')} events were lost on the way`);
    if (violations.length === 0) {
      if (isSafety) this.print(`${cluster}: ${plural(events, 'event')}, nothing that must not be`);
      return this.answer('cluster.watch', end, exit);
    }
    const stopped = frozen.length === 0 ? '' : `; ${frozen.join(', ')} stopped`;
    const trouble = new RaftctlError('SAFETY_VIOLATED', {
      message: `${cluster} broke a promise of Raft: ${violations[0]?.text}${stopped}`,
      hint: `All that is known is in ${bundle}; keep the data directories`,
    });
    return this.answer('cluster.watch', end, this.showTrouble(trouble));
  }
}
