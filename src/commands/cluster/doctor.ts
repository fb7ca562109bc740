import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { dirFlag, durationFlag } from '../../cli/flags.ts';
import { stoppable } from '../../cli/interrupts.ts';
import { ClusterStore } from '../../cluster/store.ts';
import { diagnosisLines } from '../../forensics/doctor/diagnosis-text.ts';
import type { DoctorFacts } from '../../forensics/doctor/facts.ts';
import { diagnose, exitOf } from '../../forensics/doctor.ts';
import { disksOf } from '../../hosts/far-disks.ts';
import { readBundledFacts } from '../../scenarios/bundle-file.ts';
import { gatherFacts } from '../../scenarios/doctor-facts.ts';

export default class ClusterDoctor extends BaseCommand {
  static override summary =
    'Say what is wrong with a cluster: rules with codes, evidence, the way out.';
  static override description =
    'Exit code 0: no finding, or only such as are good to know. 5: warnings. 3: nobody leads. 9: a ' +
    'promise of Raft was broken. Figures are those since each node started; with --duration those ' +
    'of that time from now.';
  static override examples = [
    '<%= config.bin %> cluster doctor demo',
    '<%= config.bin %> cluster doctor demo --duration 10s --json',
    '<%= config.bin %> cluster doctor --bundle demo.tar.gz',
  ];
  static override args = {
    name: Args.string({ description: 'Name of the cluster; not needed when there is only one.' }),
  };
  static override flags = {
    dir: dirFlag,
    duration: durationFlag({
      char: 'd',
      summary: 'Measure for this long, and judge that time only.',
      env: 'RAFTCTL_DURATION',
    }),
    bundle: Flags.string({
      summary: 'Judge what a bundle holds instead of a cluster.',
      helpValue: 'FILE',
      exclusive: ['duration'],
      env: 'RAFTCTL_BUNDLE',
    }),
  };

  async run(): Promise<unknown> {
    const { args, flags } = await this.parse(ClusterDoctor);
    const facts =
      flags.bundle === undefined
        ? await this.#facts(flags.dir, args.name, flags.duration ?? null)
        : await readBundledFacts(flags.bundle);
    const diagnosis = diagnose(facts);
    for (const line of diagnosisLines(diagnosis, this.paintOut)) this.print(line);
    if (facts.silent.length > 0) this.note(`Did not tell their events: ${facts.silent.join(', ')}`);
    return this.answer('cluster.doctor', diagnosis, exitOf(diagnosis));
  }

  async #facts(dir: string, name: string | undefined, spanMs: number | null): Promise<DoctorFacts> {
    const store = new ClusterStore(dir);
    const spec = await store.findAnywhere(this.clusterNamed(name));
    const elsewhere = await disksOf(spec, (line) => this.note(line));
    return stoppable(
      () => this.note('Stopping'),
      (signal) => gatherFacts({ store, spec, spanMs, signal, ...elsewhere }),
    );
  }
}
