import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';
import { Interrupts } from '../../cli/interrupts.ts';
import { profileDuration, profileFlags } from '../../cli/profile-flags.ts';
import { profileNodes } from '../../scenarios/profile.ts';
import { formatBytes, plural } from '../../std/units.ts';

export default class ProfileCpu extends BaseCommand {
  static override summary = 'Take profiles of the processor of running nodes.';
  static override description =
    'All nodes begin at one instant. The files (.cpuprofile) open in Chrome DevTools, speedscope and ' +
    'raftctl profile top. Those of several nodes are also merged into one file for speedscope: a ' +
    "profile a node on one axis of time, with Raft's events as [markers]. No inspector port is opened.";
  static override examples = ['<%= config.bin %> profile cpu --all -d 10s --cluster demo'];
  static override strict = false;
  static override usage = 'profile cpu NODE...|--all';
  static override flags = {
    ...profileFlags,
    duration: profileDuration,
    interval: Flags.integer({
      summary: 'Microseconds between two samples.',
      default: 1000,
      min: 50,
      max: 1_000_000,
      env: 'RAFTCTL_INTERVAL',
    }),
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(ProfileCpu);
    const interrupts = new Interrupts(() => this.note('Stopping'));
    const result = await profileNodes({
      kind: 'cpu',
      dir: flags.dir,
      cluster: this.clusterNamed(flags.cluster),
      ids: argv.map(String),
      isAll: flags.all,
      durationMs: flags.duration,
      intervalUs: flags.interval,
      isForced: false,
      output: flags.output,
      signal: interrupts.signal,
    }).finally(() => interrupts.release());
    for (const { file, bytes } of result.profiles) this.print(`${file}  ${formatBytes(bytes)}`);
    const { merged } = result;
    if (merged !== null) {
      const told = plural(merged.markers, 'event');
      this.print(`${merged.file}  ${formatBytes(merged.bytes)}, all nodes with ${told} of Raft`);
      for (const id of merged.silent) this.note(`${id} did not tell its events`);
    }
    return this.answer('profile.cpu', result);
  }
}
