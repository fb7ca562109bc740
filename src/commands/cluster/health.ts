import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { dirFlag } from '../../cli/flags.ts';
import {
  assessHealth,
  type Health,
  healthExit,
  healthLines,
  junitLines,
  nagiosExit,
  nagiosLine,
  prometheusLines,
} from '../../cluster/health.ts';
import { clusterStatus } from '../../cluster/status.ts';
import { ClusterStore } from '../../cluster/store.ts';
import type { ClusterStatus } from '../../wire/status.ts';

export default class ClusterHealth extends BaseCommand {
  static override summary = 'Judge a cluster: one line a check, and an exit code for monitoring.';
  static override description =
    'Exit code 0: healthy. 5: it has a leader, but something is not well. 3: nobody leads. With ' +
    '--format nagios: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.';
  static override examples = [
    '<%= config.bin %> cluster health demo',
    '<%= config.bin %> cluster health demo --format nagios',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
  };
  static override flags = {
    dir: dirFlag,
    format: Flags.option({
      summary: 'How to print it; json is the same as --json.',
      options: ['text', 'json', 'nagios', 'prometheus', 'junit'] as const,
      default: 'text' as const,
      env: 'RAFTCTL_FORMAT',
    })(),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ClusterHealth);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(this.clusterNamed(args.name));
    const status = await clusterStatus(store, spec);
    const health = assessHealth(status);
    for (const line of this.#lines(flags.format, health, status)) this.print(line);
    const isNagios = flags.format === 'nagios' && !this.jsonEnabled();
    const exit = isNagios ? nagiosExit(health) : healthExit(health);
    const envelope = this.answer('cluster.health', health, exit);
    if (flags.format === 'json' && !this.jsonEnabled()) this.logJson(envelope);
    return envelope;
  }

  #lines(format: string, health: Health, status: ClusterStatus): string[] {
    if (format === 'nagios') return [nagiosLine(health, status)];
    if (format === 'prometheus') return prometheusLines(health, status);
    if (format === 'junit') return junitLines(health);
    return format === 'json' ? [] : healthLines(health, this.paintOut);
  }

  /** A plugin that cannot find out says UNKNOWN, on stdout, with 3. */
  override async catch(error: unknown): Promise<void> {
    await super.catch(error);
    const isNagios = /--format[= ]nagios/.test(this.argv.join(' '));
    if (!isNagios || this.jsonEnabled()) return;
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    this.print(`RAFT UNKNOWN - ${reason?.replaceAll('|', '/')}`);
    process.exitCode = 3;
  }
}
