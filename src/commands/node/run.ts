import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { foundOrJoin } from '../../as/found-or-join.ts';
import { BaseCommand } from '../../cli/base-command.ts';
import { clusterFlag, waitTimeoutFlag } from '../../cli/flags.ts';
import { insecureBindFlag } from '../../cli/founding-flags.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { versionInfo } from '../../cli/version.ts';
import { foundingConfig } from '../../cluster/founding-config.ts';
import { describeHolder } from '../../cluster/ports.ts';
import { APP_NAMES } from '../../wire/node-config.ts';

export default class NodeRun extends BaseCommand {
  static override summary = 'Be a node that finds its own place: for containers and services.';
  static override description =
    'This process becomes the node of --data-dir, until SIGTERM or Ctrl-C. A directory that is ' +
    'empty is made first: with a majority of --initial-cluster that is empty too the node founds ' +
    'the cluster; otherwise it asks those that --discover finds for a place, as a new member that ' +
    'votes once it has caught up. So the same command line is right at the first start, at every ' +
    'other, and after the disk was lost.';
  static override examples = [
    '<%= config.bin %> node run --data-dir ./n1 --secret-file ./secret --member n1=10.0.0.1:11000:12000:13000 ' +
      '--discover 10.0.0.1:13000,10.0.0.2:13000 ' +
      '--initial-cluster n1=10.0.0.1:11000:12000:13000,n2=10.0.0.2:11000:12000:13000,n3=10.0.0.3:11000:12000:13000',
    '<%= config.bin %> node run --data-dir ./n4 --secret-file ./secret --member n4=10.0.0.4:11000:12000:13000 ' +
      '--discover dns:demo.default.svc.cluster.local',
  ];
  static override flags = {
    'data-dir': Flags.string({
      summary: 'Where its data lies.',
      helpValue: 'DIR',
      required: true,
      env: 'RAFTCTL_DATA_DIR',
    }),
    member: Flags.string({
      summary: "This node's name and its client, peer and admin ports.",
      helpValue: 'NAME=HOST:CLIENT:PEER:ADMIN',
      required: true,
      env: 'RAFTCTL_MEMBER',
    }),
    'secret-file': Flags.string({
      summary: 'File with the secret that all nodes share, in hex.',
      helpValue: 'FILE',
      required: true,
      env: 'RAFTCTL_SECRET_FILE',
    }),
    discover: Flags.string({
      summary: 'Where members are: a headless Service, by DNS or by the API, or admin addresses.',
      helpValue: 'dns:SERVICE|api:SERVICE|HOST:PORT,...',
      required: true,
      env: 'RAFTCTL_DISCOVER',
    }),
    dns: Flags.string({
      summary: "DNS server to ask. [default: the system's]",
      helpValue: 'IP:PORT',
      env: 'RAFTCTL_DNS',
    }),
    'tls-dir': Flags.string({
      summary:
        "Folder with the node's certificate, made by raftctl tls init: serve nobody without.",
      helpValue: 'DIR',
      env: 'RAFTCTL_TLS_DIR',
    }),
    'initial-cluster': Flags.string({
      summary: 'All founding members. Who is not among them joins.',
      helpValue: 'NAME=HOST:CLIENT:PEER:ADMIN,...',
      env: 'RAFTCTL_INITIAL_CLUSTER',
    }),
    timeout: waitTimeoutFlag,
    learner: Flags.boolean({
      summary: 'Join without ever becoming a voter.',
      env: 'RAFTCTL_LEARNER',
    }),
    cluster: { ...clusterFlag, summary: 'Name of the cluster, for its founders. [default: local]' },
    app: Flags.option({
      summary: 'What a new cluster replicates. [default: kvstore]',
      options: APP_NAMES,
      env: 'RAFTCTL_APP',
    })(),
    fsync: Flags.option({
      summary: 'When a write is synced before it is acknowledged.',
      options: ['always', 'batch', 'none'] as const,
      default: 'always' as const,
      env: 'RAFTCTL_FSYNC',
    })(),
    'make-only': Flags.boolean({
      summary: 'Make the data directory where there is none, and end: for init containers.',
      env: 'RAFTCTL_MAKE_ONLY',
    }),
    'insecure-bind': insecureBindFlag,
    'log-file': Flags.string({
      summary: 'Log here instead of to stderr.',
      helpValue: 'FILE',
      env: 'RAFTCTL_LOG_FILE',
    }),
  };

  /** It is told what it is by its command line and by node.json, not by a user's files. */
  protected override get usesConfigFiles(): boolean {
    return false;
  }

  async run(): Promise<unknown> {
    const { flags } = await this.parse(NodeRun);
    const directory = resolve(flags['data-dir']);
    const names: string[] = await readdir(directory).catch(() => []);
    const outcome = names.includes('node.json') ? 'known' : await this.#make(directory);
    const { readNodeConfig } = await import('../../node/node-directory.ts');
    const { cluster, clusterId, id, member } = await readNodeConfig(directory);
    const told = { directory, outcome, cluster, clusterId, id, member };
    if (flags['make-only']) {
      this.print(`${id} is member ${member} of ${cluster}: ${directory}`);
      return this.answer('node.run', told);
    }
    const { runDaemon } = await import('../../node/daemon-process.ts');
    const exit = await runDaemon({
      ...{ directory, version: versionInfo().raftctl, holderOfPort: describeHolder },
      logFile: flags['log-file'] ?? null,
      insecureBind: flags['insecure-bind'],
    });
    return this.answer('node.run', told, exit);
  }

  /** Afterwards the directory is a member's: of a cluster that is founded, or that it joined. */
  async #make(directory: string): Promise<'founded' | 'joined'> {
    let isFounder = false;
    const { flags } = await this.parse(NodeRun);
    const secretFile = resolve(flags['secret-file']);
    const interrupts = new Interrupts(() => this.note('Stopping'));
    try {
      const { member, discover, learner, fsync, dns = null, timeout: waitMs } = flags;
      const wish = {
        ...{ member, discover, learner, fsync, dns, waitMs, secretFile, env: process.env },
        initialCluster: flags['initial-cluster'] ?? null,
        tlsDir: flags['tls-dir'] ?? null,
        say: (line: string) => this.note(line),
        signal: interrupts.signal,
      };
      const config = await foundOrJoin(wish, (id) => {
        isFounder = true;
        return foundingConfig({
          ...{ id, fsync, app: flags.app, cluster: flags.cluster, leases: undefined },
          'initial-cluster': flags['initial-cluster'],
          ...{ 'cluster-id': undefined, 'secret-file': secretFile, 'tls-dir': flags['tls-dir'] },
        });
      });
      const { formatNode } = await import('../../node/format.ts');
      await formatNode({ directory, config });
      return isFounder ? 'founded' : 'joined';
    } finally {
      interrupts.release();
    }
  }
}
