import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { DEMO_FLAG_NAMES, demoFlags, hrecovFlag } from '../../cli/demo-flags.ts';
import { stateDirectory } from '../../cli/directories.ts';
import { entryOf } from '../../cli/entry.ts';
import {
  clusterChoice,
  loggerFlags,
  procfileFlag,
  trustFlags,
  waitTimeoutFlag,
} from '../../cli/flags.ts';
import { foundingFlags } from '../../cli/founding-flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { lifeProfileFlags, profileWish } from '../../cli/life-profile-flags.ts';
import { versionInfo } from '../../cli/version.ts';
import { demoIn } from '../../cluster/demo-words.ts';
import { foundingConfig } from '../../cluster/founding-config.ts';
import { parseInitialCluster } from '../../cluster/initial-cluster.ts';
import { joinCluster } from '../../cluster/join.ts';
import { newcomerSecurity } from '../../cluster/newcomer-security.ts';
import { namedNodes, startStopped } from '../../cluster/nodes.ts';
import { describeHolder } from '../../cluster/ports.ts';
import { enterRoster } from '../../cluster/roster.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { isElsewhere, nodesElsewhere } from '../../hosts/far-nodes.ts';
import { RaftctlError } from '../../std/errors.ts';
import type { NamedMember } from '../../wire/member-change.ts';
import { APP_NAMES, type NodeConfig } from '../../wire/node-config.ts';

/** Of a node that exists it is as it was made. */
const FIXED = new RegExp(`^--(app|fsync|leases|${DEMO_FLAG_NAMES.join('|')})(=|$)`);

export default class NodeStart extends BaseCommand {
  static override summary =
    'Start a stopped node of a local cluster, or run one in the foreground.';
  static override description =
    'With names of nodes: starts them in the background. With --data-dir: this process becomes the ' +
    'node, until SIGTERM or Ctrl-C; it logs JSON lines to stderr or to --log-file. A new directory ' +
    'is only made with --bootstrap, --id, --initial-cluster and --secret-file, or with --join, which ' +
    'makes a new member: an empty one may be a member that lost its data, and such a member must ' +
    'not vote again. Who joins is a learner until it has caught up, then it gets a vote.';
  static override examples = [
    '<%= config.bin %> node start n1 --cluster demo',
    '<%= config.bin %> node start --data-dir ./n1',
    '<%= config.bin %> node start --bootstrap --id n1 --data-dir ./n1 --secret-file ./secret ' +
      '--initial-cluster n1=127.0.0.1:11000:12000:13000',
    '<%= config.bin %> node start --join 127.0.0.1:13000 --data-dir ./n4 --secret-file ./secret ' +
      '--member n4=127.0.0.1:11003:12003:13003',
    '<%= config.bin %> node start --app logger --follow demo,shop --data-dir ./logger',
  ];
  static override strict = false;
  static override usage = 'node start [NODE...] [--data-dir DIR]';
  static override flags = {
    ...clusterChoice,
    procfile: procfileFlag,
    timeout: waitTimeoutFlag,
    'data-dir': Flags.string({
      summary: 'Run the node of this directory in the foreground.',
      helpValue: 'DIR',
      env: 'RAFTCTL_DATA_DIR',
    }),
    'log-file': Flags.string({
      summary: 'Log here instead of to stderr.',
      helpValue: 'FILE',
      dependsOn: ['data-dir'],
      env: 'RAFTCTL_LOG_FILE',
    }),
    ...foundingFlags,
    ...trustFlags,
    app: Flags.option({
      summary: 'What the new cluster replicates; logger: follow others. [default: kvstore]',
      options: [...APP_NAMES, 'logger'] as const,
      env: 'RAFTCTL_APP',
    })(),
    ...loggerFlags,
    ...demoFlags,
    hrecov: hrecovFlag,
    ...lifeProfileFlags,
    fsync: Flags.option({
      summary: 'When a write is synced before it is acknowledged. [default: always]',
      options: ['always', 'batch', 'none'] as const,
      env: 'RAFTCTL_FSYNC',
    })(),
    leases: Flags.boolean({
      summary: 'The leader answers reads by a lease; the same for all founding members.',
      env: 'RAFTCTL_LEASES',
    }),
  };

  /** A node in the foreground starts whatever a user's files say: node.json tells it all. */
  protected override get usesConfigFiles(): boolean {
    const isDaemon = this.argv.some((word) => word.startsWith('--data-dir'));
    return !isDaemon && !process.env['RAFTCTL_DATA_DIR'];
  }

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(NodeStart);
    const ids = argv.map(String);
    const directory = flags['data-dir'];
    const { app } = flags;
    if (app === 'logger') return this.#startLogger(directory);
    if (flags.follow !== undefined || flags['text-log']) {
      throw new RaftctlError('USAGE', {
        message: 'Cannot follow clusters or write text unless it is a logger: --app logger',
      });
    }
    const isNew = flags.bootstrap || flags.join !== undefined;
    const fixed = this.argv.find((word) => FIXED.test(word));
    if (!isNew && fixed !== undefined) {
      throw new RaftctlError('USAGE', {
        message: `Cannot change ${fixed.replace(/=.*/, '')} of a node that exists: it is fixed with --bootstrap or --join`,
      });
    }
    if (flags.procfile !== undefined) return this.#startInProcfile(flags.procfile, ids);
    if (directory === undefined) return this.#startInCluster(ids);
    if (ids.length > 0) {
      throw new RaftctlError('USAGE', {
        message: `Cannot use --data-dir with names of nodes: ${ids.join(', ')}`,
        hint: 'Either names, for a local cluster, or --data-dir',
      });
    }
    const absolute = resolve(directory);
    const demo = demoIn(flags, app ?? 'kvstore');
    if (flags.bootstrap) {
      const { formatNode } = await import('../../node/format.ts');
      const config = { ...foundingConfig({ ...flags, app }), ...demo };
      await formatNode({ directory: absolute, config });
    }
    if (flags.join !== undefined) await this.#join(flags.join, absolute, demo);
    process.exitCode = await runHere(absolute, {
      ...{ logFile: flags['log-file'] ?? null, profiles: profileWish(flags) },
      insecureBind: flags['insecure-bind'],
      profileOnAnomaly: flags['profile-on-anomaly'],
    });
    return undefined;
  }

  /** Afterwards the directory is a member's, and a cluster of this machine knows of it. */
  async #join(contact: string, directory: string, demo: Pick<NodeConfig, 'demo'>): Promise<void> {
    const { flags } = await this.parse(NodeStart);
    const timeoutMs = flags.timeout;
    if (!(await isFormatted(directory))) {
      const [member] = parseInitialCluster(flags.member ?? '');
      const { formatNode } = await import('../../node/format.ts');
      const security = await newcomerSecurity(member as NamedMember, contact, flags);
      const config = await joinCluster({
        ...{ contact, member: member as NamedMember, learner: flags.learner, timeoutMs },
        secretFile: resolve(flags['secret-file'] ?? ''),
        ...(flags.fsync !== undefined && { fsync: flags.fsync }),
        store: new ClusterStore(flags.dir),
      });
      await formatNode({ directory, config: { ...config, ...demo, ...security } });
    }
    const { readNodeConfig } = await import('../../node/node-directory.ts');
    const config = await readNodeConfig(directory);
    const entered = enterRoster(new ClusterStore(flags.dir), { config, directory }, timeoutMs);
    // It is a member by now: that nobody here can write it down must not keep it from serving.
    await entered.catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.note(`${config.cluster} does not know of it here: ${reason}`);
    });
  }

  /** It follows other clusters: none of the rest is its business. */
  async #startLogger(directory: string | undefined): Promise<undefined> {
    const { flags } = await this.parse(NodeStart);
    if (directory === undefined || flags.bootstrap) {
      throw new RaftctlError('USAGE', {
        message: 'Cannot start a logger without --data-dir, or with --bootstrap: it founds nothing',
        hint: 'For example: raftctl node start --app logger --follow demo --data-dir ./logger',
      });
    }
    const { followListed, followLocal, runLoggers } = await import('../../as/logger-process.ts');
    const absolute = resolve(directory);
    const { join, member = '', 'secret-file': secretFile = '', follow } = flags;
    const tlsDir = flags['tls-dir'] ?? null;
    const listed = join === undefined ? [] : followListed({ join, member, secretFile, tlsDir });
    const names = follow === undefined ? [] : follow.split(',');
    const local = await followLocal(new ClusterStore(flags.dir), names, absolute);
    const { timeout: timeoutMs, fsync, 'text-log': text, throughput } = flags;
    const logFolder = resolve(flags.logfolder ?? directory);
    const throughputFolder = throughput === undefined ? null : resolve(throughput);
    process.exitCode = await runLoggers(
      {
        ...{ directory: absolute, logFolder, throughputFolder, text, fsync, timeoutMs },
        ...{ follow: [...listed, ...local], trust: flags },
      },
      {
        version: versionInfo().raftctl,
        ...{ logFile: flags['log-file'] ?? null, profiles: profileWish(flags) },
        profileOnAnomaly: flags['profile-on-anomaly'],
        insecureBind: flags['insecure-bind'],
        say: (line) => this.note(line),
      },
    );
    return undefined;
  }

  async #startInProcfile(path: string, names: readonly string[]): Promise<unknown> {
    const { flags } = await this.parse(NodeStart);
    // Loaded only here: it knows every older program, and each node that starts would load them.
    const { Procfile } = await import('../../as/procfile-run.ts');
    const entry = entryOf(this.config.root);
    const procfile = await Procfile.open({ path, stateDirectory: stateDirectory(), entry });
    const interrupts = new Interrupts(() => this.note('Stopping'));
    try {
      const started = await procfile.start(procfile.select(names));
      const { signal } = interrupts;
      await procfile.ready(started, { timeoutMs: flags.timeout, signal });
      for (const { id, outcome } of started) {
        this.print(outcome === 'running' ? `${id} is running already` : `${id} started`);
      }
      const nodes = started.map(({ id, outcome }) => ({ id, outcome, durationMs: 0 }));
      return this.answer('node.start', { cluster: procfile.path, nodes });
    } finally {
      interrupts.release();
    }
  }

  async #startInCluster(ids: readonly string[]): Promise<unknown> {
    const { flags } = await this.parse(NodeStart);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(flags.cluster ?? null);
    // The nodes are told by what they inherit.
    if (flags['profile-on-anomaly']) process.env['RAFTCTL_PROFILE_ON_ANOMALY'] = '1';
    const interrupts = new Interrupts(() => this.note('Stopping'));
    try {
      const nodes = namedNodes(spec, ids);
      const { timeout: timeoutMs } = flags;
      const { signal } = interrupts;
      const entry = entryOf(this.config.root);
      const results = isElsewhere(spec)
        ? await nodesElsewhere(spec, nodes, { verb: 'start', timeoutMs })
        : await startStopped({ store, spec, nodes, entry, timeoutMs, signal });
      for (const { id, outcome } of results) {
        this.print(outcome === 'running' ? `${id} is running already` : `${id} started`);
      }
      return this.answer('node.start', { cluster: spec.name, nodes: results });
    } finally {
      interrupts.release();
    }
  }
}

/** A node that has joined before starts as it is. */
async function isFormatted(directory: string): Promise<boolean> {
  const names: string[] = await readdir(directory).catch(() => []);
  return names.includes('node.json');
}

interface HereWish {
  readonly logFile: string | null;
  readonly profiles: { readonly cpu?: string; readonly heap?: string; readonly snapshot?: string };
  readonly profileOnAnomaly: boolean;
  readonly insecureBind: boolean;
}

async function runHere(directory: string, wish: HereWish): Promise<number> {
  const { runDaemon } = await import('../../node/daemon-process.ts');
  const version = versionInfo().raftctl;
  return runDaemon({ directory, version, ...wish, holderOfPort: describeHolder });
}
