import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { demoFlags } from '../../cli/demo-flags.ts';
import { stateDirectory } from '../../cli/directories.ts';
import { entryOf } from '../../cli/entry.ts';
import { dirFlag, durationFlag, procfileFlag, profileFlag } from '../../cli/flags.ts';
import { systemdFlag } from '../../cli/hosts-flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { typed } from '../../cli/invocation.ts';
import { splitAddress } from '../../client/address.ts';
import { demoOptionsOf } from '../../cluster/demo-words.ts';
import { firstSteps } from '../../cluster/first-steps.ts';
import { runForeground } from '../../cluster/foreground.ts';
import { statusLines } from '../../cluster/status-view.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { type ClusterWish, PORT_BASE_DEFAULT, type UnitManager } from '../../cluster/topology.ts';
import { upCluster } from '../../cluster/up.ts';
import { PROFILE_KEYS, type SaidFlags, wishOf } from '../../cluster/wish.ts';
import { loadClusterProfile } from '../../config/profile.ts';
import type { FarUpResult } from '../../hosts/far-cluster.ts';
import { isElsewhere } from '../../hosts/far-nodes.ts';
import { RaftctlError } from '../../std/errors.ts';
import { plural } from '../../std/units.ts';
import { APP_NAMES, RETAIN_NAMES } from '../../wire/node-config.ts';

export default class ClusterUp extends BaseCommand {
  static override summary = 'Start a cluster on this machine, making it if it does not exist.';
  static override description =
    'Waits until the cluster acknowledges writes. In the foreground it shows the logs of all nodes ' +
    'and stops them on Ctrl-C; with --detach the nodes go on by themselves. A cluster that exists ' +
    'keeps its data and its ports; only the nodes that do not run are started.';
  static override examples = [
    '<%= config.bin %> cluster up demo --nodes 3 --app kvstore --detach',
    '<%= config.bin %> cluster up wide -f local-5 --detach',
    '<%= config.bin %> cluster up other --engine etcd --port-base 12379 --detach',
    '<%= config.bin %> cluster up --ephemeral',
    '<%= config.bin %> cluster up --procfile Procfile',
    '<%= config.bin %> cluster up wide --hosts hosts.toml --tls --systemd user',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the cluster.', default: 'local' }),
  };
  static override flags = {
    profile: profileFlag,
    procfile: procfileFlag,
    hosts: Flags.string({
      summary: 'Machines to run the nodes on, reached by ssh (TOML); implies --detach.',
      helpValue: 'FILE',
      exclusive: ['procfile', 'ephemeral', 'engine'],
      env: 'RAFTCTL_HOSTS',
    }),
    systemd: systemdFlag,
    nodes: Flags.integer({
      char: 'n',
      summary: 'How many nodes. [default: 3]',
      env: 'RAFTCTL_NODES',
      min: 1,
    }),
    app: Flags.option({
      summary: 'What the cluster replicates. [default: kvstore]',
      options: APP_NAMES,
      env: 'RAFTCTL_APP',
    })(),
    engine: Flags.option({
      summary: 'Whose nodes: of raftctl, or of etcd where that is installed. [default: raftctl]',
      options: ['raftctl', 'etcd'] as const,
      env: 'RAFTCTL_ENGINE',
    })(),
    fsync: Flags.option({
      summary: 'When a write is synced before it is acknowledged. [default: always]',
      options: ['always', 'batch', 'none'] as const,
      env: 'RAFTCTL_FSYNC',
    })(),
    leases: Flags.boolean({
      summary: 'Let the leader answer reads by a lease; a lost leader is then missed for longer.',
      allowNo: true,
      env: 'RAFTCTL_LEASES',
    }),
    tls: Flags.boolean({
      summary: 'Make certificates and tokens, and serve nobody without.',
      allowNo: true,
      env: 'RAFTCTL_TLS',
    }),
    'port-base': Flags.integer({
      summary: `Client port of n1; peer ports +1000, admin ports +2000. [default: ${PORT_BASE_DEFAULT}]`,
      env: 'RAFTCTL_PORT_BASE',
    }),
    retain: Flags.option({
      summary: 'Keep all of the log (all), or forget what a snapshot holds. [default: snapshot]',
      options: RETAIN_NAMES,
      env: 'RAFTCTL_RETAIN',
    })(),
    ...demoFlags,
    'hrecov-base': Flags.integer({
      summary: 'Hand out the application log of n1 on this port, of n2 on the next one.',
      dependsOn: ['logfolder'],
      env: 'RAFTCTL_HRECOV_BASE',
    }),
    dir: dirFlag,
    detach: Flags.boolean({
      char: 'd',
      summary: 'Leave the nodes running and return.',
      env: 'RAFTCTL_DETACH',
    }),
    ephemeral: Flags.boolean({
      summary: 'Keep the data in a temporary folder, removed at the end.',
      default: false,
      env: 'RAFTCTL_EPHEMERAL',
    }),
    wait: Flags.option({
      summary: 'What to wait for.',
      options: ['healthy', 'leader', 'none'] as const,
      default: 'healthy' as const,
      env: 'RAFTCTL_WAIT',
    })(),
    timeout: durationFlag({
      summary: 'How long to wait.',
      default: 30_000,
      defaultHelp: async () => '30s',
      env: 'RAFTCTL_TIMEOUT',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags, metadata } = await this.parse(ClusterUp);
    const store = new ClusterStore(flags.dir);
    const existing = await store.load(args.name).catch(() => null);
    const isFar = flags.hosts !== undefined || (existing !== null && isElsewhere(existing));
    if (this.jsonEnabled() && !flags.detach && !isFar) {
      throw new RaftctlError('USAGE', {
        message: 'Cannot print JSON as long as the nodes run in the foreground',
        hint: 'Add --detach',
      });
    }
    if (flags.systemd !== undefined && !isFar) {
      throw new RaftctlError('USAGE', {
        message: 'Cannot make systemd units of nodes of this machine',
        hint: 'They are for other machines: --hosts hosts.toml. That may name this one, by ssh',
      });
    }
    if (flags.procfile !== undefined) return this.#procfile(flags.procfile, flags);
    const profile =
      flags.profile === undefined
        ? null
        : await loadClusterProfile(flags.profile, this.config.root);
    // What only a configuration file says holds for new clusters: those that exist are as they are.
    const transferPort = flags['hrecov-base'];
    const demo = { ...demoOptionsOf(flags), ...(transferPort !== undefined && { transferPort }) };
    const said: SaidFlags = { ...flags, demo };
    for (const [name, key] of PROFILE_KEYS) {
      const isFromFile = metadata.flags[name]?.setFromDefault === true;
      if (isFromFile && (existing !== null || profile?.[key] !== undefined)) delete said[name];
    }
    const wish = wishOf(said, profile);
    if (isFar) return this.#elsewhere({ store, name: args.name, wish }, flags);
    const interrupts = new Interrupts(() =>
      this.note('Stopping the nodes (Ctrl-C again kills them)'),
    );
    try {
      const result = await upCluster({
        store,
        name: args.name,
        wish,
        ephemeral: flags.ephemeral,
        waitFor: flags.wait,
        timeoutMs: flags.timeout,
        entry: entryOf(this.config.root),
        formatNode: async (init) => (await import('../../node/format.ts')).formatNode(init),
        signal: interrupts.signal,
      });
      this.#report(result, flags.detach);
      if (!flags.detach && result.started.length > 0) {
        await runForeground({
          store,
          result,
          interrupts,
          print: (line) => this.print(line),
          paint: this.paintOut,
        });
        if (interrupts.exitCode === null) this.note('All nodes have ended');
        this.note(
          result.spec.ephemeral
            ? `Removed ${result.spec.name}, which was ephemeral`
            : `The data stays. Start it again: ${typed(`raftctl cluster up ${result.spec.name}`)}`,
        );
      }
      const exit = flags.detach || result.started.length === 0 ? 0 : (interrupts.exitCode ?? 0);
      return this.answer('cluster.up', dataOf(result), exit);
    } finally {
      interrupts.release();
    }
  }

  /** Nodes on other machines go on by themselves: there is no foreground. */
  async #elsewhere(
    target: { readonly store: ClusterStore; readonly name: string; readonly wish: ClusterWish },
    flags: {
      readonly hosts: string | undefined;
      readonly systemd: UnitManager | undefined;
      readonly wait: 'healthy' | 'leader' | 'none';
      readonly timeout: number;
    },
  ): Promise<unknown> {
    const { upElsewhere } = await import('../../hosts/far-cluster.ts');
    const interrupts = new Interrupts(() => this.note('Stopping'));
    try {
      const result = await upElsewhere({
        ...target,
        hostsFile: flags.hosts ?? null,
        units: flags.systemd ?? null,
        waitFor: flags.wait,
        timeoutMs: flags.timeout,
        root: this.config.root,
        signal: interrupts.signal,
        say: (line) => this.note(line),
      });
      this.#report(result, true);
      return this.answer('cluster.up', dataOf(result));
    } finally {
      interrupts.release();
    }
  }

  /** The processes of a Procfile are no cluster of ours: they have no folder and no status. */
  async #procfile(
    path: string,
    { detach, timeout }: { readonly detach: boolean; readonly timeout: number },
  ): Promise<unknown> {
    const begun = performance.now();
    const entry = entryOf(this.config.root);
    const { followProcfile } = await import('../../as/procfile-commands.ts');
    const { Procfile } = await import('../../as/procfile-run.ts');
    const procfile = await Procfile.open({ path, stateDirectory: stateDirectory(), entry });
    const interrupts = new Interrupts(() => this.note('Stopping (Ctrl-C again kills)'));
    try {
      const started = await procfile.start(procfile.entries);
      await procfile.ready(started, { timeoutMs: timeout, signal: interrupts.signal });
      for (const { id, outcome } of started) this.print(`${id} ${outcome}`);
      this.note(`One of them: raftctl node stop ${started[0]?.id} --procfile ${path}`);
      const print = (line: string): void => this.print(line);
      if (!detach)
        await followProcfile(procfile, started, { interrupts, print, paint: this.paintOut });
      const data = {
        ...{ name: procfile.path, isNew: false, directory: procfile.folder },
        started: started.filter(({ outcome }) => outcome === 'started').map(({ id }) => id),
        durationMs: Math.round(performance.now() - begun),
        ...{ clientAddresses: [], status: null },
      };
      return this.answer('cluster.up', data, detach ? 0 : (interrupts.exitCode ?? 0));
    } finally {
      interrupts.release();
    }
  }

  #report(result: FarUpResult, isDetached: boolean): void {
    const { spec, status, started } = result;
    const paint = this.paintOut;
    if (status !== null) for (const line of statusLines(status, paint)) this.print(line);
    this.print();
    if (started.length === 0) {
      this.print(`Cluster ${spec.name} is running already.`);
      return;
    }
    const what = `${result.isNew ? 'Made' : 'Started'} ${spec.name}: ${plural(started.length, 'node')} in ${result.durationMs} ms`;
    this.print(`${what}, data in ${result.folder}${spec.ephemeral ? ' (removed at the end)' : ''}`);
    const first = spec.nodes[0];
    const port = first === undefined ? PORT_BASE_DEFAULT : splitAddress(first.clientAddress).port;
    const next = [
      ...firstSteps(spec, port, result.folder),
      isDetached
        ? `raftctl node kill ${status?.leader ?? 'n1'} --cluster ${spec.name}`
        : `raftctl cluster status ${spec.name}`,
    ];
    this.print('Next:');
    for (const line of next) this.print(`  ${paint('cyan', typed(line))}`);
  }
}

function dataOf(result: FarUpResult): unknown {
  const { spec } = result;
  return {
    name: spec.name,
    isNew: result.isNew,
    started: result.started.map((node) => node.id),
    durationMs: result.durationMs,
    directory: result.folder,
    clientAddresses: spec.nodes.map((node) => node.clientAddress),
    status: result.status,
  };
}
