import { setTimeout as sleep } from 'node:timers/promises';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { adminDiscoverFlags, dirFlag, discoverFor, durationFlag } from '../../cli/flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { discoveredCluster, troubleElsewhere } from '../../cluster/discovered.ts';
import { clusterStatus, troubleOf } from '../../cluster/status.ts';
import { statusLines } from '../../cluster/status-view.ts';
import { ClusterStore } from '../../cluster/store.ts';
import type { ClusterSpec } from '../../cluster/topology.ts';
import { EXIT } from '../../std/errors.ts';
import type { ClusterStatus } from '../../wire/status.ts';

const CLEAR_SCREEN = '\u001b[H\u001b[2J';

export default class ClusterStatusCommand extends BaseCommand {
  static override summary = 'Show who leads, who is down and how far behind each node is.';
  static override description =
    'Exit code 0: every node is well. 5: it serves, or has a leader, but some node is not well. ' +
    '3: nobody leads. A dead node stays a row. With --watch --json: one object a line.';
  static override examples = [
    '<%= config.bin %> cluster status demo --json',
    '<%= config.bin %> cluster status demo --watch --exit-when-healthy',
    '<%= config.bin %> cluster status --discover srv:demo.default.svc.cluster.local',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
  };
  static override flags = {
    dir: dirFlag,
    ...adminDiscoverFlags,
    watch: durationFlag({
      summary: 'Show it again and again, every second or as often as named: --watch=5s.',
      helpValue: '[DURATION]',
      env: 'RAFTCTL_WATCH',
    }),
    'exit-when-healthy': Flags.boolean({
      summary: 'With --watch: end as soon as every node is well.',
      dependsOn: ['watch'],
      env: 'RAFTCTL_EXIT_WHEN_HEALTHY',
    }),
  };

  protected override async init(): Promise<void> {
    // A flag's value cannot be left out by itself; and the next word may be a cluster's name.
    this.argv = this.argv.map((word) => (word === '--watch' ? '--watch=1s' : word));
    await super.init();
  }

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ClusterStatusCommand);
    const store = new ClusterStore(flags.dir);
    const names = args.name === undefined ? [] : [args.name];
    const discover = discoverFor(this.argv, names, flags.discover);
    const spec =
      discover === null
        ? await store.findAnywhere(this.clusterNamed(args.name))
        : await discoveredCluster(discover, flags);
    if (flags.watch !== undefined) {
      return this.#watch(store, spec, flags.watch, flags['exit-when-healthy']);
    }
    const status = await clusterStatus(store, spec);
    for (const line of statusLines(status, this.paintOut)) this.print(line);
    const trouble = troubleOf(status);
    const exit = this.showTrouble(discover === null ? trouble : troubleElsewhere(trouble));
    return this.answer('cluster.status', status, exit);
  }

  /** On a terminal one screen that is painted over; elsewhere one after the other. */
  async #watch(
    store: ClusterStore,
    spec: ClusterSpec,
    everyMs: number,
    endsWhenHealthy: boolean,
  ): Promise<unknown> {
    const interrupts = new Interrupts(() => {});
    try {
      for (;;) {
        const status = await clusterStatus(store, spec);
        const isEnd = endsWhenHealthy && status.healthy;
        const exit = isEnd ? EXIT.ok : (interrupts.exitCode ?? reasonOf(status));
        const envelope = this.answer('cluster.status', status, exit);
        if (interrupts.signal.aborted) return undefined;
        if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(envelope)}\n`);
        else this.#show(status);
        if (isEnd) return undefined;
        await sleep(everyMs, undefined, { signal: interrupts.signal }).catch(() => {});
      }
    } finally {
      interrupts.release();
    }
  }

  #show(status: ClusterStatus): void {
    const lines = statusLines(status, this.paintOut);
    const isScreen = process.stdout.isTTY === true;
    process.stdout.write(`${isScreen ? CLEAR_SCREEN : ''}${lines.join('\n')}\n`);
    if (!isScreen) process.stdout.write('\n');
  }
}

function reasonOf(status: ClusterStatus): number {
  return troubleOf(status)?.exitCode ?? EXIT.ok;
}
