import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { dirFlag, durationFlag } from '../../cli/flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { versionInfo } from '../../cli/version.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { disksOf } from '../../hosts/far-disks.ts';
import { makeBundle } from '../../scenarios/bundle.ts';
import { gatherFacts } from '../../scenarios/doctor-facts.ts';
import { formatBytes, plural } from '../../std/units.ts';

export default class ClusterBundle extends BaseCommand {
  static override summary =
    'Pack all that is known of a cluster into one file, for reading elsewhere.';
  static override description =
    'Status, vitals, metrics, events, elections, configuration, statistics of the logs, the ends of ' +
    "the log files, versions, environment and the doctor's findings, as .tar.gz with mode 0600. The " +
    "cluster's secret is left out, and so are keys and values. raftctl cluster doctor --bundle FILE " +
    'reads it. Also of a cluster that is down.';
  static override examples = [
    '<%= config.bin %> cluster bundle demo',
    '<%= config.bin %> cluster bundle demo -o demo.tar.gz --duration 10s',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
  };
  static override flags = {
    dir: dirFlag,
    output: Flags.string({
      char: 'o',
      summary: 'Where to write it. [default: NAME-TIME.tar.gz in this folder]',
      helpValue: 'FILE',
      env: 'RAFTCTL_OUTPUT',
    }),
    duration: durationFlag({
      char: 'd',
      summary: 'Measure for this long, instead of taking figures since the nodes started.',
      env: 'RAFTCTL_DURATION',
    }),
    force: Flags.boolean({
      summary: 'Write over a file that is there.',
      env: 'RAFTCTL_FORCE',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ClusterBundle);
    const store = new ClusterStore(flags.dir);
    const spec = await store.findAnywhere(this.clusterNamed(args.name));
    const spanMs = flags.duration ?? null;
    const elsewhere = await disksOf(spec, (line) => this.note(line));
    const facts = await stoppable(
      () => this.note('Stopping'),
      (signal) => gatherFacts({ store, spec, spanMs, signal, ...elsewhere }),
    );
    const made = await makeBundle({
      ...{ store, spec, facts, version: versionInfo().raftctl, ...elsewhere },
      path: flags.output ?? null,
      mayReplace: flags.force,
    });
    const { file, bytes, files, diagnosis } = made;
    this.print(`${file}  ${formatBytes(bytes)}, ${plural(files.length, 'file')}`);
    const findings = diagnosis.findings.length;
    if (findings > 0)
      this.note(`${plural(findings, 'finding')}: raftctl cluster doctor --bundle ${file}`);
    const { cluster } = diagnosis;
    return this.answer('cluster.bundle', { cluster, file, bytes, files, findings });
  }
}
