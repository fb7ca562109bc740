import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { deployedJson, deployFlags, writeDeployed } from '../../cli/deploy-output.ts';
import { versionInfo } from '../../cli/version.ts';
import { checkName } from '../../deploy/cluster-wish.ts';
import {
  allDemoFiles,
  demoSteps,
  type GroupCount,
  loadFile,
  loggersFile,
  serversFile,
} from '../../deploy/demo-manifests.ts';
import { type ManifestFile, textOf } from '../../deploy/manifest.ts';

export default class DeployRaftDemo extends BaseCommand {
  static override summary = "Write raft-demo's manifests for Kubernetes, by its names.";
  static override description =
    'Servers of kvstore or diskstorage in one, three or six groups, with or without the ' +
    'application log and the monitor; load generators, a Job for each group; loggers. File, ' +
    'Deployment and container names and labels are those of raft-demo, so that its commands ' +
    'work on them; the pods run raftctl as.';
  static override examples = [
    '<%= config.bin %> deploy raft-demo --app kv --applog | kubectl apply -f -',
    '<%= config.bin %> deploy raft-demo --part load --app kv --groups 3',
    '<%= config.bin %> deploy raft-demo --all --output ./deploys',
  ];
  static override flags = {
    ...deployFlags,
    part: Flags.option({
      summary: 'What is deployed.',
      options: ['servers', 'load', 'loggers'] as const,
      default: 'servers' as const,
      env: 'RAFTCTL_PART',
    })(),
    app: Flags.option({
      summary: 'kv: kvstore, disk: diskstorage.',
      options: ['kv', 'disk'] as const,
      default: 'kv' as const,
      env: 'RAFTCTL_APP',
    })(),
    groups: Flags.option({
      summary: 'Clusters of three servers each.',
      options: ['1', '3', '6'] as const,
      default: '1' as const,
      env: 'RAFTCTL_GROUPS',
    })(),
    applog: Flags.boolean({
      summary: 'Servers write the application log.',
      env: 'RAFTCTL_APPLOG',
    }),
    monit: Flags.boolean({
      summary: 'Servers or loggers write what they move into io.out.',
      env: 'RAFTCTL_MONIT',
    }),
    all: Flags.boolean({
      summary: 'All files there are.',
      exclusive: ['part', 'app', 'groups', 'applog', 'monit'],
      env: 'RAFTCTL_ALL',
    }),
  };

  async run(): Promise<unknown> {
    const { flags } = await this.parse(DeployRaftDemo);
    checkName('namespace', flags.namespace);
    const texts = (await this.#files()).map(textOf);
    const written = await writeDeployed(texts, flags.output, (line) => this.print(line));
    const next = demoSteps(flags.namespace, written.folder);
    if (written.folder !== null) {
      for (const line of [...written.files, 'Next:']) this.print(line);
      for (const line of next) this.print(`  ${line}`);
    }
    return this.answer('deploy.raft-demo', deployedJson(texts, written, next));
  }

  async #files(): Promise<readonly ManifestFile[]> {
    const { flags } = await this.parse(DeployRaftDemo);
    const { namespace, app, monit: monitor, applog: logs, part } = flags;
    const image = flags.image ?? `raftctl:${versionInfo().raftctl}`;
    const wish = { namespace, image };
    if (flags.all) return allDemoFiles(wish);
    const groups = Number(flags.groups) as GroupCount;
    if (part === 'load') return [loadFile({ ...wish, app, groups })];
    if (part === 'loggers') return [loggersFile({ ...wish, monitor })];
    return [serversFile({ ...wish, app, groups, logs, monitor })];
  }
}
